"""What was open on an item, from which day to which, and what that is in each bucket of aging."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

Term = tuple[int, int, int]
"""A due date as one fact said it: place in the log, due on, effective on (days as ordinals)."""


class Span(NamedTuple):
    """Days [first, until) (None: without end) on which so much was open. `due` is None where it counts as
    unapplied money: what was paid too much for a time, and what was paid on an item not known yet."""

    first: int
    until: int | None
    open_minor: int
    due: int | None


def spans(moved: dict[int, int], terms: Sequence[Term]) -> Iterator[Span]:
    """The spans of one item in the order of days; those on which nothing was open are left out.

    `moved` is by how much its postings moved it on each day. The latest terms by their place in the log hold
    from the day on which they take effect.
    """
    days = sorted({*moved, *(effective for _, _, effective in terms)})
    balance = 0
    for day, until in pairwise([*days, None]):
        assert day is not None
        balance += moved.get(day, 0)
        if balance:
            yield Span(day, until, balance, due_then(terms, day) if balance > 0 else None)


def due_then(terms: Iterable[Term], day: int) -> int | None:
    """The due date as it was on that day; None where the item was not known yet."""
    stated = [(position, due) for position, due, effective in terms if effective <= day]
    return max(stated)[1] if stated else None


def in_buckets(span: Span, due: int, edges: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """By bucket, counted from 0 (current), the days on which the span moves it and by how much."""
    # An item is in a bucket from the day after the edge before it, to its own edge inclusive.
    starts = [span.first, *(due + edge + 1 for edge in (0, *edges))]
    for bucket, start in enumerate(starts):
        begins = max(start, span.first)
        ends = starts[bucket + 1] if bucket + 1 < len(starts) else None
        if span.until is not None and (ends is None or span.until < ends):
            ends = span.until
        if ends is None or begins < ends:
            yield bucket, begins, span.open_minor
            if ends is not None:
                yield bucket, ends, -span.open_minor
