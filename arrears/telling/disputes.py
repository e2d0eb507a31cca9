"""Disputes in one answer: each, or how many by owner, reason or deadline."""

from dataclasses import asdict
from typing import Any

from arrears.telling.asking import Question, noted
from arrears.telling.rows import by_currency
from projections.disputes import By, DisputeRow, dispute_rows, summed


def disputes_answer(asked: Question, by: By | None = None, resolved: bool = False) -> dict[str, Any]:
    """The open disputes (with `resolved`: those that have ended as well), or the open ones counted."""
    rows = dispute_rows(asked.book.database, asked.as_of, asked.as_known, resolved)
    shown = [dispute_row(row) for row in rows]
    if by is not None:
        sums = summed(rows, by, asked.as_of)
        shown = [asdict(one) | {"disputed": by_currency(one.disputed)} for one in sums]
    answer = {**asked.clocks, "by": by, "rows": shown}
    return noted(answer, asked.note(row.rests_on_backfill for row in rows))


def dispute_row(row: DisputeRow) -> dict[str, Any]:
    """A dispute and how it stands."""
    return asdict(row) | {"account": row.number, "disputed": by_currency(row.disputed)}
