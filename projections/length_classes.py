"""Finding what holds a point among spans of many lengths, by one index: by classes of lengths.

Spans of up to 16 days that hold a day began at most 15 days before it, and so on for each power of two. So
each class has a stretch of the index, of which about half at least is what is looked for, and only spans that
are as long as the book is old are all looked at.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, and_

SHORTEST, LONGEST = 4, 13
"""As powers of two of days; what is longer than the last, or has no end, comes after."""
CLASSES = range(SHORTEST, LONGEST + 2)
_DAY = timedelta(1)


def class_of(length: timedelta) -> int:
    """The power of two of days that is as long at least."""
    days = -(-length // _DAY)
    return min(max(SHORTEST, (days - 1).bit_length()), LONGEST + 1)


def beginnings(
    classes: Column[int], first: Column[Any], point: date | datetime
) -> Iterator[ColumnElement[bool]]:
    """By class of lengths: whether a span begins where one that holds the point has to."""
    for power in range(SHORTEST, LONGEST + 1):
        yield and_(classes == power, first > _before(point, _DAY * 2**power), first <= point)
    yield and_(classes == LONGEST + 1, first <= point)


def _before(point: date | datetime, length: timedelta) -> date | datetime:
    """So long before the point, or at the beginning of time."""
    try:
        return point - length
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC) if isinstance(point, datetime) else date.min
