"""What is owed: invoices, charges, corrections, write-offs."""

from datetime import date
from decimal import Decimal

from engine.domain.account import Account, Days, Item, Receipt
from engine.domain.facts import items
from engine.domain.folding.promises import judge_again
from engine.domain.folding.registry import applies
from engine.domain.money import ZERO


def owe(account: Account, item: Item, amount: Decimal, on: date) -> None:
    """Moves the open amount of an item; closing it and opening it again keeps the days between."""
    was_open = item.open
    item.open += amount
    if item.open == ZERO and was_open != ZERO:
        item.closed_on = on
        account.closed_items[item.id] = account.open_items.pop(item.id, item)
    elif item.open != ZERO and item.closed_on is not None:
        item.breaks.append(Days(item.closed_on, max(on, item.closed_on)))
        item.closed_on = None
        account.open_items[item.id] = account.closed_items.pop(item.id, item)
    if item.disputes:
        note_covered(item, on)


def note_covered(item: Item, on: date) -> None:
    """Keeps the days on which only disputed parts are open: they count as a dispute of the whole does."""
    in_parts = bool(item.disputes) and None not in item.disputes.values()
    covered = in_parts and item.open > ZERO and item.undisputed == ZERO
    if covered and item.covered_from is None:
        item.covered_from = on
    elif not covered and item.covered_from is not None:
        item.breaks.append(Days(item.covered_from, max(on, item.covered_from)))
        item.covered_from = None


def add_to_balance(account: Account, currency: str, amount: Decimal) -> None:
    """Moves what the account owes in a currency."""
    account.balance[currency] = account.balance.get(currency, ZERO) + amount


def add_unapplied(account: Account, receipt: Receipt, amount: Decimal) -> None:
    """Moves the unapplied money of a receipt and of its account."""
    receipt.unapplied += amount
    account.unapplied[receipt.currency] = account.unapplied.get(receipt.currency, ZERO) + amount


@applies(items.InvoiceRaised)
def _raised(account: Account, fact: items.InvoiceRaised) -> None:
    _add_item(account, Item(
        id=fact.invoice, kind="invoice", currency=fact.currency, raised_amount=fact.amount,
        raised_due_on=fact.due_on, amount=fact.amount, open=fact.amount, issued_on=fact.issued_on,
        due_on=fact.due_on,
    ))  # fmt: skip


@applies(items.FeeCharged, items.InterestCharged)
def _charged(account: Account, fact: items.FeeCharged | items.InterestCharged) -> None:
    _add_item(account, Item(
        id=fact.charge, kind="fee" if isinstance(fact, items.FeeCharged) else "interest",
        currency=fact.currency, raised_amount=fact.amount, raised_due_on=fact.due_on, amount=fact.amount,
        open=fact.amount, issued_on=fact.charged_on, due_on=fact.due_on, invoice=fact.invoice,
        reason=fact.reason,
    ))  # fmt: skip


def _add_item(account: Account, item: Item) -> None:
    account.open_items[item.id] = item
    add_to_balance(account, item.currency, item.amount)


@applies(items.InvoiceCorrected)
def _corrected(account: Account, fact: items.InvoiceCorrected) -> None:
    item = item_of(account, fact.invoice)
    delta = fact.amount - fact.previous_amount
    item.amount = fact.amount
    item.due_on = fact.due_on
    add_to_balance(account, fact.currency, delta)
    for part in fact.released:
        receipt = account.receipt(part.receipt)
        assert receipt is not None
        release(item, receipt, part.amount)
        add_unapplied(account, receipt, part.amount)
        if receipt.designated:
            on = receipt.received_on
            judge_again(account, receipt.currency, fact.effective_on, on, on)
        delta += part.amount
    owe(account, item, delta, fact.effective_on)


def release(item: Item, receipt: Receipt, amount: Decimal) -> None:
    """Takes part of a receipt off the item it had paid."""
    receipt.allocated[item.id] -= amount
    item.paid_by[receipt.id] -= amount


@applies(items.ChargeWaived, items.InvoiceWrittenOff)
def _given_up(account: Account, fact: items.ChargeWaived | items.InvoiceWrittenOff) -> None:
    if isinstance(fact, items.ChargeWaived):
        item, on = item_of(account, fact.charge), fact.waived_on
        item.waived += fact.amount
    else:
        item, on = item_of(account, fact.invoice), fact.written_off_on
        item.written_off += fact.amount
        item.written_off_on = on
    add_to_balance(account, fact.currency, -fact.amount)
    owe(account, item, -fact.amount, on)


@applies(items.WriteOffReversed)
def _write_off_reversed(account: Account, fact: items.WriteOffReversed) -> None:
    item = item_of(account, fact.invoice)
    item.written_off -= fact.amount
    add_to_balance(account, fact.currency, fact.amount)
    reopen(account, item, fact.amount, fact.reversed_on)


def reopen(account: Account, item: Item, amount: Decimal, on: date) -> None:
    """A closed item that is owed again starts a new cycle of the ladder."""
    if item.closed_on is not None:
        item.cycle += 1
        item.cycle_from = on
        item.entry_step = None
        item.fired = {}
        item.called_off = {}
    owe(account, item, amount, on)


def item_of(account: Account, item_id: str) -> Item:
    """The item of that number, which an earlier fact must have raised."""
    item = account.item(item_id)
    assert item is not None, f"no fact can name the item {item_id} before it was raised"
    return item
