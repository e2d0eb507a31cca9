"""The settings of webhooks, from the environment."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from arrears.delivery.settings import SettingsWrong
from arrears.delivery.targets import Targets


def _networks(text: str) -> str:
    _targets(text)
    return text


def _targets(text: str) -> Targets:
    return Targets([one.strip() for one in text.split(",") if one.strip()])


class WebhookSettings(BaseSettings):
    """How other systems are told."""

    model_config = SettingsConfigDict(env_prefix="ARREARS_", extra="ignore", frozen=True)

    webhook_networks: Annotated[str, AfterValidator(_networks)] = Field(
        default="",
        description="networks beside the public one that webhooks may reach, also by http://, parted by "
        "commas: 127.0.0.0/8, 10.1.0.0/16",
    )
    webhook_timeout_seconds: float = Field(default=10, gt=0, le=60, description="for a whole request")
    webhook_attempts: int = Field(default=12, ge=1, description="then a fact is a dead letter")
    webhook_disable_after_days: float = Field(
        default=5, gt=0, description="a webhook that takes nothing for so long is disabled"
    )
    webhook_keep_days: int = Field(default=30, ge=1, description="how long it is kept what was delivered")

    @property
    def targets(self) -> Targets:
        """What may be reached."""
        return _targets(self.webhook_networks)

    @property
    def lease(self) -> timedelta:
        """For how long a sender has a webhook to itself: longer than any request lasts."""
        return timedelta(seconds=self.webhook_timeout_seconds * 2 + 30)

    @property
    def disable_after(self) -> timedelta:
        return timedelta(days=self.webhook_disable_after_days)

    @property
    def kept(self) -> timedelta:
        return timedelta(days=self.webhook_keep_days)


def webhook_settings() -> WebhookSettings:
    """The settings in the environment; raises SettingsWrong."""
    try:
        return WebhookSettings()
    except ValidationError as wrong:
        raise SettingsWrong(wrong) from None
