"""The settings of a running book, from the environment; and a list of all settings, with what holds."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from arrears.delivery.settings import DeliverySettings, SettingsWrong
from arrears.logs import Format
from arrears.webhooks.settings import WebhookSettings
from arrears.wiring import LOCAL_ROLE
from policies.approval_rules import Role

PREFIX = "ARREARS_"


class BookSettings(BaseSettings):
    """Which book, and where its keys are. The command line reads them where it is about to open the book."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    book: str = Field(
        default="sqlite:///arrears.db",
        description="sqlite:///FILE.db or postgresql://USER:PASSWORD@HOST/NAME",
    )
    zone: str = Field(default="", description="the time zone of a new book, which keeps it; else UTC")
    by: str = Field(default="", description="who records; else the name of the system's user")
    role: Role = Field(default=LOCAL_ROLE, description="in which role a person at the command line decides")
    plain: bool = Field(default=False, description="a book that is made now: without encryption")
    keys: str = Field(default="", description="the URL of the key ring; else beside the book")
    master_key: SecretStr | None = Field(default=None, description="the master key itself")
    master_key_file: Path | None = Field(default=None, description="the file of the master key")
    seal_key: Path | None = Field(
        default=None, description="the file of the key that checkpoints are signed with"
    )
    texts: str = Field(
        default="", description="a folder of texts that stand in the place of the shipped ones"
    )


class ServerSettings(BaseSettings):
    """How a book is served and kept awake."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    host: str = Field(default="127.0.0.1", description="the address that the server listens on")
    port: int = Field(default=8000, ge=0, le=65535, description="the port that the server listens on")
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description="addresses of proxies whose X-Forwarded-For and -Proto are believed, parted by commas",
    )
    wake_every_seconds: float = Field(default=60, ge=0.1, description="how often the engine is woken")
    deliver_every_seconds: float = Field(default=60, ge=0.1, description="how often reminders are sent")
    seal_every_seconds: float = Field(
        default=3600, ge=0.1, description="with a seal key: how often it is sealed"
    )
    log_format: Format | Literal["auto"] = Field(
        default="auto", description="text, json, or auto: text on a terminal, else json"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="what is logged: DEBUG, INFO, WARNING or ERROR and above"
    )


SETTINGS: tuple[type[BaseSettings], ...] = (
    *(BookSettings, ServerSettings, DeliverySettings, WebhookSettings),
)
"""All settings there are; whoever reads another one from the environment adds it here."""


def server_settings() -> ServerSettings:
    """The settings in the environment; raises SettingsWrong."""
    try:
        return ServerSettings()
    except ValidationError as wrong:
        raise SettingsWrong(wrong) from None


@dataclass(frozen=True)
class Setting:
    """A variable of the environment: what holds (of a secret only `***`), and whether it was given."""

    name: str
    value: str
    is_set: bool
    default: str
    what: str

    @property
    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "value": self.value, "set": self.is_set, "default": self.default,
            "what": self.what,
        }  # fmt: skip


def all_settings() -> Iterator[Setting]:
    """Each setting as it holds now; raises SettingsWrong, with all that is wrong."""
    for kind in SETTINGS:
        try:
            held = kind()
        except ValidationError as wrong:
            raise SettingsWrong(wrong) from None
        for field, about in kind.model_fields.items():
            name = f"{PREFIX}{field.upper()}"
            default = "" if about.default is PydanticUndefined else _shown(about.default)
            yield Setting(
                name, _shown(getattr(held, field)), name in os.environ, default, about.description or ""
            )


def _shown(value: Any) -> str:
    if isinstance(value, SecretStr):
        return "***"
    text = "" if value is None else str(value)
    try:
        return make_url(text).render_as_string(hide_password=True) if "@" in text and "://" in text else text
    except ArgumentError:
        return "***"
