"""The two clocks of a report: up to which business date it counts, and as it was known when."""

from datetime import date, datetime, time, tzinfo

from sqlalchemy import ColumnElement, FromClause, true


def known(table: FromClause, as_known: datetime | None) -> ColumnElement[bool]:
    """Whether a row was known at that moment; None: whatever is known today."""
    return true() if as_known is None else table.c.known_at <= as_known


def start_of(day: date, zone: tzinfo) -> datetime:
    """The moment at which that day begins in that zone."""
    return datetime.combine(day, time.min, zone)


def end_of(day: date, zone: tzinfo) -> datetime:
    """The last moment of that day in that zone."""
    return datetime.combine(day, time.max, zone)
