"""The ledger: gross amounts per account and currency, straight from the facts, not by way of postings."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from engine.domain.facts import items
from engine.domain.facts.base import Fact, Stored
from engine.domain.money import ZERO

# How each fact changes what the account owes in all; how it is shared out over items does not matter here.
_EFFECTS: dict[type[Fact], Callable[[Any], Decimal]] = {
    items.InvoiceRaised: lambda fact: +fact.amount,
    items.FeeCharged: lambda fact: +fact.amount,
    items.InterestCharged: lambda fact: +fact.amount,
    items.InterestAdjusted: lambda fact: _adjusted(fact),
    items.InvoiceCorrected: lambda fact: fact.amount - fact.previous_amount,
    items.WriteOffReversed: lambda fact: +fact.amount,
    items.PaymentReversed: lambda fact: +fact.amount,
    items.PaymentRefunded: lambda fact: +fact.amount,
    items.InvoiceWrittenOff: lambda fact: -fact.amount,
    items.ChargeWaived: lambda fact: -fact.amount,
    items.PaymentReceived: lambda fact: -fact.amount,
    items.CreditNoteIssued: lambda fact: -fact.amount,
}


def _adjusted(fact: items.InterestAdjusted) -> Decimal:
    """What is lowered may be less than the adjustment: what had been waived is owed by nobody."""
    return max(fact.amount, ZERO) - sum((part.amount for part in fact.lowered), ZERO)


class Effect(NamedTuple):
    """By how much the account owes more (+) or less (−), from that day on."""

    currency: str
    amount: Decimal
    on: date


def ledger_effect(fact: Fact) -> Effect | None:
    """What the fact does to the account's balance; None where it moves no money in or out."""
    effect = _EFFECTS.get(type(fact))
    if effect is None or fact.happened_on is None:
        return None
    currency: str = getattr(fact, "currency")  # noqa: B009 - every fact in the table has one
    return Effect(currency, effect(fact), fact.happened_on)


def ledger_balances(facts: Iterable[Stored], as_of: date) -> dict[tuple[str, str], Decimal]:
    """The balance per stream and currency at the end of that day."""
    balances: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for stored in facts:
        effect = ledger_effect(stored.fact)
        if effect and effect.on <= as_of:
            balances[stored.stream, effect.currency] += effect.amount
    return dict(balances)
