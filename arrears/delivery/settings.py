"""The settings of delivery, from the environment: ARREARS_SMTP_URL, ARREARS_MAIL_FROM and so on."""

from datetime import timedelta
from email.headerregistry import Address
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from stdnum import bic, iban
from stdnum.exceptions import ValidationError as NumberWrong

from arrears.delivery.letters.windows import WindowName
from arrears.delivery.recipient import Creditor
from arrears.delivery.signatures import key_of
from arrears.remittance.epc import LONGEST_NAME


def _address(text: str) -> str:
    """An e-mail address without a name, and without anything that could end a header's line."""
    if text and Address(addr_spec=text).addr_spec != text:
        raise ValueError("expected an address such as accounts@creditor.example")
    return text


def _iban(text: str) -> str:
    try:
        return str(iban.validate(text)) if text else ""
    except NumberWrong as wrong:
        raise ValueError(f"this is no IBAN: {wrong}") from None


def _bic(text: str) -> str:
    try:
        return str(bic.validate(text)) if text else ""
    except NumberWrong as wrong:
        raise ValueError(f"this is no BIC: {wrong}") from None


def _secret(text: SecretStr) -> SecretStr:
    key_of(text.get_secret_value())
    return text


Secret = Annotated[SecretStr, AfterValidator(_secret)]
MailAddress = Annotated[str, AfterValidator(_address)]
Iban = Annotated[str, AfterValidator(_iban)]
Bic = Annotated[str, AfterValidator(_bic)]


class DeliverySettings(BaseSettings):
    """How reminders go out. Secrets are never shown; what is not set is not used."""

    model_config = SettingsConfigDict(env_prefix="ARREARS_", extra="ignore", frozen=True)

    creditor: str = Field(default="", description="in whose name texts are written")
    creditor_reach: str = Field(default="", description="how it is reached")
    creditor_pay_to: str = Field(default="", description="where to pay, in words")
    creditor_address: str = Field(default="", description="its lines parted by commas")
    creditor_country: str = Field(
        default="", pattern="^([A-Z]{2})?$", description="ISO 3166: letters abroad name the debtor's"
    )
    creditor_bic: Bic = Field(default="", description="of the account below; needed outside the EEA")
    creditor_iban: Iban = Field(default="", description="the account that debtors are to pay to")

    smtp_url: SecretStr | None = Field(
        default=None,
        description="smtp://USER:PASSWORD@HOST:587 (STARTTLS), smtps://… (TLS from the start), or "
        "smtp+plain://HOST:25 (no TLS: only for a relay on this machine)",
    )
    smtp_ca_file: Path | None = Field(default=None, description="trust only these authorities")
    smtp_timeout_seconds: float = Field(default=30, gt=0, description="how long the mail server may take")
    mail_from: MailAddress = Field(default="", description="the sender's address")
    mail_reply_to: MailAddress = Field(default="", description="where answers go; else the sender")
    mail_bounces: MailAddress = Field(default="", description="where bounces go; else the sender")
    bounces_url: SecretStr | None = Field(
        default=None,
        description="the mailbox of bounces: imaps://USER:PASSWORD@HOST/FOLDER or maildir:///PATH",
    )
    bounces_secret: Secret | None = Field(
        default=None, description="what bounces that are posted to /api/v1/callbacks/bounces are signed with"
    )
    bounces_ca_file: Path | None = Field(default=None, description="trust only these authorities")
    bounces_timeout_seconds: float = Field(default=30, gt=0, description="for each answer of the mailbox")
    mail_unsubscribe: MailAddress = Field(default="", description="where debtors may mail to opt out")
    public_url: str = Field(default="", description="https://HOST as debtors reach it")
    unsubscribe_key: SecretStr | None = Field(default=None, description="signs the links for opting out")

    letters_dir: Path | None = Field(default=None, description="the folder into which letters are printed")
    letters_window: WindowName = Field(default="din-5008-b", description="the window of the envelopes")
    letters_duplex: bool = Field(default=False, description="each letter begins on a new sheet, both printed")
    sms_url: SecretStr | None = Field(default=None, description="where text messages are posted to")
    sms_secret: Secret | None = Field(
        default=None, description="signs text messages, and what is posted to /api/v1/callbacks/sms"
    )
    call_url: SecretStr | None = Field(default=None, description="the dialler that calls are posted to")
    call_secret: Secret | None = Field(
        default=None, description="signs calls, and what is posted to /api/v1/callbacks/calls"
    )
    gateway_timeout_seconds: float = Field(
        default=15, gt=0, le=60, description="how long a text message or call may take to be taken"
    )

    deliver_lease_seconds: float = Field(default=120, ge=0, description="how long a sender's claim holds")
    deliver_attempts: int = Field(default=12, ge=1, description="then it is given up")
    deliver_within_days: int = Field(default=14, ge=1, description="older reminders are left alone")

    @field_validator("creditor_iban")
    @classmethod
    def _of_somebody(cls, value: str, info: ValidationInfo) -> str:
        """Banks compare the name with the account's."""
        if value and not 0 < len(info.data.get("creditor", "")) <= LONGEST_NAME:
            raise ValueError(
                f"set ARREARS_CREDITOR to the name of its holder, {LONGEST_NAME} letters at most"
            )
        return value

    @property
    def named_creditor(self) -> Creditor:
        """In whose name texts are written."""
        return Creditor(
            self.creditor, self.creditor_reach, self.creditor_pay_to, self.creditor_address,
            self.creditor_country, self.creditor_iban, self.creditor_bic,
        )  # fmt: skip

    @property
    def lease(self) -> timedelta:
        return timedelta(seconds=self.deliver_lease_seconds)

    @property
    def within(self) -> timedelta:
        """Reminders that should have left longer ago than that are left alone."""
        return timedelta(days=self.deliver_within_days)

    @property
    def mail_domain(self) -> str:
        """The domain of our Message-IDs: that of the sender."""
        return self.mail_from.rpartition("@")[2]


class SettingFault(ValueError):
    """A setting in the environment that is wrong or missing."""


class SettingsWrong(SettingFault):
    """Settings that are not what they have to be; names each, and shows no value."""

    def __init__(self, wrong: ValidationError) -> None:
        named = (
            f"ARREARS_{str(one['loc'][0]).upper()}: {one['msg'].removeprefix('Value error, ')}"
            for one in wrong.errors()
        )
        super().__init__("; ".join(named))


class SettingMissing(SettingFault):
    """Something cannot go out because settings are missing; names all of them."""

    def __init__(self, what: str, names: list[str]) -> None:
        self.what, self.names = what, names
        super().__init__(f"to {what} set {' and '.join(names)}")


class NoChannel(SettingMissing):
    """No channel is set up at all."""


def delivery_settings() -> DeliverySettings:
    """The settings in the environment; raises SettingsWrong."""
    try:
        return DeliverySettings()
    except ValidationError as wrong:
        raise SettingsWrong(wrong) from None
