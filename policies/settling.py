"""What follows from a settlement that was judged: the rest of the claim is given up, or claimed again."""

from collections.abc import Iterator
from datetime import datetime

from engine.domain.account import Item, Promise
from engine.domain.facts.base import Because, Fact
from engine.domain.facts.items import InvoiceWrittenOff, WriteOffReversed
from engine.domain.money import ZERO
from policies.because import because, by, decision_id
from policies.calendar import local_day
from policies.view import View

STEP = "promise"


def given_up(view: View, settlement: Promise, due_at: datetime) -> Iterator[Fact]:
    """Kept: what is left of the claim is written off, and no more than was agreed to be given up."""
    left = (settlement.discount or ZERO) - sum(settlement.given_up.values(), ZERO)
    for item in _items(view, settlement):
        part = min(item.open, left)
        if part > ZERO:
            left -= part
            yield InvoiceWrittenOff(
                invoice=item.id, amount=part, currency=item.currency,
                written_off_on=max(local_day(due_at, view.zone), item.issued_on), settlement=settlement.id,
                by=by(view), because=_why(view, settlement, item, due_at),
            )  # fmt: skip


def claimed_again(view: View, settlement: Promise, due_at: datetime) -> Iterator[Fact]:
    """Not kept after all: what had been written off for it is owed again."""
    for item in _items(view, settlement):
        part = min(settlement.given_up.get(item.id, ZERO), item.written_off)
        if part > ZERO:
            on = local_day(due_at, view.zone)
            yield WriteOffReversed(
                invoice=item.id, amount=part, currency=item.currency,
                reversed_on=max(on, item.written_off_on or on), settlement=settlement.id, by=by(view),
                because=_why(view, settlement, item, due_at),
            )  # fmt: skip


def _items(view: View, settlement: Promise) -> list[Item]:
    return [item for name in settlement.items if (item := view.account.item(name)) is not None]


def _why(view: View, settlement: Promise, item: Item, due_at: datetime) -> Because:
    figures = {
        "settlement": settlement.id,
        "agreed": f"{settlement.amount} {settlement.currency} by {settlement.promised_on}",
        "given up where it is kept": f"{settlement.discount} {settlement.currency}",
        "open": f"{item.open} {item.currency}",
    }
    decision = decision_id(view, STEP, [item.id], due_at, settlement.id, "settled", str(item.open))
    return because(view, STEP, due_at, decision, figures)
