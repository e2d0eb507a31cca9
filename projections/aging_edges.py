"""Aging under other bucket edges beside the present ones, and what moves from bucket to bucket."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Engine

from engine.domain.money import from_minor
from projections.aging import AgingRow, aging_rows, bucket_labels, bucket_of
from projections.balances import by_due_date, open_balances
from projections.connection import reading


@dataclass(frozen=True)
class Moved:
    """What stands in one bucket by the present edges and in another by the given ones."""

    currency: str
    present: str
    given: str
    count: int
    amount: Decimal


@dataclass(frozen=True)
class EdgesCompared:
    """Aging as of one day by both sets of edges, and what stands in buckets of other names."""

    as_of: date
    present_edges: tuple[int, ...]
    present: list[AgingRow]
    given: list[AgingRow]
    moved: list[Moved]


@dataclass
class _Sum:
    count: int = 0
    minor: int = field(default=0)


def compare_edges(
    database: Engine,
    as_of: date,
    present: Sequence[int],
    given: Sequence[int],
    as_known: datetime | None = None,
) -> EdgesCompared:
    """The whole book on that day by both sets of edges; raises EdgesNotAscending."""
    with reading(database, as_known, as_of) as connection:
        before = aging_rows(connection, as_of, "currency", present)
        after = aging_rows(connection, as_of, "currency", given)
        due = connection.execute(by_due_date(open_balances(connection, as_of), as_of, "currency")).all()
    labels, other = bucket_labels(present), bucket_labels(given)
    sums: dict[tuple[str, int, int], _Sum] = defaultdict(_Sum)
    for row in due:
        if row.due_on is None:
            continue
        days = (as_of - row.due_on).days
        amounts = sums[row.currency, bucket_of(days, present), bucket_of(days, given)]
        amounts.count += int(row.invoices)
        amounts.minor += int(row.open_minor)
    moved = [
        Moved(currency, labels[old], other[new], amounts.count, from_minor(amounts.minor, currency))
        for (currency, old, new), amounts in sorted(sums.items())
        if labels[old] != other[new]
    ]
    return EdgesCompared(as_of, tuple(present), before, after, moved)
