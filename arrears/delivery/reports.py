"""Mails that come back about ours: reports of non-delivery (RFC 3464), and requests to write no more."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.header import decode_header, make_header
from email.message import Message

from arrears.delivery.mail import contact_of

_STATUS = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})")
_UNSUBSCRIBE = re.compile(r"\bunsubscribe\s+([\w.-]+)", re.IGNORECASE)
_NOT_THE_ADDRESS = re.compile(r"5\.(1\.[78]|2\.[23]|[367]\.\d+)$")
"""What is refused for good, and says nothing against the address (RFC 3463): our own address, a full mailbox,
a message that is too long, their mail system, our content, their policy."""
REASON_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Bounce:
    """A reminder that came back. `is_permanent`: because nobody can be reached at the address.

    `reason` may name the debtor.
    """

    contact: str
    account: str
    is_permanent: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Delay:
    """A reminder that their server, or ours, still tries to deliver."""

    contact: str


@dataclass(frozen=True, slots=True)
class OptOut:
    """Somebody asks to get no more; `token` says who, where it is one of ours."""

    token: str


def read_report(content: bytes) -> Bounce | Delay | OptOut | None:
    """What the mail says about one of ours; None: nothing."""
    mail = message_from_bytes(content)
    reports = [part for part in _parts(mail) if part.get_content_type() == "message/delivery-status"]
    if not reports:
        asked = _UNSUBSCRIBE.search(_text(mail.get("Subject", "")))
        return OptOut(asked[1]) if asked else None
    named = contact_of(" ".join(_message_ids(mail)))
    if named is None:
        return None
    failed = [one for report in reports for one in _recipients(report) if _action(one) == "failed"]
    if failed:
        return Bounce(*named, is_permanent(str(failed[0].get("Status", ""))), _reason(failed[0]))
    is_late = any(_action(one) == "delayed" for report in reports for one in _recipients(report))
    return Delay(named[0]) if is_late else None


def is_permanent(status: str) -> bool:
    """Whether a status (RFC 3463) means that nobody can be reached at the address."""
    found = _STATUS.match(status)
    return found is not None and found[1] == "5" and not _NOT_THE_ADDRESS.match(found[0].strip())


def _parts(mail: Message) -> list[Message]:
    """The parts of the mail itself; not those of a mail that it encloses."""
    payload = mail.get_payload()
    return [part for part in payload if isinstance(part, Message)] if isinstance(payload, list) else []


def _recipients(report: Message) -> list[Message]:
    """The fields about each recipient: the blocks behind the first, which is about the message."""
    return [block for block in _parts(report) if block.get("Final-Recipient") or block.get("Action")]


def _action(recipient: Message) -> str:
    return str(recipient.get("Action", "")).strip().lower()


def _reason(recipient: Message) -> str:
    said = " ".join(str(recipient.get(name, "")) for name in ("Status", "Diagnostic-Code"))
    return " ".join(said.split())[:REASON_LENGTH]


def _message_ids(mail: Message) -> Iterator[str]:
    """The names of the mail that it is about: of what it encloses, else of what it answers."""
    for part in _parts(mail):
        kind = part.get_content_type()
        if kind == "message/rfc822":
            yield from (str(enclosed.get("Message-ID", "")) for enclosed in _parts(part))
        elif kind in ("text/rfc822-headers", "message/rfc822-headers"):
            yield str(message_from_string(_body(part)).get("Message-ID", ""))
    yield from (str(mail.get(name, "")) for name in ("In-Reply-To", "References"))


def _body(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else str(part)


def _text(header: object) -> str:
    """A header as it is read."""
    try:
        return str(make_header(decode_header(str(header))))
    except (LookupError, ValueError):
        return str(header)
