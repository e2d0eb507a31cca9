"""The two clocks in the address of a report: as of which day, as known when; by default today, and now."""

from datetime import date, datetime

from fastapi import HTTPException, Request

from arrears.access.web import book_of
from arrears.telling.asking import Question
from arrears.telling.sentences import clock
from arrears.web.account_paths import address_of
from arrears.web.pages import environment, zone_of
from projections.clocks import end_of


def clocks_of(request: Request) -> Question:
    """What the query string says (`as_of`, `as_known`) of the book, brought up to its log; raises
    HTTPException with a sentence."""
    book = book_of(request)
    asked = Question(book, day_asked(request, "as_of") or book.today, known_asked(request, "as_known"))
    book.catch_up()
    return asked


def in_words(asked: Question) -> str:
    """Both clocks, for people."""
    return f"As of {asked.as_of} ({asked.zone.key}), as known {asked.known}."


def known_in_words(asked: Question, at: datetime) -> str:
    """A moment of knowledge, for people."""
    return f"on {clock(at, asked.zone)}"


def day_asked(request: Request, name: str) -> date | None:
    """The date in the query string under that name; None where there is none."""
    text = request.query_params.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise _unreadable(name, text, "a date such as 2026-03-31") from None


def known_asked(request: Request, name: str) -> datetime | None:
    """The moment in the query string under that name; a date stands for the end of that day in the book's
    zone, a time without a zone is the reader's."""
    text = request.query_params.get(name, "").strip()
    if not text:
        return None
    try:
        return end_of(date.fromisoformat(text), book_of(request).zone)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _unreadable(name, text, "a date or moment such as 2026-03-31 or 2026-03-31T12:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone_of(request))


def _unreadable(name: str, text: str, expected: str) -> HTTPException:
    return HTTPException(422, f"{name.replace('_', ' ')}: '{text}' is not {expected}.")


environment.globals.update(account_address=address_of, in_words=in_words, in_words_known=known_in_words)
