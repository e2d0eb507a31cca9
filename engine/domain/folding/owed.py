"""What is owed: invoices, charges, corrections, write-offs."""

from datetime import date
from decimal import Decimal

from engine.domain.account import Account, Borne, Days, Item, Receipt
from engine.domain.facts import items
from engine.domain.facts.base import Release
from engine.domain.folding.promises import judge_again
from engine.domain.folding.registry import applies
from engine.domain.money import ZERO


def owe(account: Account, item: Item, amount: Decimal, on: date) -> None:
    """Moves the open amount of an item; closing it and opening it again keeps the days between."""
    _move(account, item, amount, on)
    _open_or_close(account, item, amount, on)


def _move(account: Account, item: Item, amount: Decimal, on: date) -> None:
    """Keeps since when so much more or less is owed; interest charged for later days may now be wrong."""
    item.moves.append((on, amount))
    bearing = item.id if item.kind == "invoice" else item.invoice or ""
    borne, fee = account.interest.get(bearing), account.compensated.get(bearing)
    if borne is not None and on < borne.until:
        unsettle(account, bearing)
    if fee is not None and on < item_of(account, fee).issued_on:
        account.to_settle.add(bearing)


def unsettle(account: Account, invoice: str) -> None:
    """Days for which the invoice was charged interest may come to something else now."""
    if borne := account.interest.get(invoice):
        borne.stale_at = account.last_known_at
        account.to_settle.add(invoice)


def _open_or_close(account: Account, item: Item, amount: Decimal, on: date) -> None:
    was_open = item.open
    item.open += amount
    if item.open == ZERO and was_open != ZERO:
        item.closed_on = on
        account.closed_items[item.id] = account.open_items.pop(item.id, item)
        if item.kind == "invoice" and on > item.due_on:
            account.to_settle.add(item.id)
    elif item.open != ZERO and item.closed_on is not None:
        item.breaks.append(Days(item.closed_on, max(on, item.closed_on)))
        item.closed_on = None
        item.known_at = account.last_known_at
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
    if fact.invoice is None:
        return
    if isinstance(fact, items.FeeCharged):
        if fact.debt is not None:
            account.compensated[fact.invoice] = fact.charge
    elif fact.after is not None and fact.until is not None:
        borne = _borne(account, fact.invoice, fact.charge, fact.amount)
        borne.periods[fact.until] = (fact.after, fact.amount)
        if borne.stale_at and (fact.because is None or fact.because.due_at >= borne.stale_at):
            borne.stale_at = None
        _settle(account, fact.invoice)


def _borne(account: Account, invoice: str, charge: str, amount: Decimal) -> Borne:
    borne = account.interest.setdefault(invoice, Borne())
    borne.charged += amount
    borne.charges.append(charge)
    return borne


def _settle(account: Account, invoice: str) -> None:
    """A closed invoice that has been charged up to the last day on which it was owed bears no more."""
    item, borne = item_of(account, invoice), account.interest[invoice]
    last = max(on for on, _ in item.moves)
    if item.closed_on is not None and last <= borne.until and borne.stale_at is None:
        account.to_settle.discard(invoice)


@applies(items.InterestAdjusted)
def _adjusted(account: Account, fact: items.InterestAdjusted) -> None:
    for part in fact.lowered:
        _lower(account, part, fact.adjusted_on)
    fee = account.item(account.compensated.get(fact.invoice, ""))
    if fee is not None and not fact.periods:
        del account.compensated[fact.invoice]
    if fact.amount > ZERO:
        _add_item(account, Item(
            id=fact.adjustment, kind="interest", currency=fact.currency, raised_amount=fact.amount,
            raised_due_on=fact.due_on, amount=fact.amount, open=fact.amount, issued_on=fact.adjusted_on,
            due_on=fact.due_on, invoice=fact.invoice, reason=fact.reason,
        ))  # fmt: skip
    if fact.periods:
        borne = _borne(account, fact.invoice, fact.adjustment, fact.amount)
        for period in fact.periods:
            borne.periods[period.until] = (period.after, period.comes_to)
        borne.stale_at = None
        _settle(account, fact.invoice)


def _lower(account: Account, part: items.LoweredCharge, on: date) -> None:
    """The claim gets less, and what had been paid beyond it is unapplied again, each from its own day."""
    item, delta = item_of(account, part.item), -part.amount
    item.amount -= part.amount
    add_to_balance(account, item.currency, -part.amount)
    for freed in part.released:
        delta += _free(account, item, freed, on)
    _open_or_close(account, item, delta, on)


def _free(account: Account, item: Item, part: Release, learnt_on: date) -> Decimal:
    """What was paid of an item with a receipt is unapplied again; returns how much that is."""
    receipt = account.receipt(part.receipt)
    assert receipt is not None
    release(item, receipt, part.amount)
    add_unapplied(account, receipt, part.amount)
    _move(account, item, part.amount, part.on)
    if receipt.designated or account.settlements:
        judge_again(account, receipt.currency, learnt_on, receipt.received_on, receipt.received_on)
    return part.amount


def _add_item(account: Account, item: Item) -> None:
    item.known_at = account.last_known_at
    item.moves.append((item.issued_on, item.amount))
    account.open_items[item.id] = item
    add_to_balance(account, item.currency, item.amount)


@applies(items.InvoiceCorrected)
def _corrected(account: Account, fact: items.InvoiceCorrected) -> None:
    item = item_of(account, fact.invoice)
    delta = fact.amount - fact.previous_amount
    item.amount = fact.amount
    item.due_on = fact.due_on
    add_to_balance(account, fact.currency, delta)
    _move(account, item, delta, fact.effective_on)
    if fact.due_on != fact.previous_due_on:
        unsettle(account, item.id)
    for part in fact.released:
        delta += _free(account, item, part, fact.effective_on)
    _open_or_close(account, item, delta, fact.effective_on)


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
        _give_up(account, fact.settlement, item, fact.amount)
    add_to_balance(account, fact.currency, -fact.amount)
    owe(account, item, -fact.amount, on)


def _give_up(account: Account, settlement: str | None, item: Item, amount: Decimal) -> None:
    """Keeps what a settlement has cost, item by item."""
    if known := account.settlements.get(settlement or ""):
        known.given_up[item.id] = known.given_up.get(item.id, ZERO) + amount


@applies(items.WriteOffReversed)
def _write_off_reversed(account: Account, fact: items.WriteOffReversed) -> None:
    item = item_of(account, fact.invoice)
    item.written_off -= fact.amount
    _give_up(account, fact.settlement, item, -fact.amount)
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
