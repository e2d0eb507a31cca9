"""The log as others read it: each fact once, in its order, with what is personal readable or erased.

A position is the number of a fact in the log. Numbers may be left out, which means nothing; appends take
their numbers in the order in which they commit, so that no fact turns up behind a position that was read.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from arrears.telling.recorded import fields
from arrears.wiring import Book
from engine.application import ACCOUNT_PREFIX
from engine.domain.facts.base import Stored
from projections.accounts import numbers_of

FACTS_LOOKED_AT = 5_000


@dataclass(frozen=True, slots=True)
class Page:
    """Facts behind a position, and the position to go on from: facts of other topics were passed over."""

    facts: list[dict[str, Any]]
    next: int

    def as_json(self) -> dict[str, Any]:
        return {"facts": self.facts, "next": self.next}


def read_feed(book: Book, after: int, limit: int, topics: Collection[str] = ()) -> Page:
    """At most so many facts behind a position, of these topics (none named: of all)."""
    looked_at = book.store.read_open(after, FACTS_LOOKED_AT if topics else limit)
    wanted = [stored for stored in looked_at if not topics or stored.fact.TOPIC in topics]
    page = wanted[:limit]
    last = page[-1] if len(wanted) > limit else looked_at[-1] if looked_at else None
    return Page(fact_rows(book, page), last.position if last else after)


def fact_rows(book: Book, page: Collection[Stored]) -> list[dict[str, Any]]:
    """Each fact with its place, its stamp, and the number of its account: for one that the tables do not have
    yet they are brought up."""
    streams = sorted({one.stream for one in page if one.stream.startswith(ACCOUNT_PREFIX)})
    numbers = numbers_of(book.database, streams)
    if len(numbers) < len(streams):
        book.catch_up()
        numbers = numbers_of(book.database, streams)
    return [_row(one, numbers.get(one.stream)) for one in page]


def _row(one: Stored, number: str | None) -> dict[str, Any]:
    fact = one.fact
    return {
        "position": one.position, "stream": one.stream, "version": one.version, "topic": fact.TOPIC,
        "account": number, "by": fact.by, "recorded_at": fact.recorded_at.isoformat(),
        "known_at": fact.known_at.isoformat(), "basis": fact.basis,
        "because": fact.because and fact.because.model_dump(mode="json", exclude_none=True),
        "fact": fields(fact),
    }  # fmt: skip
