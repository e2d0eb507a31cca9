"""Aging over time: what was open in each bucket at the end of each of the last months."""

from collections.abc import Sequence
from decimal import Decimal

from arrears.telling.asking import Question
from arrears.web.charts import Stack, stacks
from arrears.web.history import history_of
from engine.domain.money import ZERO
from projections.aging import EDGES, aging_rows, bucket_labels
from projections.connection import reading
from projections.figures.days import last_ends

MONTHS = 12
Ends = dict[str, dict[str, dict[str, Decimal]]]
"""By currency and month, what was open in each bucket at its end."""


def over_time(clocks: Question, edges: Sequence[int]) -> dict[str, list[Stack]]:
    """By currency a column a month: the buckets at the end of each of the last months."""
    ends = _kept_ends(clocks) if is_kept(clocks, edges) else _ends(clocks, edges)
    return {
        currency: stacks(months, currency)
        for currency, months in ends.items()
        if any(any(buckets.values()) for buckets in months.values())
    }


def is_kept(clocks: Question, edges: Sequence[int]) -> bool:
    """Whether the figures are kept by day, and cost nothing."""
    return clocks.as_known is None and tuple(edges) == EDGES


def _kept_ends(clocks: Question) -> Ends:
    return {
        currency: {
            month.name: {label: month.bucket(label) for label in bucket_labels()}
            for month in history[-MONTHS:]
        }
        for currency, history in history_of(clocks).items()
        if currency  # calls have none
    }


def _ends(clocks: Question, edges: Sequence[int]) -> Ends:
    """The same from a report for each end of a month, from the first on at which anything was open."""
    found, nothing = Ends(), dict.fromkeys(bucket_labels(edges), ZERO)
    with reading(clocks.book.database, clocks.as_known, clocks.as_of) as connection:
        for end in reversed(last_ends(clocks.as_of, MONTHS)):
            rows = {row.currency: row for row in aging_rows(connection, end, "currency", edges)}
            for currency in sorted({*found, *rows}):
                buckets = rows[currency].buckets if currency in rows else nothing
                found.setdefault(currency, {})[f"{end:%Y-%m}"] = buckets
    return dict(sorted(found.items()))
