"""Which invoices were paid in full on which day, and how long that took."""

from collections.abc import Container, Iterator, Sequence
from itertools import groupby
from typing import Protocol

from projections.figures.spans import Term, due_then

PAID = ("paid_count", "paid_days", "paid_minor", "paid_minor_days", "late_minor_days", "late_only_minor_days")
"""Of the invoices paid in full on a day: their number, the sum of their days from issue to payment, their
amounts, and the sums of amount times days to pay, days late, and days late where an early day counts as 0."""


class Move(Protocol):
    @property
    def document(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def amount_minor(self) -> int: ...
    @property
    def day(self) -> int: ...


def closings(
    moved: Sequence[Move], terms: Sequence[Term], payments: Container[str]
) -> Iterator[tuple[str, int, int]]:
    """Each measure with the day and what it gains: the invoice was paid in full; reopened, it is taken back.

    An invoice of which anything was written off, or that was not closed by a payment, is none that was paid.
    """
    issued = min(one.day for one in moved)
    balance = amount = written_off = 0
    counted: tuple[int, ...] = ()
    for day, movements in groupby(sorted(moved, key=_day), _day):
        today = list(movements)
        was_open = balance > 0 or any(one.kind == "invoice" for one in today)
        was_closed = balance <= 0
        for one in today:
            balance += one.amount_minor
            amount += one.amount_minor if one.kind in ("invoice", "correction") else 0
            written_off += one.amount_minor if one.kind in ("write_off", "write_off_reversal") else 0
        paid = any(one.kind == "allocation" and one.document in payments for one in today)
        if was_open and balance <= 0 and paid and not written_off and amount > 0:
            to_pay, late = day - issued, day - (due_then(terms, day) or issued)
            counted = (1, to_pay, amount, amount * to_pay, amount * late, amount * max(late, 0))
            yield from ((name, day, value) for name, value in zip(PAID, counted, strict=True))
        elif was_closed and balance > 0 and counted:
            yield from ((name, day, -value) for name, value in zip(PAID, counted, strict=True))
            counted = ()


def _day(one: Move) -> int:
    return one.day
