"""How much interest a debt bears: over changing principal and rates, exact until it is rounded once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from engine.domain.money import exponent
from policies.interest.day_counts import DayCount, days_between, year_fraction

_HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days after `after`, `until` included, with one principal and one rate; `interest` is exact."""

    after: date
    until: date
    days: int
    principal: Decimal
    rate_percent: Decimal
    day_count: DayCount
    source: str
    interest: Fraction


def rounded(amount: Fraction, currency: str) -> Decimal:
    """The amount in the currency's decimals, halves away from zero (ROUND_HALF_UP)."""
    minor = abs(amount) * 10 ** exponent(currency)
    whole = Decimal(int(minor + _HALF)).scaleb(-exponent(currency))
    return whole if amount >= 0 else -whole


def simple(
    principal: Decimal | Fraction, rate_percent: Decimal, convention: DayCount, start: date, end: date
) -> Fraction:
    """Simple interest on a principal from the end of one day to the end of another, exact."""
    return Fraction(principal) * Fraction(rate_percent) / 100 * year_fraction(convention, start, end)


def stretch(
    anchor: date, after: date, until: date, principal: Decimal, rate_percent: Decimal,
    convention: DayCount, source: str, daily_currency: str | None = None,
) -> Stretch:  # fmt: skip
    """The interest of some days. Parts of a year are counted from `anchor`, where interest began, so that the
    parts of a period always make the whole, also by 30/360.

    With `daily_currency` a day's interest is rounded first, and counted by days (GOV.UK, late commercial
    payments).
    """
    days = days_between(convention, anchor, until) - days_between(convention, anchor, after)
    if daily_currency is None:
        part = year_fraction(convention, anchor, until) - year_fraction(convention, anchor, after)
        interest = Fraction(principal) * Fraction(rate_percent) / 100 * part
    else:
        interest = days * Fraction(daily(principal, rate_percent, convention, until, daily_currency))
    return Stretch(after, until, days, principal, rate_percent, convention, source, interest)


def daily(
    principal: Decimal, rate_percent: Decimal, convention: DayCount, on: date, currency: str
) -> Decimal:
    """One day's interest, rounded."""
    if convention == "ACT/ACT":
        part = year_fraction(convention, on - timedelta(1), on)
    else:
        part = Fraction(1, 365 if convention == "ACT/365F" else 360)
    return rounded(Fraction(principal) * Fraction(rate_percent) / 100 * part, currency)


def slices(principal: Decimal, bands: Sequence[tuple[Decimal, Decimal]]) -> list[tuple[Decimal, Decimal]]:
    """The parts of a principal that lie in each band, with the band's rate; bands are (from, rate)."""
    edges = [start for start, _ in bands] + [max(principal, bands[-1][0])]
    return [
        (min(principal, end) - start, rate)
        for (start, end), (_, rate) in zip(pairwise(edges), bands, strict=True)
        if principal > start
    ]


def fixed_sum(debt: Decimal, table: Sequence[tuple[Decimal, Decimal]]) -> Decimal:
    """The compensation for a debt of that size; the table is (debt from, sum), rising."""
    return next((amount for start, amount in reversed(table) if debt >= start), Decimal(0))
