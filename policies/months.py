"""Months: added to an anchor day and clipped to the end of the month, never chained from a clipped day."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta


def add_months(anchor: date, months: int) -> date:
    """The anchor's day so many months later, or the last day of that month where it has no such day.

    BGB §§ 188 (2)-(3): 31 January + 1 month is 28 or 29 February, + 2 months is 31 March.
    """
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    return date(year, month + 1, min(anchor.day, monthrange(year, month + 1)[1]))


def month_end(day: date) -> date:
    """The last day of the month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def monthly(first: date, count: int, every_months: int = 1, *, month_ends: bool = False) -> Sequence[date]:
    """So many days from `first` on, each worked out from it: its day of the month, or each month's last."""
    days = [add_months(first, every_months * number) for number in range(count)]
    return [month_end(day) for day in days] if month_ends else days


def weekly(first: date, count: int, every_weeks: int = 1) -> Sequence[date]:
    """So many days from `first` on, that many weeks apart."""
    return [first + timedelta(weeks=every_weeks * number) for number in range(count)]
