"""Day counts: how many days, and what part of a year, lie between two dates.

A period runs from the end of `start` to the end of `end`: the first day does not count, the last one does. So
interest runs from the day after the due date, and the day on which the money comes still bears it (Late
Payment of Commercial Debts (Interest) Act 1998, s. 4(2); Directive 2011/7/EU, art. 3(1)).

Sources: ACT/365F, ACT/ACT, 30E/360: ISDA 2006 Definitions, 4.16(d), (b), (g); 30/360: the SIA's US rule, with
its ends of February.
"""

from calendar import isleap, monthrange
from datetime import date
from fractions import Fraction
from typing import Literal

DayCount = Literal["ACT/365F", "ACT/ACT", "30/360", "30E/360"]

_FEBRUARY = 2


def days_between(convention: DayCount, start: date, end: date) -> int:
    """The days from the end of `start` to the end of `end`, as the convention counts them."""
    if convention == "30/360":
        return _days_30_us(start, end)
    if convention == "30E/360":
        return _days_30(start, min(start.day, 30), end, min(end.day, 30))
    return (end - start).days


def year_fraction(convention: DayCount, start: date, end: date) -> Fraction:
    """The part of a year between two dates."""
    if convention == "ACT/ACT":
        return _actual_actual(start, end)
    basis = 365 if convention == "ACT/365F" else 360
    return Fraction(days_between(convention, start, end), basis)


def _days_30(start: date, start_day: int, end: date, end_day: int) -> int:
    return 360 * (end.year - start.year) + 30 * (end.month - start.month) + end_day - start_day


def _days_30_us(start: date, end: date) -> int:
    start_day, end_day = start.day, end.day
    if _ends_february(start):
        end_day = 30 if _ends_february(end) else end_day
        start_day = 30
    if end_day > 30 and start_day >= 30:
        end_day = 30
    return _days_30(start, min(start_day, 30), end, end_day)


def _ends_february(day: date) -> bool:
    return day.month == _FEBRUARY and day.day == monthrange(day.year, _FEBRUARY)[1]


def _actual_actual(start: date, end: date) -> Fraction:
    """Days of leap years by 366, the others by 365; a day belongs to the year in which it lies."""
    if start.year == end.year:
        return Fraction((end - start).days, _days_in(start.year))
    first = Fraction((date(start.year, 12, 31) - start).days, _days_in(start.year))
    last = Fraction((end - date(end.year - 1, 12, 31)).days, _days_in(end.year))
    return first + (end.year - start.year - 1) + last


def _days_in(year: int) -> int:
    return 366 if isleap(year) else 365
