"""A reminder as an e-mail: plain text and HTML, a Message-ID from its fact, a way to refuse more of them."""

import re
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import quote

from arrears.delivery.carrier import Parcel, Undeliverable
from arrears.delivery.opting_out import PATH, token
from arrears.delivery.recipient import Recipient
from arrears.delivery.settings import DeliverySettings
from engine.domain.facts.base import Erased
from engine.domain.facts.contacts import Channel

_OURS = re.compile(r"(contact-[0-9a-f-]{36})\.(account-[0-9a-f-]{36})@")


def message_id(parcel: Parcel, domain: str) -> str:
    """The Message-ID (RFC 5322, 3.6.4) of a reminder: from its fact, the same however often it is sent."""
    return f"<{parcel.reminder.contact}.{parcel.account}@{domain}>"


def contact_of(text: str) -> tuple[str, str] | None:
    """The contact and the account of the first Message-ID of ours in the text."""
    found = _OURS.search(text)
    return (found[1], found[2]) if found else None


def unsubscribe_link(settings: DeliverySettings, account: str, channel: Channel = "email") -> str:
    """The link by which the debtor refuses a channel; empty where there is no public address or key."""
    if not settings.public_url or settings.unsubscribe_key is None:
        return ""
    signed = token(settings.unsubscribe_key.get_secret_value(), account, channel)
    return f"{settings.public_url.rstrip('/')}{PATH}/{signed}"


def mail(parcel: Parcel, settings: DeliverySettings, at: datetime) -> EmailMessage:
    """The e-mail, ready to be sent; raises Undeliverable where there is no address that can be written to."""
    made = EmailMessage(policy=SMTP)
    made["From"] = Address(settings.creditor, addr_spec=settings.mail_from)
    made["To"] = mail_address(parcel.to)
    if settings.mail_reply_to:
        made["Reply-To"] = Address(addr_spec=settings.mail_reply_to)
    made["Subject"] = parcel.message.subject
    made["Date"] = format_datetime(at)
    made["Message-ID"] = message_id(parcel, settings.mail_domain)
    made["Auto-Submitted"] = "auto-generated"
    if ways := _ways_out(parcel, settings):
        made["List-Unsubscribe"] = ", ".join(f"<{way}>" for way in ways)
    if any(way.startswith("https://") for way in ways):
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    made.set_content(parcel.message.text)
    made.add_alternative(parcel.message.html, subtype="html")
    return made


def mail_address(debtor: Recipient) -> Address:
    """The debtor's address, where the library refuses what could begin another header; raises
    Undeliverable where there is none."""
    address, name = debtor.email, debtor.name
    if not address or isinstance(address, Erased):
        raise Undeliverable("there is no e-mail address")
    shown = "" if name is None or isinstance(name, Erased) else " ".join(name.split())
    try:
        to = Address(shown, addr_spec=address.strip())
    except (ValueError, HeaderParseError, IndexError):
        raise Undeliverable(f"'{address}' is no e-mail address") from None
    if not to.domain or not to.username:
        raise Undeliverable(f"'{address}' is no e-mail address")
    return to


def _ways_out(parcel: Parcel, settings: DeliverySettings) -> list[str]:
    """The ways to refuse further e-mails: a link that works with one click, and an address to mail to."""
    ways = [link] if (link := unsubscribe_link(settings, parcel.account)) else []
    if settings.mail_unsubscribe and settings.unsubscribe_key is not None:
        signed = token(settings.unsubscribe_key.get_secret_value(), parcel.account, "email")
        ways.append(f"mailto:{settings.mail_unsubscribe}?subject={quote(f'unsubscribe {signed}')}")
    return ways
