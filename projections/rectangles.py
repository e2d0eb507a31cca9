"""What was open on an item on which days, as known when: pure, for the table `balances`.

A state holds on some days, and was known to for some time: a rectangle on both clocks. Each change says
something of all days from its own on; the states that it changes are superseded when it becomes known. So
the rectangles of an item cover each day from its first once, at each moment of knowledge.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import NamedTuple

ENDLESS_ON = date.max
"""The last day of a state that nothing ends yet."""
_DAY = timedelta(1)


class Key(NamedTuple):
    """An item of an account, or (item empty) its unapplied money in a currency."""

    account: str
    item: str
    currency: str


class Change(NamedTuple):
    """From day `on`, as known from `known_at`: so much more is open, or it is due then (None: as before).

    `item_kind` and `issued_on` are said where the item is raised, and hold on all days.
    """

    key: Key
    position: int
    on: date
    known_at: datetime
    amount_minor: int = 0
    due_on: date | None = None
    item_kind: str | None = None
    issued_on: date | None = None
    backfilled: bool = False


def merged(changes: Iterable[Change]) -> list[Change]:
    """What each fact changes of an item on one day as one change; what comes to nothing is none."""
    found: dict[tuple[Key, int, date], Change] = {}
    for one in changes:
        place = one.key, one.position, one.on
        other = found.get(place)
        found[place] = one if other is None else _together(other, one)
    return [one for one in found.values() if one.amount_minor or one.due_on or one.item_kind]


def _together(one: Change, other: Change) -> Change:
    return one._replace(
        amount_minor=one.amount_minor + other.amount_minor, due_on=other.due_on or one.due_on,
        item_kind=other.item_kind or one.item_kind, issued_on=other.issued_on or one.issued_on,
        backfilled=one.backfilled or other.backfilled,
    )  # fmt: skip


class State(NamedTuple):
    """What stands on the days of a rectangle; `backfilled`: some of it was taken over from other books."""

    open_minor: int = 0
    due_on: date | None = None
    item_kind: str | None = None
    issued_on: date | None = None
    backfilled: bool = False

    def then(self, change: Change) -> "State":
        """The state after the change."""
        return State(
            self.open_minor + change.amount_minor, change.due_on or self.due_on,
            change.item_kind or self.item_kind, change.issued_on or self.issued_on,
            self.backfilled or change.backfilled,
        )  # fmt: skip


NOTHING = State()


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A state from one day to another, both included, as known from one moment until (not at) another; None:
    it is known still."""

    from_on: date
    last_on: date
    known_from: datetime
    known_until: datetime | None
    state: State


Run = tuple[date, date, State]


def overlaid(runs: Sequence[Run], change: Change) -> tuple[list[Run], list[Run]]:
    """The runs of states that the change leaves as they were, and those that it makes of the others.

    Runs follow one another without a gap; those that end before the day of the change may be missing where it
    raises nothing.
    """
    first = runs[0][0] if runs else None
    if first is None:
        runs = [(change.on, ENDLESS_ON, NOTHING)]
    elif change.on < first:
        raised = NOTHING._replace(item_kind=runs[0][2].item_kind, issued_on=runs[0][2].issued_on)
        runs = [(change.on, first - _DAY, raised), *runs]
    kept: list[Run] = []
    made: list[Run] = []
    for start, last, state in runs:
        before = state.then(change._replace(amount_minor=0, due_on=None, backfilled=False))
        if last < change.on:
            (kept if before == state else made).append((start, last, before))
            continue
        if start < change.on:
            made.append((start, change.on - _DAY, before))
        made.append((max(start, change.on), last, state.then(change)))
    return kept, made


def after(known: Sequence[Rectangle], change: Change) -> Iterator[Rectangle]:
    """What becomes of the rectangles of an item that are known still, in the order of days, and what is new.

    A change that is known no later than what it changes takes its place; see `rebuilt` for one that was known
    earlier.
    """
    kept, made = overlaid([(one.from_on, one.last_on, one.state) for one in known], change)
    for one in known:
        if (one.from_on, one.last_on, one.state) in kept:
            yield one
        elif one.known_from != change.known_at:
            yield Rectangle(one.from_on, one.last_on, one.known_from, change.known_at, one.state)
    for run in made:
        yield Rectangle(run[0], run[1], change.known_at, None, run[2])


def rebuilt(changes: Iterable[Change]) -> list[Rectangle]:
    """The rectangles of an item from all its changes in the order of the log, in whatever order they became
    known: of two due dates the one that stands later in the log holds, whenever it was known."""
    by_moment = sorted(changes, key=lambda one: (one.known_at, one.position))
    seen: list[Change] = []
    closed: list[Rectangle] = []
    known: list[Rectangle] = []
    for moment, group in groupby(by_moment, key=lambda one: one.known_at):
        learnt = list(group)
        seen += learnt
        since = min(date.min if one.item_kind else one.on for one in learnt)
        runs: list[Run] = []
        for change in sorted(seen, key=lambda one: one.position):
            kept, made = overlaid(runs, change)
            runs = sorted((*kept, *made), key=lambda run: run[0])
        closed += [
            Rectangle(one.from_on, one.last_on, one.known_from, moment, one.state)
            for one in known
            if one.last_on >= since
        ]
        known = [one for one in known if one.last_on < since]
        covered = known[-1].last_on if known else date.min
        known += [Rectangle(*run[:2], moment, None, run[2]) for run in runs if not known or run[1] > covered]
    return closed + known
