"""Contacts as the limits count them: on the account, and on the stream of the person behind several accounts.

All that the accounts of one person share is their contacts, and what the person asked for on contact. Each
fact that is or settles a contact changes the account's own `ContactHistory` and, by the facts derived here,
the person's; so does what was asked for, with `wishes.Wishes`. They are stored on the
person's stream in the same transaction, at its next version, so that of two that use the same knowledge
only one is stored. Whoever works on a part of a book (a replay, a forecast, one of several workers) keeps
together the accounts for which `group_of` gives the same key; what it gives for one without a person is
the account itself.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from engine.domain.account import Account
from engine.domain.facts import contacts
from engine.domain.facts.base import Fact
from engine.domain.facts.contacts import ContactPreferenceChanged
from engine.domain.facts.people import ContactCounted, ContactReleased, PersonPreferenceChanged
from engine.domain.standing import ContactHistory, Touch
from engine.domain.wishes import personal

PERSON_PREFIX = "person-"
RESERVED = timedelta(days=1)


def person_stream(person: str) -> str:
    """The stream of a person; the id says nothing about them."""
    return f"{PERSON_PREFIX}{uuid5(NAMESPACE_OID, person)}"


def group_of(account: Account) -> str:
    """The key under which accounts belong together because they share limits: the person's, or its own."""
    return person_stream(account.person) if account.person else account.id


# --- what a fact means for the limits ---------------------------------------------------------------------


def _touch(account: Account, contact: str, at: Any, channel: str, **more: Any) -> Touch:
    debts = frozenset([account.debt]) if account.debt else frozenset[str]()
    return Touch(contact, at, channel, debts, account=account.id, **more)


def _reminded(account: Account, fact: contacts.ReminderIssued) -> Iterator[Touch | str]:
    yield from fact.answers
    at = fact.leaves_at or fact.issued_at
    yield _touch(account, fact.contact, at, fact.channel, number=fact.number, purpose=fact.purpose)


def _scheduled(account: Account, fact: contacts.CallScheduled) -> Iterator[Touch | str]:
    at = fact.call_from or fact.scheduled_at
    yield _touch(account, fact.contact, at, "call", expires_at=fact.reserved_until or at + RESERVED)


def _reserved(account: Account, fact: contacts.ContactReserved) -> Iterator[Touch | str]:
    yield _touch(
        account, fact.contact, fact.reserved_at, fact.channel, number=fact.number, purpose=fact.purpose,
        expires_at=fact.until,
    )  # fmt: skip


def _called(account: Account, fact: contacts.CallMade) -> Iterator[Touch | str]:
    yield from fact.answers
    yield _touch(
        account, fact.call, fact.called_at, "call", number=fact.number, outcome=fact.outcome.value,
        spoke_with=fact.spoke_with,
    )  # fmt: skip


def _inbound(account: Account, fact: contacts.InboundContactReceived) -> Iterator[Touch | str]:
    outcome = fact.outcome.value if fact.outcome else ""
    yield _touch(account, fact.contact, fact.received_at, fact.channel, inbound=True, outcome=outcome)


def _cancelled(account: Account, fact: contacts.ReminderCancelled) -> Iterator[Touch | str]:
    yield fact.contact


_MEANS: dict[type[Fact], Callable[[Account, Any], Iterator[Touch | str]]] = {
    contacts.ReminderIssued: _reminded,
    contacts.CallScheduled: _scheduled,
    contacts.ContactReserved: _reserved,
    contacts.CallMade: _called,
    contacts.InboundContactReceived: _inbound,
    contacts.ReminderCancelled: _cancelled,
}


def contact_changes(account: Account, fact: Fact) -> list[Touch | str]:
    """The contacts that the fact adds to what is counted, and the ids of those that it takes out of it."""
    means = _MEANS.get(type(fact))
    return list(means(account, fact)) if means else []


def take_in(history: ContactHistory, changes: Iterable[Touch | str]) -> None:
    """Adds contacts to a history, and takes out those that are only named."""
    for change in changes:
        if isinstance(change, Touch):
            history.add(change)
        else:
            history.remove(change)


# --- the person's stream ----------------------------------------------------------------------------------


def shared_facts(account: Account, fact: Fact, changes: Iterable[Touch | str]) -> list[Fact]:
    """What of a fact that the account has just taken in is for the person's stream, where `changes` are those
    of the contacts."""
    shared = [_as_fact(account, change) for change in changes]
    if isinstance(fact, ContactPreferenceChanged):
        asked = personal(fact, account.id, account.debt or "", account.standing)
        shared += [asked] if asked else []
    return shared


def _as_fact(account: Account, change: Touch | str) -> Fact:
    if isinstance(change, str):
        return ContactReleased(contact=change, account=account.id)
    return ContactCounted(
        contact=change.id, account=account.id, channel=change.channel,  # type: ignore[arg-type]
        at=change.at, debts=tuple(sorted(change.debts)), inbound=change.inbound, number=change.number,
        outcome=change.outcome, spoke_with=change.spoke_with, purpose=change.purpose,
        expires_at=change.expires_at,
    )  # fmt: skip


def fold_shared(history: ContactHistory, fact: Fact) -> None:
    """Folds one more fact of the person's stream."""
    history.version += 1
    if isinstance(fact, ContactReleased):
        history.remove(fact.contact)
    elif isinstance(fact, PersonPreferenceChanged):
        history.wishes.heed(fact)
        history.wishes_version = history.version
    elif isinstance(fact, ContactCounted):
        history.add(Touch(
            fact.contact, fact.at, fact.channel, frozenset(fact.debts), fact.inbound, fact.number,
            fact.outcome, fact.spoke_with, fact.purpose, fact.account, fact.expires_at,
        ))  # fmt: skip
