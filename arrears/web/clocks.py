"""The two clocks of a page: as of which day, and as known when; by default today, and now."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from zoneinfo import ZoneInfo

from fastapi import HTTPException, Request

from arrears.access.web import book_of
from arrears.telling.sentences import clock
from arrears.web.pages import zone_of
from projections.clocks import end_of


@dataclass(frozen=True, slots=True)
class Clocks:
    """What a page is asked on (`as_known` None: as known now), and `typed` as it stands in the form."""

    as_of: date
    as_known: datetime | None
    zone: ZoneInfo
    typed: str

    @property
    def end(self) -> datetime:
        """The last moment of the day."""
        return end_of(self.as_of, self.zone)

    @property
    def known(self) -> str:
        """When it was known, in words."""
        return "now" if self.as_known is None else f"on {clock(self.as_known, self.zone)}"

    @property
    def sentence(self) -> str:
        """Both clocks, for people."""
        return f"As of {self.as_of} ({self.zone.key}), as known {self.known}."

    def note(self, backfilled: Iterable[bool]) -> str | None:
        """Says where an answer as known at a moment rests on backfilled history; None where it does not."""
        if self.as_known is None or not any(backfilled):
            return None
        return (
            "Some of this rests on backfilled history, which counts as known on its own business dates, "
            "whenever it was recorded here."
        )


def clocks_of(request: Request) -> Clocks:
    """What the query string says (`as_of`, `as_known`); raises HTTPException with a sentence."""
    zone = book_of(request).zone
    typed = request.query_params.get("as_known", "").strip()
    as_of = day_asked(request, "as_of") or book_of(request).today
    return Clocks(as_of, known_asked(request, "as_known"), zone, typed)


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
