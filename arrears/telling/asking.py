"""The two clocks that every report is asked on: as of which day, and as known when.

As of a day is the state at its end in the book's time zone, by business dates: what happened, or is dated,
later does not count. As known at a moment only what was known by then counts, to the microsecond; a date
stands for the last moment of that day in the book's zone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from arrears.telling.sentences import clock
from arrears.wiring import Book
from engine.application import POLICIES
from engine.domain.errors import RuleBroken
from engine.domain.facts.base import Fact, Stored
from policies.book import PolicyBook, fold_policies
from projections.clocks import end_of


class AccountNotKnownThen(RuleBroken):
    sentence = "nothing was known of account '{account}' {as_known}"


@dataclass(frozen=True)
class Question:
    """An open book and the two clocks that it is asked on (None: as known now). To ask holds nobody up:
    nothing is written, and no account is held."""

    book: Book
    as_of: date
    as_known: datetime | None

    @property
    def zone(self) -> ZoneInfo:
        """The book's time zone."""
        return self.book.zone

    @property
    def clocks(self) -> dict[str, Any]:
        """Both clocks, for programs."""
        return {"as_of": self.as_of, "as_known": self.as_known}

    @property
    def end(self) -> datetime:
        """The last moment of the day that it is asked as of."""
        return end_of(self.as_of, self.zone)

    @cached_property
    def policies(self) -> PolicyBook:
        """The policies as they were known."""
        facts = (stored.fact for stored in self.book.store.stream(POLICIES))
        return fold_policies((fact for fact in facts if self.is_known(fact)), self.zone)

    def is_known(self, fact: Fact) -> bool:
        """Whether the fact was known."""
        return self.as_known is None or fact.known_at <= self.as_known

    def account_id(self, number: str) -> str:
        """The stream of an account that was known; raises AccountUnknown, AccountNotKnownThen."""
        if self.as_known is None:
            return self.book.stream_of(number)
        return self.facts_of(number)[0].stream

    def facts_of(self, number: str) -> list[Stored]:
        """What was known of an account, its facts in order; raises AccountUnknown, AccountNotKnownThen."""
        facts = self.book.facts_of(number)
        known = [stored for stored in facts if self.is_known(stored.fact)]
        if not known:
            raise AccountNotKnownThen(account=number, as_known=self.known)
        return known

    @property
    def known(self) -> str:
        """When it was known, for people."""
        return "now" if self.as_known is None else f"on {clock(self.as_known, self.zone)}"

    def note(self, backfilled: Iterable[bool]) -> str | None:
        """Says where an answer as known at a moment rests on backfilled history; None where it does not."""
        if self.as_known is None or not any(backfilled):
            return None
        return (
            f"As known {self.known}, some of this rests on backfilled history, which counts as known on its "
            "own business dates, whenever it was recorded here."
        )


def noted(answer: dict[str, Any], note: str | None) -> dict[str, Any]:
    """The answer for programs, with the note where there is one."""
    return answer if note is None else {**answer, "note": note}
