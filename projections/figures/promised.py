"""How promises were judged, by the month that they were promised for: steps on the days of the judgements."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from engine.domain.money import from_thousandths, to_minor
from projections.figures.days import month_name
from projections.promises import JUDGED

PROMISED = "promised"
"""Measures of promises are called `promised/NAME/MONTH`."""
NAMES = ("judged", "kept", "judged_minor", "kept_minor", "in_time_minor")
"""How many were judged and kept, what was promised in both, and what came in time."""


class Promised(NamedTuple):
    """A promise or an instalment, for which month, of which plan."""

    position: int
    promise: str
    plan: str | None
    currency: str
    amount_minor: int
    month: int


class Judged(NamedTuple):
    """What became of a promise, or, under its name, of a plan, on which day; `received` in thousandths."""

    position: int
    promise: str
    status: str
    received: int | None
    day: int


def verdicts(promises: Sequence[Promised], states: Sequence[Judged]) -> Iterator[tuple[str, str, int, int]]:
    """Currency, measure, day and change: the last judgement by then counts, in place of those before."""
    for promise in promises:
        own = [state for state in states if state.promise == promise.promise]
        plan = [state for state in states if state.promise == promise.plan]
        counted = (0,) * len(NAMES)
        for day in sorted({state.day for state in (*own, *plan)}):
            # A plan that is withdrawn takes with it only what had no end of its own yet.
            seen = [one for one in own if one.day <= day] or [one for one in plan if one.day <= day]
            present = _counted(promise, max(seen))
            for name, before, now in zip(NAMES, counted, present, strict=True):
                if now != before:
                    measure = f"{PROMISED}/{name}/{month_name(promise.month)}"
                    yield promise.currency, measure, day, now - before
            counted = present


def _counted(promise: Promised, state: Judged) -> tuple[int, ...]:
    if state.status not in JUDGED:
        return (0,) * len(NAMES)
    kept, amount = state.status == "kept", promise.amount_minor
    in_time = to_minor(from_thousandths(state.received or 0, promise.currency), promise.currency)
    return 1, int(kept), amount, amount if kept else 0, in_time
