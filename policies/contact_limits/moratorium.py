"""The days of a statutory moratorium (in the United Kingdom: breathing space)."""

from datetime import date, timedelta

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
