"""How people work the account: who does, whom they talk to, and its papers."""

from engine.domain.account import Account, Attachment, ContactPerson
from engine.domain.facts import casework
from engine.domain.folding.registry import applies


@applies(casework.CollectorAssigned)
def _assigned(account: Account, fact: casework.CollectorAssigned) -> None:
    account.collector = fact.collector


@applies(casework.ContactPersonChanged)
def _person(account: Account, fact: casework.ContactPersonChanged) -> None:
    if fact.removed:
        account.contact_persons.pop(fact.person, None)
        return
    person = account.contact_persons.setdefault(fact.person, ContactPerson(fact.person))
    for name in ("role", "name", "note"):
        value = getattr(fact, name)
        if value is not None:
            setattr(person, name, value)
    if fact.phones is not None:
        person.phones = tuple(one.at for one in fact.phones)
    if fact.emails is not None:
        person.emails = tuple(one.at for one in fact.emails)


@applies(casework.AttachmentAdded)
def _attached(account: Account, fact: casework.AttachmentAdded) -> None:
    account.attachments[fact.attachment] = Attachment(
        fact.attachment, fact.file_name, fact.media_type, fact.size_bytes, fact.sha256,
        fact.note, fact.known_at, fact.by,
    )  # fmt: skip
