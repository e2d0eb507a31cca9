"""How each fact changes the account: it only assigns and never refuses, so that history always loads."""

from collections.abc import Iterable

from engine.domain.account import Account
from engine.domain.facts.base import UNRECORDED, Fact
from engine.domain.folding import (
    authority,
    casework,
    contacts,
    debtor,
    further,
    owed,
    paid,
    promises,
    standing,
    stops,
)
from engine.domain.folding.registry import APPLY
from engine.domain.people import contact_changes, fold_shared, shared_facts, take_in
from engine.domain.standing import Touch

__all__ = [
    "authority",
    "casework",
    "contacts",
    "debtor",
    "further",
    "owed",
    "paid",
    "promises",
    "standing",
    "stops",
]

BACKFILL = "backfill"


def evolve(account: Account, fact: Fact) -> None:
    """Folds one more fact into the account, in place, in time proportional to the fact."""
    _fold_in(account, fact, contact_changes(account, fact))


def _fold_in(account: Account, fact: Fact, changes: Iterable[Touch | str]) -> None:
    account.version += 1
    account.last_known_at = max(account.last_known_at, fact.known_at)
    if fact.basis is None or not fact.basis.startswith(BACKFILL):
        account.last_live_at = max(account.last_live_at, fact.known_at)
    elif account.last_live_at == UNRECORDED:
        account.backfilled = True
    apply = APPLY.get(type(fact))
    if apply:
        apply(account, fact)
    take_in(account.history, changes)


def evolve_with_person(account: Account, fact: Fact) -> list[Fact]:
    """Folds one more fact into the account and into the contacts of its person, where it has them.

    Returns what of it is to be stored on the person's stream: nothing for an account without a person.
    """
    changes = contact_changes(account, fact)
    _fold_in(account, fact, changes)
    if account.shared is None:
        return []
    carried = shared_facts(account, fact, changes)
    for one in carried:
        fold_shared(account.shared, one)
    return carried


def fold(account: Account, facts: Iterable[Fact]) -> Account:
    """The account after these facts."""
    for fact in facts:
        evolve(account, fact)
    return account
