"""Instalment plans: equal parts of a sum, on days worked out from the first one."""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import Literal

from engine.domain.money import money, unit
from policies.months import monthly, weekly

Every = Literal["week", "two-weeks", "month", "month-end", "quarter"]


def equal_parts(total: Decimal, count: int, currency: str) -> list[Decimal]:
    """The total in so many equal parts, the remainder in the last: 100 → 33.33, 33.33, 33.34."""
    part = (money(total, currency) / count).quantize(unit(currency), ROUND_DOWN)
    return [*[part] * (count - 1), money(total, currency) - part * (count - 1)]


def instalment_days(first: date, count: int, every: Every) -> Sequence[date]:
    """So many days, each worked out from the first: 31 January, 28 or 29 February, 31 March."""
    if every in ("week", "two-weeks"):
        return weekly(first, count, 1 if every == "week" else 2)
    months = 3 if every == "quarter" else 1
    return monthly(first, count, months, month_ends=every == "month-end")


def equal_instalments(
    total: Decimal, count: int, first: date, every: Every, currency: str
) -> list[tuple[date, Decimal]]:
    """Equal instalments as (day, amount)."""
    return list(zip(instalment_days(first, count, every), equal_parts(total, count, currency), strict=True))
