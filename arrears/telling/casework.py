"""Contact persons and files of an account, as rows of an answer; what was erased says so."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from engine.domain.account import Account, Attachment, ContactPerson
from engine.domain.evolve import fold
from engine.domain.facts.base import Stored
from engine.domain.facts.casework import AttachmentAdded, ContactPersonChanged

ATTACHMENT_COLUMNS = (
    *("attachment", "file_name", "media_type", "size_bytes", "added_at", "by", "note"),
    "sha256",
)


def contact_person_rows(facts: Iterable[Stored]) -> list[dict[str, Any]]:
    """The contact persons after these facts."""
    return [contact_person_row(one) for one in _folded(facts).contact_persons.values()]


def contact_person_row(one: ContactPerson) -> dict[str, Any]:
    """A contact person."""
    return {
        "person": one.id, "role": one.role, "name": one.name and str(one.name),
        "phones": list(map(str, one.phones)), "emails": list(map(str, one.emails)),
        "note": one.note and str(one.note),
    }  # fmt: skip


def attachment_rows(facts: Iterable[Stored]) -> list[dict[str, Any]]:
    """The files that belonged to the account after these facts."""
    return [attachment_row(one) for one in _folded(facts).attachments.values()]


def attachment_row(one: Attachment) -> dict[str, Any]:
    """A file, without its content."""
    row = asdict(one) | {
        "attachment": one.id, "file_name": str(one.file_name), "note": one.note and str(one.note)
    }  # fmt: skip
    return {name: row[name] for name in ATTACHMENT_COLUMNS}


def _folded(facts: Iterable[Stored]) -> Account:
    """Only who is to be talked to, and which files there are, of an account after these facts."""
    concerned = (one.fact for one in facts if isinstance(one.fact, AttachmentAdded | ContactPersonChanged))
    return fold(Account("account"), concerned)
