"""Commands on what was paid: payments, credit notes, their allocation and reversal."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from engine.domain.account import Account, Item, Receipt
from engine.domain.allocation import OLDEST_FIRST, AllocationOrder, Debt, spread
from engine.domain.decisions.items import known_item, positive
from engine.domain.errors import (
    CurrencyDiffers,
    DiffersFromRecorded,
    EndsBeforeItBegins,
    MoreThanOpen,
    MoreThanUnapplied,
    NumberTaken,
    PaymentAlreadyReversed,
    PaymentUnknown,
    RefundedMoney,
    ReversedBeforeReceived,
)
from engine.domain.facts.base import Allocation, Fact
from engine.domain.facts.items import (
    CreditAllocated,
    CreditNoteIssued,
    InterestCharged,
    PaymentAllocated,
    PaymentReceived,
    PaymentRefunded,
    PaymentReversed,
)
from engine.domain.money import ZERO


def receive_payment(
    account: Account,
    *,
    payment: str,
    amount: Decimal,
    currency: str,
    received_on: date,
    designated: Sequence[str] = (),
    reference: str | None = None,
    order: AllocationOrder = OLDEST_FIRST,
    accrued: Sequence[InterestCharged] = (),
) -> list[Fact]:
    """Records money and allocates it, also to interest `accrued` that is being charged with it; the same
    payment given again is nothing new."""
    amount = positive("a payment", amount, currency)
    named = tuple(designated)
    if known := account.receipts.get(payment):
        _same("payment", known, amount, currency, received_on, named)
        return []
    _check_free(payment, account.credits.get(payment))
    return [PaymentReceived(
        payment=payment, amount=amount, currency=currency, received_on=received_on, designated=named,
        allocations=allocate(account, amount, currency, received_on, named, order, accrued),
        reference=reference,
    )]  # fmt: skip


def issue_credit_note(
    account: Account,
    *,
    credit: str,
    amount: Decimal,
    currency: str,
    issued_on: date,
    designated: Sequence[str] = (),
    reason: str | None = None,
    order: AllocationOrder = OLDEST_FIRST,
) -> list[Fact]:
    """Records a credit note and sets it against the items it names, disputed or not, else as a payment."""
    amount = positive("a credit note", amount, currency)
    named = tuple(designated)
    if known := account.credits.get(credit):
        _same("credit note", known, amount, currency, issued_on, named)
        return []
    _check_free(credit, account.receipts.get(credit))
    return [CreditNoteIssued(
        credit=credit, amount=amount, currency=currency, issued_on=issued_on, designated=named,
        allocations=allocate(account, amount, currency, issued_on, named, order), reason=reason,
    )]  # fmt: skip


def _check_free(number: str, other: Receipt | None) -> None:
    """Payments and credit notes of an account share their numbers: each is taken off items by its own."""
    if other is not None:
        raise NumberTaken(id=number, kind="a payment" if other.kind == "payment" else "a credit note")


def _same(
    kind: str, known: Receipt, amount: Decimal, currency: str, on: date, named: tuple[str, ...]
) -> None:
    recorded = (known.amount, known.currency, known.received_on, known.designated)
    if recorded != (amount, currency, on, named):
        given = _content(amount, currency, on, named)
        raise DiffersFromRecorded(kind=kind, id=known.id, recorded=_content(*recorded), given=given)


def _content(amount: Decimal, currency: str, on: date, named: tuple[str, ...]) -> str:
    return f"{amount} {currency} on {on}" + (f" for {', '.join(named)}" if named else "")


def allocate(
    account: Account,
    amount: Decimal,
    currency: str,
    on: date,
    designated: Sequence[str] = (),
    order: AllocationOrder = OLDEST_FIRST,
    accrued: Sequence[InterestCharged] = (),
) -> tuple[Allocation, ...]:
    """Shares an amount out: over the items the payer named, else over undisputed items in that order;
    interest that is being charged counts as open.

    What is left over stays unapplied. A part counts from `on`, or from the item's issue where that is
    later. Raises CurrencyDiffers where a named item is in another currency.
    """
    if designated:
        shared = _in_turn(amount, _named(account, currency, designated, order, accrued))
    else:
        shared = spread(amount, _debts(account, currency, accrued), order, currency, on)
    charged_on = {charge.charge: charge.charged_on for charge in accrued}
    return tuple(
        Allocation(
            item=item_id, amount=part, on=max(on, charged_on.get(item_id) or _issued_on(account, item_id))
        )
        for item_id, part in shared
    )


def _issued_on(account: Account, item_id: str) -> date:
    return known_item(account, item_id).issued_on


def _debts(account: Account, currency: str, accrued: Iterable[InterestCharged]) -> Iterable[Debt]:
    yield from (_debt(account, item) for item in account.open_items.values() if item.currency == currency)
    yield from (_accruing(account, charge) for charge in accrued)


def _in_turn(amount: Decimal, debts: Iterable[Debt]) -> list[tuple[str, Decimal]]:
    shared = []
    for debt in debts:
        part = min(amount, debt.open)
        if part > ZERO:
            shared.append((debt.id, part))
            amount -= part
    return shared


def _debt(account: Account, item: Item) -> Debt:
    whole = account.item(item.invoice or "") or item
    return Debt(
        id=item.id, open=item.undisputed, due_on=item.due_on, issued_on=item.issued_on, part=item.kind,
        of=whole.id, of_due_on=whole.due_on,
    )  # fmt: skip


def _accruing(account: Account, charge: InterestCharged) -> Debt:
    whole = known_item(account, charge.invoice or "")
    return Debt(
        id=charge.charge, open=charge.amount, due_on=charge.due_on, issued_on=charge.charged_on,
        part="interest", of=whole.id, of_due_on=whole.due_on, disputed=bool(whole.disputes),
    )  # fmt: skip


WITHIN_A_DEBT: dict[AllocationOrder, tuple[str, ...]] = {
    "costs-interest-principal": ("fee", "interest"),
    "us-rule": ("interest",),
}
"""What an order pays of a debt before its principal: who pays chooses the debt (BGB § 366(1)), not which part
of it is paid first (§ 367)."""


def _named(
    account: Account,
    currency: str,
    designated: Sequence[str],
    order: AllocationOrder,
    accrued: Sequence[InterestCharged],
) -> Iterable[Debt]:
    for item_id in dict.fromkeys(designated):
        if item := account.item(item_id):
            if item.currency != currency:
                raise CurrencyDiffers(item=item_id, item_currency=item.currency, currency=currency)
            for part in WITHIN_A_DEBT.get(order, ()) if item.kind == "invoice" else ():
                debts = _debts(account, currency, accrued)
                yield from _charges_of(item_id, part, designated, debts)
            yield replace(_debt(account, item), open=item.open)


def _charges_of(invoice: str, part: str, designated: Sequence[str], debts: Iterable[Debt]) -> list[Debt]:
    """The open charges of that kind that come from the invoice, but for those that are named themselves."""
    found = (d for d in debts if d.of == invoice and d.part == part and d.id not in designated)
    return sorted(found, key=lambda debt: (debt.due_on, debt.issued_on, debt.id))


def allocate_unapplied(
    account: Account,
    *,
    receipt: str,
    allocated_on: date,
    item: str | None = None,
    amount: Decimal | None = None,
    order: AllocationOrder = OLDEST_FIRST,
) -> list[Fact]:
    """Sets unapplied money of a payment or credit note against one item, or by the usual order."""
    money_in = _known_receipt(account, receipt)
    currency = money_in.currency
    part = money_in.unapplied if amount is None else positive("an allocation", amount, currency)
    if part > money_in.unapplied:
        raise MoreThanUnapplied(payment=receipt, unapplied=money_in.unapplied, currency=currency, amount=part)
    if item is not None and amount is not None and part > (open_of := known_item(account, item).open):
        raise MoreThanOpen(item=item, open=open_of, currency=currency, amount=part)
    on = max(allocated_on, money_in.received_on)
    if item is not None:
        known_item(account, item)
    shared = allocate(account, part, currency, on, [item] if item else (), order)
    if not shared:
        return []
    if money_in.kind == "credit":
        return [CreditAllocated(credit=receipt, currency=currency, allocated_on=on, allocations=shared)]
    return [PaymentAllocated(payment=receipt, currency=currency, allocated_on=on, allocations=shared)]


def _known_receipt(account: Account, receipt_id: str) -> Receipt:
    receipt = account.receipt(receipt_id)
    if receipt is None:
        raise PaymentUnknown(account=account.number, payment=receipt_id)
    return receipt


def _known_payment(account: Account, payment: str) -> Receipt:
    receipt = account.receipts.get(payment)
    if receipt is None:
        raise PaymentUnknown(account=account.number, payment=payment)
    return receipt


def reverse_payment(
    account: Account, *, payment: str, reversed_on: date, reason: str | None = None
) -> list[Fact]:
    """Takes back what was not refunded of a payment and reopens exactly what it closed; reversed the same day
    it is nothing new."""
    receipt = _known_payment(account, payment)
    if receipt.reversed_on == reversed_on:
        return []
    if receipt.reversed_on is not None:
        raise PaymentAlreadyReversed(payment=payment, reversed_on=receipt.reversed_on)
    if reversed_on < receipt.received_on:
        raise ReversedBeforeReceived(
            payment=payment, reversed_on=reversed_on, received_on=receipt.received_on
        )
    if receipt.refunded == receipt.amount:
        raise RefundedMoney(payment=payment, refunded=receipt.refunded, currency=receipt.currency)
    reopened = tuple(
        Allocation(item=item, amount=part, on=max(reversed_on, receipt.allocated_on[item]))
        for item, part in receipt.allocated.items()
        if part > ZERO
    )
    return [PaymentReversed(
        payment=payment, amount=receipt.amount - receipt.refunded, currency=receipt.currency,
        reversed_on=reversed_on,
        reopened=reopened, unapplied=receipt.unapplied, reason=reason,
    )]  # fmt: skip


def refund_payment(
    account: Account, *, payment: str, amount: Decimal | None, refunded_on: date
) -> list[Fact]:
    """Gives unapplied money of a payment back; raises MoreThanUnapplied."""
    receipt = _known_payment(account, payment)
    if refunded_on < receipt.received_on:
        raise EndsBeforeItBegins(what=f"payment '{payment}'", end=refunded_on, start=receipt.received_on)
    part = receipt.unapplied if amount is None else positive("a refund", amount, receipt.currency)
    if part > receipt.unapplied or part == ZERO:
        raise MoreThanUnapplied(
            payment=payment, unapplied=receipt.unapplied, currency=receipt.currency, amount=part
        )
    return [PaymentRefunded(
        payment=payment, amount=part, currency=receipt.currency, refunded_on=refunded_on
    )]  # fmt: skip
