"""The two clocks in the address of a report: as of which day, as known when; by default today, and now."""

from datetime import datetime

from fastapi import Request

from arrears.access.web import book_of
from arrears.telling.asking import Question
from arrears.telling.sentences import clock
from arrears.web.account_paths import address_of
from arrears.web.clocks import day_asked, known_asked
from arrears.web.pages import environment


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


environment.globals.update(account_address=address_of, in_words=in_words, in_words_known=known_in_words)
