"""How each fact changes the account: it only assigns and never refuses, so that history always loads."""

from collections.abc import Iterable

from engine.domain.account import Account
from engine.domain.facts.base import UNRECORDED, Fact
from engine.domain.folding import contacts, debtor, further, owed, paid, promises, stops
from engine.domain.folding.registry import APPLY

__all__ = ["contacts", "debtor", "further", "owed", "paid", "promises", "stops"]

BACKFILL = "backfill"


def evolve(account: Account, fact: Fact) -> None:
    """Folds one more fact into the account, in place, in time proportional to the fact."""
    account.version += 1
    account.last_known_at = max(account.last_known_at, fact.known_at)
    if fact.basis is None or not fact.basis.startswith(BACKFILL):
        account.last_live_at = max(account.last_live_at, fact.known_at)
    elif account.last_live_at == UNRECORDED:
        account.backfilled = True
    apply = APPLY.get(type(fact))
    if apply:
        apply(account, fact)


def fold(account: Account, facts: Iterable[Fact]) -> Account:
    """The account after these facts."""
    for fact in facts:
        evolve(account, fact)
    return account
