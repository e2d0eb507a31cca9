"""Days and moments in the query string of a page: read in the book's zone, refused with a sentence."""

from collections.abc import Callable
from datetime import date, datetime, tzinfo

from fastapi import HTTPException, Request

from arrears.access.web import book_of
from arrears.web.pages import zone_of
from projections.clocks import end_of


def day_asked(request: Request, name: str) -> date | None:
    """The date in the query string under that name; None where there is none."""
    text = request.query_params.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise _unreadable(name, text, "a date such as 2026-03-31") from None


def known_asked(
    request: Request, name: str, of_day: Callable[[date, tzinfo], datetime] = end_of
) -> datetime | None:
    """The moment in the query string under that name; a date stands for the end (`of_day`) of that day in the
    book's zone, a time without a zone is the reader's."""
    text = request.query_params.get(name, "").strip()
    if not text:
        return None
    try:
        return of_day(date.fromisoformat(text), book_of(request).zone)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _unreadable(name, text, "a date or moment such as 2026-03-31 or 2026-03-31T12:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone_of(request))


def _unreadable(name: str, text: str, expected: str) -> HTTPException:
    return HTTPException(422, f"{name.replace('_', ' ')}: '{text}' is not {expected}.")
