"""Local moments and the days of the ladder: pure date arithmetic."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from engine.domain.account import Days

ONE_DAY = timedelta(days=1)


def month_ends(first: date, last: date) -> list[date]:
    """The last day of each month from `first` on that lies before `last`, and `last` itself."""
    ends = []
    day = first
    while day < last:
        following = (day.replace(day=1) + timedelta(32)).replace(day=1)
        ends.append(min(following - ONE_DAY, last))
        day = following
    return ends if ends and ends[-1] == last else [*ends, last]


@lru_cache(maxsize=65536)
def local_moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The UTC moment at which it is that time of that day in the zone (the first one where a day has two)."""
    return datetime.combine(day, at, zone).astimezone(UTC)


def local_moment_after(day: date, at: time, zone: ZoneInfo, not_before: datetime) -> datetime:
    """The same; where a day has two such moments (clocks go back), the first of them not before that one."""
    first = local_moment(day, at, zone)
    if first >= not_before:
        return first
    return max(first, datetime.combine(day, at.replace(fold=1), zone).astimezone(UTC))


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The date in the zone at that moment."""
    return moment.astimezone(zone).date()


def next_at(moment: datetime, at: time, zone: ZoneInfo) -> datetime:
    """The first moment, not before the given one, at which it is that time of day in the zone."""
    day = local_day(moment, zone)
    today = local_moment(day, at, zone)
    return today if today >= moment else local_moment(day + ONE_DAY, at, zone)


def merged(breaks: Iterable[Days]) -> list[tuple[date, date]]:
    """The ended breaks as disjoint half-open intervals in order."""
    intervals: list[tuple[date, date]] = []
    for start, end in sorted((b.start, b.end) for b in breaks if b.end is not None):
        if intervals and start <= intervals[-1][1]:
            intervals[-1] = (intervals[-1][0], max(end, intervals[-1][1]))
        else:
            intervals.append((start, end))
    return intervals


def counted_days_later(start: date, days: int, breaks: Iterable[Days]) -> date:
    """The day on which so many days after `start` have counted; days within a break do not count.

    Only what overlaps the time after `start` is left out: a break before it changes nothing.
    """
    day = start + timedelta(days)
    for first, end in merged(breaks):
        first = max(first, start + ONE_DAY)
        if first <= day and end > first:
            day += end - first
    return day
