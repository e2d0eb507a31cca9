"""All rules of the profiles that hold, asked at once; and the first moment at which all of them allow it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from policies.contact_limits.case import Breach, Case
from policies.contact_limits.counting import count_breaches
from policies.contact_limits.hours import time_breaches
from policies.contact_limits.profile import Profile
from policies.contact_limits.stops import stop_breaches

HORIZON = timedelta(days=400)
"""What is not allowed within so long is not allowed until something changes."""


def breaches(profiles: Sequence[Profile], case: Case) -> list[Breach]:
    """Every rule that the contact would break, once each with the latest moment it names."""
    found: dict[str, Breach] = {}
    for profile in profiles:
        for one in (
            *stop_breaches(profile, case),
            *count_breaches(profile, case),
            *time_breaches(profile, case),
        ):
            known = found.get(one.rule)
            found[one.rule] = one if known is None else max(known, one, key=_lasts)
    return sorted(found.values(), key=_lasts, reverse=True)


def _lasts(one: Breach) -> tuple[bool, float]:
    first = one.first_allowed_at
    return (first is None, first.timestamp() if first else 0.0)


def first_allowed(profiles: Sequence[Profile], case: Case) -> datetime | None:
    """The first moment, not before the contact's own, at which no rule forbids it; None: not of itself."""
    horizon = case.at + HORIZON
    while case.at < horizon:
        found = breaches(profiles, case)
        if not found:
            return case.at
        if found[0].first_allowed_at is None:
            return None
        case = case.later(found[0].first_allowed_at)
    return None
