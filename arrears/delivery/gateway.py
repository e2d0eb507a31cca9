"""Providers of text messages and calls: what is posted to them, signed, and what their answers mean."""

from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import orjson
import phonenumbers
from pydantic import SecretStr

from arrears.delivery.carrier import CarrierDown, NotNow, Parcel, Undeliverable
from arrears.delivery.mail import unsubscribe_link
from arrears.delivery.posting import Answer, NoAnswer, Poster
from arrears.delivery.recipient import Recipient
from arrears.delivery.settings import DeliverySettings, SettingFault, SettingMissing
from arrears.delivery.signatures import signed
from engine.domain.facts.base import Erased

TAKEN_BEFORE = 409
_UNFIT = frozenset({400, 410, 413, 422})
_PASSING = frozenset({408, 425, 429})
REASON_LENGTH = 300


class GatewayWrong(SettingFault):
    """A provider's address that is none; it is not shown, because it may hold a password."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is no address of a provider: expected https://HOST/PATH")


def gateway_id(contact: str, account: str) -> str:
    """The name of a contact at a provider: from its fact, the same however often it is sent."""
    return f"{contact}_{account}"


def contact_of_gateway(name: str) -> tuple[str, str]:
    """The contact and the account of such a name; two empty ones where it is none."""
    contact, _, account = name.partition("_")
    return contact, account


def telephone(to: Recipient) -> str:
    """The debtor's number in international form (E.164); raises Undeliverable where there is none."""
    if not to.phone or isinstance(to.phone, Erased):
        raise Undeliverable("there is no telephone number")
    try:
        number = phonenumbers.parse(to.phone, to.country)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise Undeliverable(f"'{to.phone}' is no telephone number that can be reached from anywhere")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class Gateway:
    """Posts to one provider while it is entered. `name`: ARREARS_`name`_URL and _SECRET say where.

    Raises SettingMissing, GatewayWrong.
    """

    def __init__(
        self, name: str, url: SecretStr | None, secret: SecretStr | None, settings: DeliverySettings,
        clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        named = {f"ARREARS_{name}_URL": url, f"ARREARS_{name}_SECRET": secret}
        if missing := [one for one, value in named.items() if value is None]:
            raise SettingMissing("use a provider of messages or calls", missing)
        assert url is not None
        assert secret is not None
        self.name, self.url, self.clock = name, url.get_secret_value(), clock
        self.secret = secret.get_secret_value()
        self.timeout_seconds = settings.gateway_timeout_seconds
        self._check()

    def _check(self) -> None:
        try:
            parts = urlsplit(self.url)
            is_address = parts.scheme in ("http", "https") and parts.hostname and (parts.port or True)
        except ValueError:
            is_address = False
        if not is_address:
            raise GatewayWrong(f"ARREARS_{self.name}_URL")

    def __enter__(self) -> Self:
        self._poster = Poster(self.timeout_seconds, None)
        self._poster.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._poster.__exit__(kind, fault, trace)

    def post(self, message: str, content: dict[str, Any]) -> None:
        """Hands it over; what was taken before under that name is no failure.

        Raises Undeliverable, NotNow, CarrierDown.
        """
        body = orjson.dumps(content | {"id": message})
        try:
            answer = self._poster.post(self.url, signed(self.secret, message, body, self.clock()), body)
        except NoAnswer as nothing:
            if nothing.was_reached:
                raise NotNow(nothing.why, nothing.why) from None
            raise CarrierDown("the provider", nothing.why) from None
        if not answer.is_taken and answer.status != TAKEN_BEFORE:
            raise self._refused(answer)

    def _refused(self, answer: Answer) -> Undeliverable | NotNow | CarrierDown:
        """What an answer means: something about this message, about now, or about us and the provider."""
        said = f"HTTP {answer.status}"
        if answer.status in _UNFIT:
            return Undeliverable(_reason(answer) or said)
        if answer.status in _PASSING or answer.status >= 500:
            return NotNow(said, said)
        return CarrierDown("the provider", said)


def _reason(answer: Answer) -> str:
    """Why it was refused, where the answer says so: `detail` of problem details, or `reason`."""
    try:
        told = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return ""
    said = (told.get("detail") or told.get("reason")) if isinstance(told, dict) else None
    return " ".join(said.split())[:REASON_LENGTH] if isinstance(said, str) else ""


class SmsCarrier:
    """Text messages through a provider's webhook; raises SettingMissing, GatewayWrong."""

    def __init__(self, settings: DeliverySettings, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self.gateway = Gateway("SMS", settings.sms_url, settings.sms_secret, settings, clock)

    def __enter__(self) -> Self:
        self.gateway.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.gateway.__exit__(kind, fault, trace)

    def opt_out(self, account: str) -> str:
        """The link by which the debtor refuses text messages; empty: there is none."""
        return unsubscribe_link(self.settings, account, "sms")

    def take(self, parcel: Parcel) -> str:
        """Hands it to the provider, and returns its name there. Raises Undeliverable, NotNow, CarrierDown."""
        name = gateway_id(parcel.reminder.contact, parcel.account)
        message = parcel.message
        self.gateway.post(name, {
            "type": "sms", "to": telephone(parcel.to), "text": message.text.strip(),
            "language": message.template.language, "sender": self.settings.creditor,
        })  # fmt: skip
        return name
