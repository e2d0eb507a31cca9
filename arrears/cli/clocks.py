"""The options of the two clocks that every report is asked on, and the question that they make."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from arrears.cli.output import console, errors
from arrears.cli.session import Session, parse_date, parse_moment, session_of
from arrears.telling import asking
from projections.clocks import end_of

AsOf = Annotated[
    date | None,
    typer.Option(
        parser=parse_date, metavar="DATE", help="the state at the end of that day; by default today"
    ),
]
Since = Annotated[
    date | None,
    typer.Option("--from", parser=parse_date, metavar="DATE", help="the first day; by default all"),
]
AsKnown = Annotated[
    str | None,
    typer.Option(metavar="MOMENT", help="as it was known then (a date: at its end); by default as known now"),
]


@dataclass(frozen=True)
class Question(asking.Question):
    """A question to the book of a session, which has been brought up to the log."""

    session: Session

    def introduce(self) -> None:
        """Says on which clocks the answer is given; answers for programs have them among their fields."""
        if self.session.format != "json":
            say(self.session, f"As of {self.as_of} ({self.session.zone}), as known {self.known}.")


@contextmanager
def question(context: typer.Context, as_of: date | None, as_known: str | None) -> Iterator[Question]:
    """A question to the book of the session; raises NoSuchBook, BadParameter."""
    session = session_of(context)
    known = None if as_known is None else moment_of(as_known, session.zone)
    with session.book() as book:
        book.catch_up()
        yield Question(book, as_of or book.today, known, session)


def moment_of(text: str, zone: ZoneInfo) -> datetime:
    """The moment that the text states, or, where it states a date only, the end of that day in the zone."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return parse_moment(text).astimezone(zone)
    return end_of(day, zone)


def say(session: Session, *sentences: str | None) -> None:
    """Prints sentences beside a table; with CSV they go to standard error, so that the file stays clean."""
    screen = console() if session.format == "table" else errors()
    for sentence in filter(None, sentences):
        screen.print(sentence, markup=False, highlight=False, soft_wrap=True)
