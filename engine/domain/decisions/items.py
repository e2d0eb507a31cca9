"""Commands on what is owed: invoices, charges, corrections, write-offs."""

from datetime import date
from decimal import Decimal

from engine.domain.account import Account, Item, Receipt
from engine.domain.decisions.charges import freed
from engine.domain.errors import (
    AmountNotPositive,
    BeforeItsIssue,
    DiffersFromRecorded,
    EndsBeforeItBegins,
    ItemClosed,
    ItemUnknown,
    MoreThanOpen,
    NotACharge,
    NotAnInvoice,
    NothingToCorrect,
    NotWrittenOff,
    NumberTaken,
)
from engine.domain.facts.base import Allocation, Fact
from engine.domain.facts.items import (
    ChargeWaived,
    CreditAllocated,
    FeeCharged,
    InterestCharged,
    InvoiceCorrected,
    InvoiceRaised,
    InvoiceWrittenOff,
    PaymentAllocated,
    WriteOffReversed,
)
from engine.domain.money import ZERO, money


def positive(what: str, amount: Decimal, currency: str) -> Decimal:
    """The amount in the currency's decimals; raises AmountNotPositive, TooPrecise, UnknownCurrency."""
    exact = money(amount, currency)
    if exact <= ZERO:
        raise AmountNotPositive(what=what, amount=amount, currency=currency)
    return exact


def known_item(account: Account, item_id: str) -> Item:
    """The account's item of that number; raises ItemUnknown."""
    item = account.item(item_id)
    if item is None:
        raise ItemUnknown(account=account.number, item=item_id)
    return item


def open_item(account: Account, item_id: str) -> Item:
    """The account's item of that number, which must be open; raises ItemUnknown, ItemClosed."""
    item = known_item(account, item_id)
    if item.open == ZERO:
        raise ItemClosed(item=item_id, closed_on=item.closed_on)
    return item


def raise_invoice(
    account: Account,
    *,
    invoice: str,
    amount: Decimal,
    currency: str,
    issued_on: date,
    due_on: date,
    reference: str | None = None,
) -> list[Fact]:
    """Records an invoice, and sets against it money that was waiting for it by name."""
    amount = positive("an invoice", amount, currency)
    if known := account.item(invoice):
        _check_same_kind(known, "invoice")
        _same("invoice", known, amount, currency, issued_on, due_on)
        return []
    raised = InvoiceRaised(
        invoice=invoice, amount=amount, currency=currency, issued_on=issued_on, due_on=due_on,
        reference=reference,
    )  # fmt: skip
    return [raised, *_apply_waiting(account, invoice, amount, currency, issued_on)]


def _check_same_kind(known: Item, kind: str) -> None:
    """Invoices and charges of an account share their numbers: money names both in the same way."""
    if known.kind != kind:
        raise NumberTaken(
            id=known.id, kind="an invoice" if known.kind == "invoice" else f"a charge ({known.kind})"
        )


def _same(kind: str, item: Item, amount: Decimal, currency: str, issued_on: date, due_on: date) -> None:
    recorded = (item.raised_amount, item.currency, item.issued_on, item.raised_due_on)
    given = (amount, currency, issued_on, due_on)
    if recorded != given:
        raise DiffersFromRecorded(kind=kind, id=item.id, recorded=_owed(*recorded), given=_owed(*given))


def _owed(amount: Decimal, currency: str, issued_on: date, due_on: date) -> str:
    return f"{amount} {currency}, issued {issued_on}, due {due_on}"


def _apply_waiting(
    account: Account, item: str, amount: Decimal, currency: str, issued_on: date
) -> list[Fact]:
    """Payments and credits that named the invoice or charge before it existed."""
    if not account.unapplied.get(currency):
        return []
    facts: list[Fact] = []
    for receipt in (*account.receipts.values(), *account.credits.values()):
        if item not in receipt.designated or receipt.currency != currency:
            continue
        part = min(amount, receipt.unapplied)
        if part > ZERO:
            amount -= part
            facts.append(_applied(receipt, item, part, max(issued_on, receipt.received_on)))
    return facts


def _applied(receipt: Receipt, item: str, part: Decimal, on: date) -> Fact:
    parts, currency = (Allocation(item=item, amount=part, on=on),), receipt.currency
    if receipt.kind == "payment":
        return PaymentAllocated(payment=receipt.id, currency=currency, allocated_on=on, allocations=parts)
    return CreditAllocated(credit=receipt.id, currency=currency, allocated_on=on, allocations=parts)


