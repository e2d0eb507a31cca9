"""Days and months as whole numbers, in which the figures are worked out: each account has many of them."""

from datetime import date
from functools import lru_cache


@lru_cache(maxsize=65_536)
def month_of(day: int) -> int:
    """The month, counted from the year 0, in which the day (an ordinal) lies."""
    on = date.fromordinal(day)
    return on.year * 12 + on.month - 1


@lru_cache(maxsize=16_384)
def first_of(month: int) -> int:
    """The first day of the month, an ordinal."""
    return date(month // 12, month % 12 + 1, 1).toordinal()


def end_of_month(month: int) -> int:
    """The last day of the month, an ordinal."""
    return first_of(month + 1) - 1


def last_ends(until: date, count: int) -> list[date]:
    """That day, and the ends of the months before, so many in all as time has, the last first."""
    month, first = month_of(until.toordinal()), month_of(date.min.toordinal())
    before = range(month - 1, max(month - count, first - 1), -1)
    return [until, *(date.fromordinal(end_of_month(one)) for one in before)]


def month_name(month: int) -> str:
    """The month as `2026-03`."""
    return f"{month // 12:04}-{month % 12 + 1:02}"


def month_named(name: str) -> int:
    """The month that `2026-03` names."""
    year, month = name.split("-")
    return int(year) * 12 + int(month) - 1
