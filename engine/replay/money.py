"""Money and charges from outside, in a replay: what was paid stays, what it is set against does not.

Another policy makes other charges, and so other items are open when money comes. What a fact says of an item
that is not there, or not open by so much, is left out of it.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, TypeVar

from engine.domain.account import Account, Receipt
from engine.domain.decisions.charges import freed
from engine.domain.decisions.payments import allocate, reverse_payment
from engine.domain.errors import RuleBroken
from engine.domain.facts import items, stops
from engine.domain.facts.base import Allocation, Fact
from engine.domain.money import ZERO
from policies.interest.bearing import Bearing
from policies.interest.charging import charges, charging
from policies.interest.compensation import owed
from policies.interest.on_demand import allocation_order, receive, terms_of
from policies.supposing import SupposedPolicies

Again = Callable[[Any, Account, SupposedPolicies], list[Fact]]


def money_as_it_would_be(fact: Fact, account: Account, policies: SupposedPolicies) -> list[Fact]:
    """The fact as it would have been recorded on the account as it stands now; none where nothing is left."""
    again = _AGAIN.get(type(fact)) if fact.because is None else None
    return [fact] if again is None else again(fact, account, policies)


F = TypeVar("F", bound=Fact)


def _with(fact: F, **changed: Any) -> F:
    return fact.model_copy(update=changed)


def _stamped_as(fact: Fact, others: list[Any]) -> list[Fact]:
    stamp = {name: getattr(fact, name) for name in ("by", "recorded_at", "known_at", "basis")}
    return [_with(other, **stamp) for other in others]


# --- money ------------------------------------------------------------------------------------------------


def _paid(fact: items.PaymentReceived, account: Account, policies: SupposedPolicies) -> list[Fact]:
    *charged, paid = receive(
        account, policies, fact.known_at, payment=fact.payment, amount=fact.amount, currency=fact.currency,
        received_on=fact.received_on, designated=fact.designated,
    )  # fmt: skip
    assert isinstance(paid, items.PaymentReceived)
    return [*_stamped_as(fact, charged), _with(fact, allocations=paid.allocations)]


def _credited(fact: items.CreditNoteIssued, account: Account, policies: SupposedPolicies) -> list[Fact]:
    order = allocation_order(account, policies, fact.known_at)
    parts = allocate(account, fact.amount, fact.currency, fact.issued_on, fact.designated, order)
    return [_with(fact, allocations=parts)]


def _allocated(
    fact: items.PaymentAllocated | items.CreditAllocated, account: Account, _: SupposedPolicies
) -> list[Fact]:
    name = fact.payment if isinstance(fact, items.PaymentAllocated) else fact.credit
    receipt = account.receipt(name)
    parts = tuple(_still_possible(account, receipt, fact.allocations)) if receipt else ()
    return [_with(fact, allocations=parts)] if parts else []


def _still_possible(
    account: Account, receipt: Receipt, allocations: tuple[Allocation, ...]
) -> Iterator[Allocation]:
    left = receipt.unapplied
    for part in allocations:
        item = account.item(part.item)
        amount = min(part.amount, left, item.open if item else ZERO)
        if amount > ZERO:
            left -= amount
            yield _with_amount(part, amount)


def _with_amount(part: Allocation, amount: Decimal) -> Allocation:
    return part.model_copy(update={"amount": amount})


def _reversed(fact: items.PaymentReversed, account: Account, _: SupposedPolicies) -> list[Fact]:
    try:
        made = reverse_payment(account, payment=fact.payment, reversed_on=fact.reversed_on)
    except RuleBroken:
        return []
    return [
        _with(fact, amount=again.amount, reopened=again.reopened, unapplied=again.unapplied)
        for again in made
        if isinstance(again, items.PaymentReversed)
    ]


def _refunded(fact: items.PaymentRefunded, account: Account, _: SupposedPolicies) -> list[Fact]:
    receipt = account.receipts.get(fact.payment)
    return _at_most(fact, receipt.unapplied if receipt else ZERO)


def _at_most(fact: Any, amount: Decimal) -> list[Fact]:
    part = min(fact.amount, amount)
    return [_with(fact, amount=part)] if part > ZERO else []


# --- what is owed -----------------------------------------------------------------------------------------


def _corrected(fact: items.InvoiceCorrected, account: Account, _: SupposedPolicies) -> list[Fact]:
    item = account.item(fact.invoice)
    if item is None:
        return []
    too_much = fact.previous_amount - fact.amount - item.open
    return [_with(fact, released=freed(account, item, too_much, fact.effective_on))]


def _written_off(fact: items.InvoiceWrittenOff, account: Account, _: SupposedPolicies) -> list[Fact]:
    item = account.item(fact.invoice)
    return [_with(fact, amount=item.open)] if item and item.open > ZERO else []


def _write_off_reversed(fact: items.WriteOffReversed, account: Account, _: SupposedPolicies) -> list[Fact]:
    item = account.item(fact.invoice)
    return _at_most(fact, item.written_off if item else ZERO)


def _waived(fact: items.ChargeWaived, account: Account, _: SupposedPolicies) -> list[Fact]:
    charge = account.item(fact.charge)
    return _at_most(fact, charge.open if charge else ZERO)


def _interest(
    fact: items.InterestCharged | items.InterestAdjusted, account: Account, policies: SupposedPolicies
) -> list[Fact]:
    """Interest that somebody asked for is worked out by the policy that holds now."""
    item = account.item(fact.invoice or "")
    adjusted = isinstance(fact, items.InterestAdjusted)
    on = fact.adjusted_on if isinstance(fact, items.InterestAdjusted) else fact.charged_on
    borne = account.interest.get(item.id) if item else None
    until = (borne.until if borne else None) if isinstance(fact, items.InterestAdjusted) else fact.until
    if item is None or until is None:
        return [] if adjusted else [fact]
    try:
        found = charging(
            Bearing(account, item, terms_of(account, policies, fact.known_at)), until, adjusting=True
        )
    except RuleBroken:
        return []
    return _stamped_as(fact, charges(account, found, on, fact.due_on))


def _compensation(fact: items.FeeCharged, account: Account, policies: SupposedPolicies) -> list[Fact]:
    item = account.item(fact.invoice or "")
    if fact.debt is None or item is None:
        return [fact]
    rules = terms_of(account, policies, fact.known_at)
    found = owed(account, item, rules, fact.charged_on, on_demand=True)
    if found is None:
        return []
    return _stamped_as(fact, [_with(found[1], charged_on=fact.charged_on, due_on=fact.due_on)])


# --- what is stopped --------------------------------------------------------------------------------------


def _stopped(
    fact: stops.DisputeOpened | stops.HoldPlaced, account: Account, _: SupposedPolicies
) -> list[Fact]:
    """Only what is there can be stopped; a hold of charges that are not made holds nothing."""
    known = tuple(name for name in fact.items if account.item(name) is not None)
    if fact.items and not known and isinstance(fact, stops.HoldPlaced):
        return []
    return [_with(fact, items=known)]


def _released(fact: stops.HoldReleased, account: Account, _: SupposedPolicies) -> list[Fact]:
    return [fact] if fact.hold in account.holds else []


_AGAIN: dict[type[Fact], Again] = {
    items.PaymentReceived: _paid,
    items.CreditNoteIssued: _credited,
    items.PaymentAllocated: _allocated,
    items.CreditAllocated: _allocated,
    items.PaymentReversed: _reversed,
    items.PaymentRefunded: _refunded,
    items.InvoiceCorrected: _corrected,
    items.InvoiceWrittenOff: _written_off,
    items.WriteOffReversed: _write_off_reversed,
    items.ChargeWaived: _waived,
    items.InterestCharged: _interest,
    items.InterestAdjusted: _interest,
    items.FeeCharged: _compensation,
    stops.DisputeOpened: _stopped,
    stops.HoldPlaced: _stopped,
    stops.HoldReleased: _released,
}
"""How each kind of fact from outside is worked out again; the other kinds stay as they are."""
