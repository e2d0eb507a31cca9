"""Commands on how people work an account: who does, whom they talk to, and the papers that belong to it."""

from datetime import date

from engine.domain.account import Account, ContactPerson
from engine.domain.decisions.erasure import check_not_erased
from engine.domain.errors import ContactPersonUnknown, DiffersFromRecorded, NothingToChange, RoleMissing
from engine.domain.facts.base import Fact
from engine.domain.facts.casework import (
    AttachmentAdded,
    CollectorAssigned,
    ContactPersonChanged,
    Reach,
    Role,
)


def assign_collector(
    account: Account, *, collector: str, assigned_on: date, note: str | None = None, handed_over: bool = False
) -> list[Fact]:
    """Gives the account to a collector; nothing new where they work it already."""
    if account.collector == collector:
        return []
    if note is not None:
        check_not_erased(account)
    return [CollectorAssigned(
        collector=collector, assigned_on=assigned_on, previous=account.collector,
        reason="hand_over" if handed_over else "assignment", note=note,
    )]  # fmt: skip


def change_contact_person(
    account: Account, *, person: str, changed_on: date, role: Role | None = None, name: str | None = None,
    phones: tuple[str, ...] | None = None, emails: tuple[str, ...] | None = None, note: str | None = None,
) -> list[Fact]:  # fmt: skip
    """Adds somebody to talk to, who needs a role, or changes what is known of them; None leaves a detail.

    Nothing new where all of it is known. Raises RoleMissing, NothingToChange, AccountIsErased.
    """
    check_not_erased(account)
    known = account.contact_persons.get(person)
    if known is None and role is None:
        raise RoleMissing(person=person)
    given = {"role": role, "name": name, "phones": phones, "emails": emails, "note": note}
    stated = {field: value for field, value in given.items() if value is not None}
    if not stated:
        raise NothingToChange(person=person)
    if known is not None and all(getattr(known, field) == value for field, value in stated.items()):
        return []
    return [ContactPersonChanged(
        person=person, changed_on=changed_on, role=role, name=name, phones=_reach(phones),
        emails=_reach(emails), note=note,
    )]  # fmt: skip


def _reach(given: tuple[str, ...] | None) -> tuple[Reach, ...] | None:
    return None if given is None else tuple(Reach(at=at) for at in given)


def remove_contact_person(account: Account, *, person: str, changed_on: date) -> list[Fact]:
    """They are not to be contacted about the account any more; raises ContactPersonUnknown."""
    _known(account, person)
    return [ContactPersonChanged(person=person, changed_on=changed_on, removed=True)]


def _known(account: Account, person: str) -> ContactPerson:
    known = account.contact_persons.get(person)
    if known is None:
        raise ContactPersonUnknown(account=account.number, person=person)
    return known


def add_attachment(
    account: Account, *, attachment: str, file_name: str, media_type: str, size_bytes: int, sha256: str,
    note: str | None = None,
) -> list[Fact]:  # fmt: skip
    """Records a file that belongs to the account; the same content under the same id is nothing new.

    Raises DiffersFromRecorded, AccountIsErased.
    """
    check_not_erased(account)
    known = account.attachments.get(attachment)
    if known is None:
        return [AttachmentAdded(
            attachment=attachment, file_name=file_name, media_type=media_type, size_bytes=size_bytes,
            sha256=sha256, note=note,
        )]  # fmt: skip
    if known.sha256 != sha256:
        raise DiffersFromRecorded(
            kind="attachment", id=attachment, recorded=f"SHA-256 {known.sha256}", given=f"SHA-256 {sha256}"
        )
    return []
