"""Terms of payment such as "net 30 EOM", read from how people write them, and the due date that they give."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from policies.business_days import BusinessCalendar
from policies.months import add_months, month_end

EXPECTED = (
    "terms such as 'net 30', '30 days', 'net 2 months', 'net 10 business days', 'EOM', 'net 30 EOM' (30 days "
    "after the month's end), 'net 30 then EOM' (the end of the month that day 30 lies in), '15 MFI' or "
    "'15th prox' (the 15th of the month after), 'due on receipt'"
)


class UnknownTerms(ValueError):
    """Words that are no terms of payment we know."""

    def __init__(self, terms: str) -> None:
        self.terms = terms
        super().__init__(f"'{terms}' are no terms of payment: expected {EXPECTED}")


Due = Callable[[date, BusinessCalendar, int], date]


def _days(issued_on: date, _: BusinessCalendar, count: int) -> date:
    return issued_on + timedelta(count)


def _business_days(issued_on: date, calendar: BusinessCalendar, count: int) -> date:
    return calendar.add(issued_on, count)


def _months(issued_on: date, _: BusinessCalendar, count: int) -> date:
    return add_months(issued_on, count)


def _after_month_end(issued_on: date, _: BusinessCalendar, count: int) -> date:
    return month_end(issued_on) + timedelta(count)


def _then_month_end(issued_on: date, _: BusinessCalendar, count: int) -> date:
    return month_end(issued_on + timedelta(count))


def _day_of_next_month(issued_on: date, _: BusinessCalendar, day: int) -> date:
    last = month_end(add_months(issued_on, 1))
    return last.replace(day=min(day, last.day))


_EOM = r"(?:eom|end of (?:the )?month)"
_DISCOUNT = r"(?:\d+(?:\.\d+)?(?:%|/| %)\s*/?\s*\d+,?\s+)?"
"""A discount for early payment, `2/10` or `2% 10`: it moves no due date."""
_FORMS: list[tuple[str, Due]] = [
    (r"(?:due )?(?:up)?on receipt|immediate|immediately|cod", _days),
    (rf"{_DISCOUNT}net (?P<n>\d+)(?: days?)?|(?P<m>\d+) days?(?: net)?", _days),
    (r"(?:net )?(?P<n>\d+) (?:business|working) days?", _business_days),
    (r"(?:net )?(?P<n>\d+) months?", _months),
    (rf"(?:net )?{_EOM}(?:\s*\+\s*(?P<n>\d+)(?: days?)?)?", _after_month_end),
    (rf"{_DISCOUNT}(?:net )?(?P<n>\d+)(?: days?)?(?: after)? {_EOM}", _after_month_end),
    (rf"{_DISCOUNT}(?:net )?(?P<n>\d+)(?: days?)?,? then {_EOM}", _then_month_end),
    (
        r"(?P<n>\d+)(?:st|nd|rd|th)? (?:mfi|prox|proximo|of (?:the )?(?:next|following) month)",
        _day_of_next_month,
    ),
]


@dataclass(frozen=True, slots=True)
class PaymentTerms:
    """How the due date follows from the issue date."""

    words: str
    due: Due
    count: int

    def due_on(self, issued_on: date, calendar: BusinessCalendar) -> date:
        """The due date, rolled to a business day where the calendar says so."""
        return calendar.rolled(self.due(issued_on, calendar, self.count))


def payment_terms(words: str) -> PaymentTerms:
    """What the words say; raises UnknownTerms."""
    plain = re.sub(r"\s+", " ", words.strip().lower())
    for form, due in _FORMS:
        if match := re.fullmatch(form, plain):
            return PaymentTerms(words, due, _count(match, words, due))
    raise UnknownTerms(words)


def _count(match: re.Match[str], words: str, due: Due) -> int:
    numbers = [int(value) for value in match.groupdict().values() if value]
    count = numbers[0] if numbers else 0
    if count > 999 or (due is _day_of_next_month and not 1 <= count <= 31):
        raise UnknownTerms(words)
    return count
