"""Which facts belong into a dossier: an account's own, one invoice's, and the policies they rest on."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from engine.domain.errors import RuleBroken
from engine.domain.facts.accounts import (
    FollowUpSet,
    NoteAdded,
    PolicyAssigned,
)
from engine.domain.facts.base import Fact, Stored
from engine.domain.facts.contacts import CallMade, InboundContactReceived
from engine.domain.facts.items import FeeCharged, InterestCharged, InvoiceRaised
from engine.domain.facts.policy import PolicyPublished
from engine.domain.facts.stops import HoldPlaced

_ITEMS = ("invoice", "charge", "item", "items", "designated", "allocations", "reopened", "released", "lines")
_HANDLES = (
    "payment",
    "credit",
    "promise",
    "plan",
    "dispute",
    "hold",
    "contact",
    "call",
    "placement",
    "trace",
)


class InvoiceUnknown(RuleBroken):
    sentence = "account '{account}' has no invoice '{invoice}' that was known then"


def items_of(facts: Iterable[Stored], number: str, invoice: str) -> frozenset[str]:
    """The invoice and the charges on it; raises InvoiceUnknown."""
    items: set[str] = set()
    for fact in (stored.fact for stored in facts):
        if isinstance(fact, InvoiceRaised) and fact.invoice == invoice:
            items.add(invoice)
        if isinstance(fact, FeeCharged | InterestCharged) and fact.invoice == invoice:
            items.add(fact.charge)
    if invoice not in items:
        raise InvoiceUnknown(account=number, invoice=invoice)
    return frozenset(items)


def about(facts: Sequence[Stored], items: frozenset[str]) -> list[Stored]:
    """The facts that name one of these items, those that say what became of what such a fact began (a
    payment taken back, a promise judged), and those that hold for the whole account.

    Notes and follow-ups are about no item and are left out.
    """
    naming = [stored.fact for stored in facts if _names_one_of(stored.fact, items)]
    begun = {handle for fact in naming for handle in _handles(fact)}
    return [stored for stored in facts if _belongs(stored.fact, items, begun)]


def _names_one_of(fact: Fact, items: frozenset[str]) -> bool:
    """A hold that names no item stops the whole account."""
    named = _named(fact)
    return bool(named & items) or (isinstance(fact, HoldPlaced) and not named)


def _belongs(fact: Fact, items: frozenset[str], begun: set[tuple[str, str]]) -> bool:
    if isinstance(fact, NoteAdded | FollowUpSet):
        return False
    if _named(fact) or isinstance(fact, HoldPlaced):
        return _names_one_of(fact, items)
    if isinstance(fact, InboundContactReceived) or (isinstance(fact, CallMade) and not fact.answers):
        return True  # the debtor was heard or called about nothing in particular: it counts for every item
    handles = set(_handles(fact))
    return not handles or bool(handles & begun)


def _named(fact: Fact) -> set[str]:
    """The items that a fact names, wherever it does."""
    return {name for field in _ITEMS for name in _names(getattr(fact, field, None))}


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _names(getattr(part, "item", part))


def _handles(fact: Fact) -> Iterator[tuple[str, str]]:
    for field in _HANDLES:
        value = getattr(fact, field, None)
        if not isinstance(value, str):
            continue
        kind = {"plan": "promise", "call": "contact"}.get(field, field)
        yield kind, value
        yield kind, value.split("/")[0]  # an instalment belongs to its plan
    for answered in getattr(fact, "answers", ()):
        yield "contact", answered


def resting_on(facts: Sequence[Stored], policies: Sequence[Stored]) -> list[Stored]:
    """The facts of the book's policies without which these cannot be judged: the versions that decided, all
    versions of policies that were assigned, and what the default was."""
    decided = {(w.policy, w.policy_version) for stored in facts if (w := stored.fact.because)}
    assigned = {stored.fact.policy for stored in facts if isinstance(stored.fact, PolicyAssigned)}
    named = assigned | {policy for policy, _ in decided}
    return [stored for stored in policies if _rests_on(stored.fact, decided, assigned, named)]


def _rests_on(fact: Fact, decided: set[tuple[str, int]], assigned: set[str], named: set[str]) -> bool:
    if isinstance(fact, PolicyPublished):
        return fact.policy in assigned or (fact.policy, fact.version) in decided
    return getattr(fact, "policy", None) in named
