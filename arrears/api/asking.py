"""How queries are asked: on two clocks, of tables that are read as they are, and never in a writer's way.

A query takes no lock that a writer needs and waits for none: it writes nothing before it answers. Whoever
records something brings the tables up to it; where somebody left that undone it is done after an answer.
"""

import logging
from datetime import date, datetime
from threading import Lock
from typing import Annotated, Any

from fastapi import BackgroundTasks, Depends, Query, Request
from pydantic import BeforeValidator, TypeAdapter, ValidationError, WithJsonSchema
from sqlalchemy.exc import DatabaseError

from arrears.access.web import book_of
from arrears.commands.base import At
from arrears.delivery import outbox
from arrears.imports.cells import ISO, Expected, read_date
from arrears.telling.asking import Question
from arrears.wiring import Book
from projections.clocks import end_of

log = logging.getLogger("arrears.api")


def _day(value: Any) -> Any:
    if not isinstance(value, str) or len(value) != len("2026-03-31"):
        raise Expected("a date such as 2026-03-31")
    return read_date(value, (ISO,))


def _known(value: Any) -> Any:
    try:
        return _day(value)
    except Expected:
        pass
    try:
        return _AT.validate_python(value)
    except ValidationError:
        raise Expected("a date, or a moment such as 2026-03-31T09:00Z") from None


_AT: TypeAdapter[datetime] = TypeAdapter(At)
_FORMATS = [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]


Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
"""A date from 1900 to 2200."""

Known = Annotated[
    date | datetime,
    BeforeValidator(_known),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]}
    ),
]
"""A moment, or a date, which stands for its end."""

AsOf = Annotated[
    Day | None,
    Query(description="the state at the end of that day; by default today", examples=["2026-03-31"]),
]
AsKnown = Annotated[
    Known | None,
    Query(description="as it was known then (a date: at its end); by default as known now"),
]

Since = Annotated[Day | None, Query(alias="from", description="by default 30 days before the last")]
Until = Annotated[Day | None, Query(alias="to", description="the last day; by default that of as_of")]


def moment(known: date | datetime | None, book: Book) -> datetime | None:
    """The moment that stands for a date, or is given, in the book's zone."""
    if known is None or isinstance(known, datetime):
        return known and known.astimezone(book.zone)
    return end_of(known, book.zone)


class Follower:
    """Brings the tables up to the log, one call at a time; others do not wait for it."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._lock = Lock()

    def __call__(self) -> None:
        if not self._lock.acquire(blocking=False):
            return
        try:
            self._book.catch_up()
            outbox.catch_up(self._book.database, self._book.store.read)
        except DatabaseError as fault:
            log.warning("the tables are not up with the log: %s", type(fault).__name__)
        finally:
            self._lock.release()


def asked_book(request: Request, tasks: BackgroundTasks) -> Book:
    """The book, to be asked: what was erased meanwhile is forgotten."""
    book = book_of(request)
    if book.store.cipher is not None:
        book.store.cipher.refresh()
    tasks.add_task(request.app.state.follower)
    return book


AskedBook = Annotated[Book, Depends(asked_book)]


def question(book: AskedBook, as_of: AsOf = None, as_known: AsKnown = None) -> Question:
    """The question that the two clocks make."""
    return Question(book, as_of or book.today, moment(as_known, book))


Asked = Annotated[Question, Depends(question)]
