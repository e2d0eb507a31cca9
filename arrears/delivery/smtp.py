"""E-mail over SMTP (RFC 5321): TLS with a verified certificate, authentication, one connection for many."""

import smtplib
import ssl
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Self
from urllib.parse import SplitResult, unquote, urlsplit

from arrears.delivery.carrier import CarrierDown, NotNow, Parcel, Undeliverable
from arrears.delivery.mail import mail, message_id, unsubscribe_link
from arrears.delivery.settings import DeliverySettings, SettingFault, SettingMissing

STARTTLS, TLS, PLAIN = "smtp", "smtps", "smtp+plain"
_PORTS = {STARTTLS: 587, TLS: 465, PLAIN: 25}
PER_CONNECTION = 100
"""Servers close connections that bring too much."""


class SmtpUrlWrong(SettingFault):
    """The address of a mail server that is none; it is not shown, because it may hold a password."""

    def __init__(self) -> None:
        kinds = " or ".join(f"{kind}://" for kind in _PORTS)
        super().__init__(f"ARREARS_SMTP_URL is no address of a mail server: expected {kinds} and a host")


class SmtpCarrier:
    """Sends e-mails through the mail server of the settings; raises SettingMissing, SmtpUrlWrong."""

    def __init__(self, settings: DeliverySettings, clock: Callable[[], datetime]) -> None:
        self.settings, self.clock = settings, clock
        self.server = _server(settings)
        self._connection: smtplib.SMTP | None = None
        self._sent = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hang_up()

    def opt_out(self, account: str) -> str:
        """The link by which the debtor refuses e-mail; empty: there is none."""
        return unsubscribe_link(self.settings, account)

    def take(self, parcel: Parcel) -> str:
        """Sends it, and returns its Message-ID. Raises Undeliverable, NotNow, CarrierDown."""
        message = mail(parcel, self.settings, self.clock())
        sender = self.settings.mail_bounces or self.settings.mail_from
        try:
            self._connected().send_message(message, from_addr=sender)
        except smtplib.SMTPRecipientsRefused as refused:
            code, said = next(iter(refused.recipients.values()))
            raise _refused(code, said) from None
        except smtplib.SMTPSenderRefused as refused:
            self._hang_up()
            raise CarrierDown("the mail server", f"{refused.smtp_code} {_text(refused.smtp_error)}") from None
        except smtplib.SMTPNotSupportedError as fault:
            raise Undeliverable(str(fault)) from None
        except smtplib.SMTPDataError as refused:
            raise _refused(refused.smtp_code, refused.smtp_error) from None
        except (smtplib.SMTPException, OSError) as fault:
            self._hang_up()
            raise NotNow(str(fault), "connection lost") from None
        self._sent += 1
        return message_id(parcel, self.settings.mail_domain)

    def _connected(self) -> smtplib.SMTP:
        if self._sent >= PER_CONNECTION:
            self._hang_up()
        if self._connection is None:
            try:
                self._connection = self._connect()
            except (smtplib.SMTPException, OSError) as fault:
                raise CarrierDown("the mail server", str(fault)) from None
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        server, timeout = self.server, self.settings.smtp_timeout_seconds
        host, port = server.hostname or "", server.port or _PORTS[server.scheme]
        trust = ssl.create_default_context(cafile=self.settings.smtp_ca_file)
        if server.scheme == TLS:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=timeout, context=trust)
        else:
            connection = smtplib.SMTP(host, port, timeout=timeout)
        try:
            if server.scheme == STARTTLS:
                connection.starttls(context=trust)
            if server.username:
                connection.login(unquote(server.username), unquote(server.password or ""))
        except BaseException:
            connection.close()
            raise
        return connection

    def _hang_up(self) -> None:
        """Ends the connection; one that was lost already is only given back."""
        connection, self._connection, self._sent = self._connection, None, 0
        if connection is None:
            return
        try:
            connection.quit()
        except (smtplib.SMTPException, OSError):
            connection.close()


def _server(settings: DeliverySettings) -> SplitResult:
    needed = {"ARREARS_SMTP_URL": settings.smtp_url, "ARREARS_MAIL_FROM": settings.mail_from}
    if settings.public_url or settings.mail_unsubscribe:
        needed["ARREARS_UNSUBSCRIBE_KEY"] = settings.unsubscribe_key
    if missing := [name for name, value in needed.items() if not value]:
        raise SettingMissing("send e-mail", missing)
    assert settings.smtp_url is not None
    try:
        server = urlsplit(settings.smtp_url.get_secret_value())
        known = server.scheme in _PORTS and server.hostname and (server.port or True)
    except ValueError:
        known = False
    if not known:
        raise SmtpUrlWrong
    return server


def _refused(code: int, said: bytes | str) -> Undeliverable | NotNow:
    """What an answer means: 5yz is for good, anything else may pass (RFC 5321, 4.2.1)."""
    reason = f"{code} {_text(said)}"
    return Undeliverable(reason) if 500 <= code < 600 else NotNow(reason, f"smtp {code}")


def _text(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split())