def charge(
    account: Account,
    *,
    charge: str,
    amount: Decimal,
    currency: str,
    charged_on: date,
    due_on: date,
    kind: str = "fee",
    invoice: str | None = None,
    reason: str | None = None,
) -> list[Fact]:
    """Adds a fee or interest as an open item, and sets against it money that was waiting for it by name."""
    amount = positive("a charge", amount, currency)
    if known := account.item(charge):
        _check_same_kind(known, kind)
        _same("charge", known, amount, currency, charged_on, due_on)
        return []
    if invoice is not None:
        known_item(account, invoice)
    charged = InterestCharged if kind == "interest" else FeeCharged
    return [
        charged(
            charge=charge, amount=amount, currency=currency, charged_on=charged_on, due_on=due_on,
            invoice=invoice, reason=reason,
        ),
        *_apply_waiting(account, charge, amount, currency, charged_on),
    ]  # fmt: skip


def correct_invoice(
    account: Account,
    *,
    invoice: str,
    effective_on: date,
    amount: Decimal | None = None,
    due_on: date | None = None,
    reason: str | None = None,
) -> list[Fact]:
    """Changes the claim or its due date; what is then paid too much becomes unapplied, latest money first."""
    item = known_item(account, invoice)
    _check_invoice(item)
    _check_not_before(item, effective_on)
    new_amount = item.amount if amount is None else money(amount, item.currency)
    new_due = due_on or item.due_on
    if new_amount < ZERO:
        raise AmountNotPositive(what="a corrected invoice", amount=new_amount, currency=item.currency)
    if (new_amount, new_due) == (item.amount, item.due_on):
        raise NothingToCorrect(invoice=invoice, amount=item.amount, currency=item.currency, due_on=new_due)
    too_much = -(item.open + new_amount - item.amount)
    claimed_again = _claim_again(item, too_much, effective_on)
    return [*claimed_again, InvoiceCorrected(
        invoice=invoice, amount=new_amount, previous_amount=item.amount, due_on=new_due,
        previous_due_on=item.due_on, currency=item.currency, effective_on=effective_on, reason=reason,
        released=freed(account, item, too_much - item.written_off, effective_on),
    )]  # fmt: skip


def _check_invoice(item: Item) -> None:
    if item.kind != "invoice":
        raise NotAnInvoice(item=item.id)


def _check_not_before(item: Item, on: date) -> None:
    if on < item.issued_on:
        raise BeforeItsIssue(item=item.id, issued_on=item.issued_on, on=on)


def _claim_again(item: Item, too_much: Decimal, on: date) -> list[Fact]:
    """A lower claim leaves less to write off, before it leaves anything paid too much."""
    part = min(too_much, item.written_off)
    if part <= ZERO or item.written_off_on is None:
        return []
    return [WriteOffReversed(
        invoice=item.id, amount=part, currency=item.currency, reversed_on=max(on, item.written_off_on),
        reason="the invoice was corrected",
    )]  # fmt: skip


def waive_charge(
    account: Account,
    *,
    charge: str,
    waived_on: date,
    amount: Decimal | None = None,
    reason: str | None = None,
) -> list[Fact]:
    """Gives up what is open of a charge, or so much of it; raises NotACharge, ItemClosed, MoreThanOpen."""
    item = known_item(account, charge)
    if item.kind == "invoice":
        raise NotACharge(item=charge)
    open_item(account, charge)
    _check_not_before(item, waived_on)
    part = item.open if amount is None else positive("a waiver", amount, item.currency)
    if part > item.open:
        raise MoreThanOpen(item=charge, open=item.open, currency=item.currency, amount=part)
    return [ChargeWaived(
        charge=charge, amount=part, currency=item.currency, waived_on=waived_on, reason=reason
    )]  # fmt: skip


def write_off(
    account: Account, *, invoice: str, written_off_on: date, reason: str | None = None
) -> list[Fact]:
    """Gives up what is open of an invoice; raises NotAnInvoice, ItemClosed."""
    item = known_item(account, invoice)
    _check_invoice(item)
    open_item(account, invoice)
    _check_not_before(item, written_off_on)
    return [InvoiceWrittenOff(
        invoice=invoice, amount=item.open, currency=item.currency, written_off_on=written_off_on,
        reason=reason,
    )]  # fmt: skip


def reverse_write_off(
    account: Account, *, invoice: str, reversed_on: date, reason: str | None = None
) -> list[Fact]:
    """Claims again what was written off of an invoice; raises NotWrittenOff."""
    item = known_item(account, invoice)
    if item.written_off == ZERO or item.written_off_on is None:
        raise NotWrittenOff(invoice=invoice)
    if reversed_on < item.written_off_on:
        what = f"the write-off of '{invoice}'"
        raise EndsBeforeItBegins(what=what, end=reversed_on, start=item.written_off_on)
    return [WriteOffReversed(
        invoice=invoice, amount=item.written_off, currency=item.currency, reversed_on=reversed_on,
        reason=reason,
    )]  # fmt: skip
