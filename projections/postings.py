"""What each fact adds to what is owed: double entry between items and unapplied money."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from functools import singledispatch
from typing import NamedTuple

from engine.domain.facts.base import Allocation, Fact
from engine.domain.facts.items import (
    ChargeWaived,
    CreditAllocated,
    CreditNoteIssued,
    FeeCharged,
    InterestAdjusted,
    InterestCharged,
    InvoiceCorrected,
    InvoiceRaised,
    InvoiceWrittenOff,
    PaymentAllocated,
    PaymentReceived,
    PaymentRefunded,
    PaymentReversed,
    WriteOffReversed,
)
from engine.domain.money import ZERO, to_minor

RAISED = ("invoice", "fee", "interest")
"""Kinds that raise an item; of each item there is one."""

TRANSFERS = ("allocation", "reopening", "release")
"""Kinds that come in pairs between an item and unapplied money, and so leave the balance as it was."""


class Posting(NamedTuple):
    """An amount in smallest units, owed (+) or paid (−), on an item or (item None) in unapplied money;
    `received_on` of what a payment paid at once."""

    kind: str
    document: str
    item: str | None
    currency: str
    amount_minor: int
    effective_on: date
    received_on: date | None = None


class Terms(NamedTuple):
    """From a day on, an item is due on another."""

    item: str
    currency: str
    due_on: date
    effective_on: date


def terms(fact: Fact) -> Terms | None:
    """When the item is due that the fact raises or corrects; None where it says nothing of that."""
    match fact:
        case InvoiceRaised():
            return Terms(fact.invoice, fact.currency, fact.due_on, fact.issued_on)
        case FeeCharged() | InterestCharged():
            return Terms(fact.charge, fact.currency, fact.due_on, fact.charged_on)
        case InterestAdjusted() if fact.amount > ZERO:
            return Terms(fact.adjustment, fact.currency, fact.due_on, fact.adjusted_on)
        case InvoiceCorrected() if fact.due_on != fact.previous_due_on:
            return Terms(fact.invoice, fact.currency, fact.due_on, fact.effective_on)
    return None


@singledispatch
def postings(fact: Fact) -> list[Posting]:
    """What the fact adds to items and to unapplied money; nothing for a fact that moves no money."""
    return []


def _posting(
    kind: str, document: str, item: str | None, currency: str, amount: Decimal, on: date
) -> list[Posting]:
    return [Posting(kind, document, item, currency, to_minor(amount, currency), on)]


def _transfers(
    kind: str, document: str, currency: str, to_items: Iterable[tuple[str, Decimal, date]],
    received_on: date | None = None,
) -> Iterator[Posting]:  # fmt: skip
    """Each amount on its item, and the same amount less in unapplied money."""
    for item, amount, on in to_items:
        minor = to_minor(amount, currency)
        yield Posting(kind, document, item, currency, minor, on, received_on)
        yield Posting(kind, document, None, currency, -minor, on)


def _allocated(
    document: str, currency: str, parts: Iterable[Allocation], received_on: date | None = None
) -> list[Posting]:
    paid = ((part.item, -part.amount, part.on) for part in parts)
    return list(_transfers("allocation", document, currency, paid, received_on))


@postings.register
def _raised(fact: InvoiceRaised) -> list[Posting]:
    return _posting("invoice", fact.invoice, fact.invoice, fact.currency, fact.amount, fact.issued_on)


@postings.register
def _fee(fact: FeeCharged) -> list[Posting]:
    return _posting("fee", fact.charge, fact.charge, fact.currency, fact.amount, fact.charged_on)


@postings.register
def _interest(fact: InterestCharged) -> list[Posting]:
    return _posting("interest", fact.charge, fact.charge, fact.currency, fact.amount, fact.charged_on)


@postings.register
def _adjusted(fact: InterestAdjusted) -> list[Posting]:
    """More interest is an item of its own; less lowers charges, and frees what was paid of them."""
    document, currency, on = fact.adjustment, fact.currency, fact.adjusted_on
    found = []
    if fact.amount > ZERO:
        found += _posting("interest", document, document, currency, fact.amount, on)
    for part in fact.lowered:
        found += _posting("interest_adjustment", document, part.item, currency, -part.amount, on)
        freed = ((part.item, release.amount, release.on) for release in part.released)
        found += _transfers("release", document, currency, freed)
    return found


@postings.register
def _corrected(fact: InvoiceCorrected) -> list[Posting]:
    invoice, currency, change = fact.invoice, fact.currency, fact.amount - fact.previous_amount
    corrected = (
        _posting("correction", invoice, invoice, currency, change, fact.effective_on) if change else []
    )
    released = ((invoice, part.amount, part.on) for part in fact.released)
    return corrected + list(_transfers("release", invoice, currency, released))


@postings.register
def _waived(fact: ChargeWaived) -> list[Posting]:
    return _posting("waiver", fact.charge, fact.charge, fact.currency, -fact.amount, fact.waived_on)


@postings.register
def _written_off(fact: InvoiceWrittenOff) -> list[Posting]:
    return _posting("write_off", fact.invoice, fact.invoice, fact.currency, -fact.amount, fact.written_off_on)


@postings.register
def _write_off_reversed(fact: WriteOffReversed) -> list[Posting]:
    invoice = fact.invoice
    return _posting("write_off_reversal", invoice, invoice, fact.currency, fact.amount, fact.reversed_on)


@postings.register
def _paid(fact: PaymentReceived) -> list[Posting]:
    received = _posting("payment", fact.payment, None, fact.currency, -fact.amount, fact.received_on)
    return received + _allocated(fact.payment, fact.currency, fact.allocations, fact.received_on)


@postings.register
def _credited(fact: CreditNoteIssued) -> list[Posting]:
    issued = _posting("credit", fact.credit, None, fact.currency, -fact.amount, fact.issued_on)
    return issued + _allocated(fact.credit, fact.currency, fact.allocations)


@postings.register
def _payment_allocated(fact: PaymentAllocated) -> list[Posting]:
    return _allocated(fact.payment, fact.currency, fact.allocations)


@postings.register
def _credit_allocated(fact: CreditAllocated) -> list[Posting]:
    return _allocated(fact.credit, fact.currency, fact.allocations)


@postings.register
def _reversed(fact: PaymentReversed) -> list[Posting]:
    """The whole payment leaves unapplied money on the day of the reversal; each item is then owed again from
    its own day, which is later where the payment was set against an item not issued yet."""
    taken_back = fact.unapplied + sum((part.amount for part in fact.reopened), ZERO)
    reversal = _posting("reversal", fact.payment, None, fact.currency, taken_back, fact.reversed_on)
    reopened = ((part.item, part.amount, part.on) for part in fact.reopened)
    return reversal + list(_transfers("reopening", fact.payment, fact.currency, reopened))


@postings.register
def _refunded(fact: PaymentRefunded) -> list[Posting]:
    return _posting("refund", fact.payment, None, fact.currency, fact.amount, fact.refunded_on)
