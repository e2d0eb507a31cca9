"""From which bucket to which an account went between two ends of months: the transition matrix, as steps."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from projections.figures.days import end_of_month, month_of
from projections.figures.spans import Span

PAID = "paid"
COUNT, MINOR = "went", "went_minor"
_LONGEST = 120
"""Months ahead for which an item is followed: what is due in ten years is not looked at until then."""

State = tuple[str, int]
"""The bucket of the account's oldest open item, and all that is open on it."""
_NOTHING: State = (PAID, 0)


def rolled(
    spans: Sequence[Span], labels: Sequence[str], edges: Sequence[int]
) -> Iterator[tuple[str, int, int]]:
    """Measure, day and change: from the end of that month on, so many more accounts (and with what was open
    on them a month before) go each month from one bucket to another.

    The spans are those of all items of an account in one currency. An account is in the bucket of its oldest
    open item; where nothing is open any more it was paid, and from there it goes nowhere.
    """
    states, last = _states(spans, labels, edges)
    if not states:
        return
    before: tuple[str, str, int] | None = None
    for month in range(min(states), last + 2):
        source, minor = states.get(month - 1, _NOTHING)
        # After the last month in which anything changes all stays as it is.
        target = states.get(min(month, last), _NOTHING)[0]
        present = None if source == PAID else (source, target, minor)
        if present != before:
            day = end_of_month(month)
            yield from _steps(before, day, -1)
            yield from _steps(present, day, 1)
        before = present


def _steps(went: tuple[str, str, int] | None, day: int, sign: int) -> Iterator[tuple[str, int, int]]:
    if went is not None:
        source, target, minor = went
        yield f"{COUNT}/{source}/{target}", day, sign
        yield f"{MINOR}/{source}/{target}", day, sign * minor


def _states(
    spans: Sequence[Span], labels: Sequence[str], edges: Sequence[int]
) -> tuple[dict[int, State], int]:
    """The account at the end of each month up to the last in which it changes of itself, and that month."""
    owed = [(span, span.due) for span in spans if span.due is not None]
    if not owed:
        return {}, 0
    last = max(_last_month(span, due, edges) for span, due in owed)
    found: dict[int, tuple[int, int]] = {}
    for span, due in owed:
        ends = last if span.until is None else min(month_of(span.until) - 1, last)
        for month in range(month_of(span.first), ends + 1):
            oldest, minor = found.get(month, (due, 0))
            found[month] = min(oldest, due), minor + span.open_minor
    starts = (0, *edges)
    states = {
        month: (labels[bisect_left(starts, end_of_month(month) - oldest)], minor)
        for month, (oldest, minor) in found.items()
    }
    return states, last


def _last_month(span: Span, due: int, edges: Sequence[int]) -> int:
    settles = month_of(max(span.first, due + edges[-1] + 1))
    ends = settles if span.until is None else month_of(span.until)
    return min(ends, month_of(span.first) + _LONGEST)
