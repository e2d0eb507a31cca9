"""The days of a statutory moratorium (in the United Kingdom: breathing space)."""

from datetime import date, timedelta
from decimal import Decimal

from policies.contact_limits.profile import Moratorium


def starts_on(rule: Moratorium, registered_on: date) -> date:
    """The first protected day of one entered on the register on that day."""
    return registered_on + timedelta(rule.starts_days_after_entry)


def ends_on(rule: Moratorium, registered_on: date) -> date:
    """The last protected day of a standard moratorium."""
    return starts_on(rule, registered_on) + timedelta(rule.days - 1)


def crisis_lasts_until(rule: Moratorium, treatment_ended_on: date) -> date:
    """The last day that is protected at least after a mental health crisis treatment ended."""
    return treatment_ended_on + timedelta(rule.crisis_extra_days)


def payable(
    rule: Moratorium, daily: Decimal, first: date, last: date, protected: tuple[date, date]
) -> Decimal:
    """Of daily interest from the one day to the other, both counted, what a moratorium leaves payable."""
    days = (last - first).days + 1
    if rule.suspends_charges:
        overlap = (min(last, protected[1]) - max(first, protected[0])).days + 1
        days -= max(overlap, 0)
    return daily * days
