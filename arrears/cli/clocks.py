"""The two clocks that every report is asked on: as of which day, and as known when.

As of a day is the state at its end in the book's time zone, by business dates: what happened, or is dated,
later does not count. As known at a moment only what was known by then counts, to the microsecond; a date
stands for the last moment of that day in the book's zone.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from arrears.cli.output import console, errors
from arrears.cli.session import Session, parse_date, parse_moment, session_of
from arrears.telling.sentences import clock
from arrears.wiring import Book
from engine.application import POLICIES
from engine.domain.errors import RuleBroken
from engine.domain.facts.base import Fact
from policies.book import PolicyBook, fold_policies
from projections.clocks import end_of

AsOf = Annotated[
    date | None,
    typer.Option(
        parser=parse_date, metavar="DATE", help="the state at the end of that day; by default today"
    ),
]
AsKnown = Annotated[
    str | None,
    typer.Option(metavar="MOMENT", help="as it was known then (a date: at its end); by default as known now"),
]


class AccountNotKnownThen(RuleBroken):
    sentence = "nothing was known of account '{account}' {as_known}"


@dataclass(frozen=True)
class Question:
    """The open book, brought up to the log, and the two clocks that it is asked on (None: as known now)."""

    session: Session
    book: Book
    as_of: date
    as_known: datetime | None

    @property
    def clocks(self) -> dict[str, Any]:
        """Both clocks, for programs."""
        return {"as_of": self.as_of, "as_known": self.as_known}

    @property
    def end(self) -> datetime:
        """The last moment of the day that it is asked as of."""
        return end_of(self.as_of, self.session.zone)

    @cached_property
    def policies(self) -> PolicyBook:
        """The policies as they were known."""
        facts = (stored.fact for stored in self.book.store.stream(POLICIES))
        return fold_policies((fact for fact in facts if self.is_known(fact)), self.session.zone)

    def is_known(self, fact: Fact) -> bool:
        """Whether the fact was known."""
        return self.as_known is None or fact.known_at <= self.as_known

    def account_id(self, number: str) -> str:
        """The stream of an account that was known; raises AccountUnknown."""
        stream = self.book.account_id(number)
        if not any(self.is_known(stored.fact) for stored in self.book.store.stream(stream)):
            raise AccountNotKnownThen(account=number, as_known=self.known)
        return stream

    @property
    def known(self) -> str:
        """When it was known, for people."""
        return "now" if self.as_known is None else f"on {clock(self.as_known, self.session.zone)}"

    def introduce(self) -> None:
        """Says on which clocks the answer is given; answers for programs have them among their fields."""
        if self.session.format != "json":
            say(self.session, f"As of {self.as_of} ({self.session.zone}), as known {self.known}.")

    def note(self, backfilled: Iterable[bool]) -> str | None:
        """Says where an answer as known at a moment rests on backfilled history; None where it does not."""
        if self.as_known is None or not any(backfilled):
            return None
        return (
            f"As known {self.known}, some of this rests on backfilled history, which counts as known on its "
            "own business dates, whenever it was recorded here."
        )


@contextmanager
def question(context: typer.Context, as_of: date | None, as_known: str | None) -> Iterator[Question]:
    """A question to the book of the session; raises NoSuchBook, BadParameter."""
    session = session_of(context)
    known = None if as_known is None else moment_of(as_known, session.zone)
    with session.book() as book:
        book.catch_up()
        yield Question(session, book, as_of or book.today, known)


def moment_of(text: str, zone: ZoneInfo) -> datetime:
    """The moment that the text states, or, where it states a date only, the end of that day in the zone."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return parse_moment(text).astimezone(zone)
    return end_of(day, zone)


def noted(answer: dict[str, Any], note: str | None) -> dict[str, Any]:
    """The answer for programs, with the note where there is one."""
    return answer if note is None else {**answer, "note": note}


def say(session: Session, *sentences: str | None) -> None:
    """Prints sentences beside a table; with CSV they go to standard error, so that the file stays clean."""
    screen = console() if session.format == "table" else errors()
    for sentence in filter(None, sentences):
        screen.print(sentence, markup=False, highlight=False, soft_wrap=True)
