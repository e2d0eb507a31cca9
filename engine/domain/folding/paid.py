"""What was paid: payments and credit notes, their allocation and reversal."""

from datetime import date
from decimal import Decimal

from engine.domain.account import Account, Item, Receipt
from engine.domain.facts import items
from engine.domain.facts.base import Allocation
from engine.domain.folding.contacts import responded
from engine.domain.folding.owed import add_to_balance, add_unapplied, item_of, owe, release, reopen
from engine.domain.folding.promises import judge_again
from engine.domain.folding.registry import applies
from engine.domain.money import ZERO


@applies(items.PaymentReceived)
def _paid(account: Account, fact: items.PaymentReceived) -> None:
    receipt = Receipt(
        id=fact.payment, kind="payment", currency=fact.currency, amount=fact.amount,
        received_on=fact.received_on, designated=fact.designated, unapplied=ZERO,
    )  # fmt: skip
    account.receipts[fact.payment] = receipt
    _receive(account, receipt, fact.allocations)
    responded(account, fact.received_on, fact.designated)
    _judge_again(account, receipt, fact.received_on)


def _judge_again(account: Account, receipt: Receipt, on: date) -> None:
    judge_again(account, receipt.currency, on, receipt.received_on, receipt.received_on)


@applies(items.CreditNoteIssued)
def _credited(account: Account, fact: items.CreditNoteIssued) -> None:
    receipt = Receipt(
        id=fact.credit, kind="credit", currency=fact.currency, amount=fact.amount,
        received_on=fact.issued_on, designated=fact.designated, unapplied=ZERO,
    )  # fmt: skip
    account.credits[fact.credit] = receipt
    _receive(account, receipt, fact.allocations)


def _receive(account: Account, receipt: Receipt, allocations: tuple[Allocation, ...]) -> None:
    add_to_balance(account, receipt.currency, -receipt.amount)
    add_unapplied(account, receipt, receipt.amount)
    _allocate(account, receipt, allocations)


def _allocate(account: Account, receipt: Receipt, allocations: tuple[Allocation, ...]) -> None:
    for allocation in allocations:
        item = item_of(account, allocation.item)
        receipt.allocated[item.id] = receipt.allocated.get(item.id, ZERO) + allocation.amount
        receipt.allocated_on[item.id] = allocation.on
        item.paid_by[receipt.id] = item.paid_by.get(receipt.id, ZERO) + allocation.amount
        add_unapplied(account, receipt, -allocation.amount)
        if receipt.kind == "credit" and item.id in receipt.designated:
            _credit_disputed(item, allocation.amount)
        owe(account, item, -allocation.amount, allocation.on)


def _credit_disputed(item: Item, amount: Decimal) -> None:
    """A credit note for the item is for its disputed parts first, as money is for the rest of it first."""
    for dispute, part in item.disputes.items():
        if part is not None:
            settled = min(part, amount)
            item.disputes[dispute] = part - settled
            amount -= settled


@applies(items.PaymentAllocated)
def _payment_allocated(account: Account, fact: items.PaymentAllocated) -> None:
    receipt = account.receipts[fact.payment]
    _allocate(account, receipt, fact.allocations)
    if receipt.designated or account.settlements:
        _judge_again(account, receipt, fact.allocated_on)


@applies(items.CreditAllocated)
def _credit_allocated(account: Account, fact: items.CreditAllocated) -> None:
    _allocate(account, account.credits[fact.credit], fact.allocations)


@applies(items.PaymentReversed)
def _reversed(account: Account, fact: items.PaymentReversed) -> None:
    receipt = account.receipts[fact.payment]
    receipt.reversed_on = fact.reversed_on
    add_to_balance(account, fact.currency, fact.amount)
    add_unapplied(account, receipt, -fact.unapplied)
    for reopened in fact.reopened:
        item = item_of(account, reopened.item)
        release(item, receipt, reopened.amount)
        reopen(account, item, reopened.amount, reopened.on)
    _judge_again(account, receipt, fact.reversed_on)


@applies(items.PaymentRefunded)
def _refunded(account: Account, fact: items.PaymentRefunded) -> None:
    receipt = account.receipts[fact.payment]
    receipt.refunded += fact.amount
    add_unapplied(account, receipt, -fact.amount)
    add_to_balance(account, fact.currency, fact.amount)
    _judge_again(account, receipt, fact.refunded_on)
