"""Rules on the time of day, weekdays and holidays; the time must suit wherever the debtor may be.

Limits know the time to the second: what is allowed after 08:00 is first allowed at 08:00:01.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from engine.domain.wishes import Inconvenient
from policies.business_days import is_holiday
from policies.calendar import ONE_DAY, local_moment_after
from policies.contact_limits.case import Breach, Case, breach
from policies.contact_limits.profile import WEEKDAYS, Hours, Profile

SECOND = timedelta(seconds=1)


def time_breaches(profile: Profile, case: Case) -> Iterator[Breach]:
    """Each rule on the time of the contact that it breaks, in each zone."""
    if not case.zone_is_known and profile.unknown_zone and _limits(profile.unknown_zone.channels, case):
        yield breach(profile.unknown_zone, "the debtor's time zone is not known")
    for zone in case.zones:
        for hours in profile.hours:
            if _limits(hours.channels, case):
                yield from _outside(hours, case, zone)
        if profile.inconvenient and _limits(profile.inconvenient.channels, case):
            for span in case.standing.inconvenient:
                if (end := _until(span, case.at, zone)) is not None:
                    said = f"the debtor asked not to be contacted from {span.start:%H:%M} to {span.end:%H:%M}"
                    yield breach(profile.inconvenient, said, end, [_local(case.at, zone)])


def _limits(channels: tuple[str, ...], case: Case) -> bool:
    return case.proposal.channel in channels


def _outside(hours: Hours, case: Case, zone: ZoneInfo) -> Iterator[Breach]:
    local = case.at.astimezone(zone)
    day, now = local.date(), local.time().replace(microsecond=0)
    reason = _no_contact_on(hours, day, case.country, case.region)
    if reason is None and hours.after < now < hours.before:
        return
    if reason is not None or now >= hours.before:
        day += ONE_DAY
    while _no_contact_on(hours, day, case.country, case.region) is not None:
        day += ONE_DAY
    why = reason or f"it is not after {hours.after:%H:%M} and before {hours.before:%H:%M} for the debtor"
    opens = local_moment_after(day, hours.after, zone, case.at)
    yield breach(hours, why, opens + SECOND, [_local(case.at, zone)])


def _no_contact_on(hours: Hours, day: date, country: str | None, region: str | None) -> str | None:
    """Why there is no contact on that day at all."""
    if WEEKDAYS[day.weekday()] not in hours.weekdays:
        return f"{day} is a {day:%A}"
    if day in hours.extra_holidays or (hours.holidays and country and is_holiday(day, country, region)):
        return f"{day} is a public holiday"
    return None


def _until(span: Inconvenient, at: datetime, zone: ZoneInfo) -> datetime | None:
    """When the inconvenient hours are over in which the moment lies; None where it lies in none.

    Hours that end before they begin run over midnight, and belong to the weekday on which they begin.
    """
    clock = at.astimezone(zone).replace(tzinfo=None)
    begun = clock.date() if clock.time() >= span.start else clock.date() - ONE_DAY
    last = begun if span.start < span.end else begun + ONE_DAY
    if begun.weekday() not in span.weekdays or clock >= datetime.combine(last, span.end):
        return None
    return local_moment_after(last, span.end, zone, at)


def _local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M} {zone.key}"


def local_times(case: Case) -> list[str]:
    """What the clock shows at the moment of the contact, in each zone."""
    return [f"{case.at.astimezone(zone):%H:%M}" for zone in case.zones]
