"""Aging in one answer: what is open by how long it has been due, and what was learnt between two moments."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from arrears.telling.asking import Question, noted
from arrears.telling.rows import item_row
from arrears.wiring import Book
from engine.domain.money import money
from projections.aging import EDGES, aging, aging_detail
from projections.aging_changes import AgingChange, aging_changes
from projections.balances import By

Row = dict[str, Any]


def aging_answer(
    asked: Question, by: By, given: Sequence[int] | None, number: str | None = None, detail: bool = False
) -> Row:
    """What is open by these edges, or those that the book has adopted; with `detail` each item as well.

    Raises EdgesNotAscending, AccountUnknown, AccountNotKnownThen.
    """
    held, adopted = edges_in_force(asked.book, asked.as_of, asked.as_known)
    edges = given or held
    clocks = (asked.book.database, asked.as_of, asked.as_known)
    stream = None if number is None else asked.account_id(number)
    rows = aging(*clocks, by, edges, stream)
    answer = {**asked.clocks, "by": by, "edges": edges, "rows": [row.as_json() for row in rows]}
    if adopted and given is None:
        answer["edges_adopted_on"] = adopted
    if detail:
        answer["items"] = [item_row(item) for item in aging_detail(*clocks, edges, stream)]
    return noted(answer, asked.note(row.rests_on_backfill for row in rows))


def edges_in_force(
    book: Book, day: date, known: datetime | None = None
) -> tuple[tuple[int, ...], date | None]:
    """The bucket edges of the book on that day, as known then, and since when adopted (None: never)."""
    adopted = book.engine.policies().edges_on(day, known)
    return (EDGES, None) if adopted is None else (adopted.edges, adopted.adopted_on)


def compared_answer(
    asked: Question, later: datetime, given: Sequence[int] | None, number: str | None = None
) -> Row:
    """Aging as known first and later, and each fact learnt in between with the buckets that it moved.

    Raises KnownBackwards, EdgesNotAscending, AccountUnknown.
    """
    assert asked.as_known is not None
    database = asked.book.database
    stream = None if number is None else Question(asked.book, asked.as_of, None).account_id(number)
    edges = given or edges_in_force(asked.book, asked.as_of, later)[0]
    before = aging(database, asked.as_of, asked.as_known, "currency", edges, stream)
    after = aging(database, asked.as_of, later, "currency", edges, stream)
    changes = aging_changes(database, asked.as_of, asked.as_known, later, edges, stream)
    answer = {
        **asked.clocks, "against": later, "edges": edges, "rows": [row.as_json() for row in before],
        "against_rows": [row.as_json() for row in after], "changes": [_change_row(one) for one in changes],
    }  # fmt: skip
    return noted(answer, asked.note(row.rests_on_backfill for row in (*before, *after)))


def _change_row(change: AgingChange) -> Row:
    return {
        "account": change.number, "version": change.version, "topic": change.topic,
        "known_at": change.known_at, "currency": change.currency,
        "moves": {name: str(money(amount, change.currency)) for name, amount in change.moves.items()},
    }  # fmt: skip
