"""Finding facts by who recorded them, of which kind, on which account, and by three clocks: the latest first.

A search costs what it shows, not what there is: it goes down one index from a place in the log and looks at
no more than LOOKED_AT facts. Dates are no index of their own. For each thousand places of the log a row keeps
between which dates and moments their facts lie, so that thousands that hold none of a day are passed over.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Subquery, func, select

from engine.domain.facts.base import Stored
from projections.rows import Row
from projections.tables import timeline, timeline_blocks

BLOCK = 1_000
LOOKED_AT = 20_000
"""The most facts that one page looks at; where they do not fill it, the next page goes on from there."""

CLOCKS = ("happened_on", "known_at", "recorded_at")


class Span(NamedTuple):
    """From one date or moment to another, both included; None: no end on that side."""

    since: Any = None
    until: Any = None

    def __bool__(self) -> bool:
        return self.since is not None or self.until is not None


@dataclass(frozen=True)
class Sought:
    """What is to be found: all that is said must hold. `decided`: by the engine, or (False) not."""

    account: str | None = None
    topics: tuple[str, ...] = ()
    by: str | None = None
    decided: bool | None = None
    happened_on: Span = field(default_factory=Span)
    known_at: Span = field(default_factory=Span)
    recorded_at: Span = field(default_factory=Span)


class Place(NamedTuple):
    """A fact in the log, as far as it is found by."""

    position: int
    account: str
    version: int
    topic: str
    happened_on: date
    known_at: datetime
    recorded_at: datetime
    by: str
    policy: str | None
    step: str | None


@dataclass(frozen=True)
class Found:
    """Facts, the latest first, and before which place in the log to go on; None: there are no more."""

    facts: list[Place]
    before: int | None


def widened(blocks: dict[int, Row], one: Stored, on: date) -> None:
    """Has the block of the fact's place reach over its dates, among the changes of a page of the log."""
    at = (on, one.fact.known_at, one.fact.recorded_at)
    block = blocks.setdefault(one.position // BLOCK, {"block": one.position // BLOCK})
    for clock, value in zip(CLOCKS, at, strict=True):
        for end, choose in (("first", min), ("last", max)):
            name = f"{end}_{clock}"
            block[name] = choose(value, block.get(name, value))


def find_facts(
    connection: Connection, sought: Sought, size: int, before: int | None = None, looked_at: int = LOOKED_AT
) -> Found:
    """The latest facts before that place in the log; at most `size`, of at most `looked_at`."""
    found: list[Place] = []
    for first, last in _runs(connection, sought, before):
        rows = _driven(sought, first, last if before is None else min(last, before - 1), looked_at)
        page = select(rows).where(*_conditions(sought, rows)).order_by(rows.c.position.desc())
        found += [Place(*row) for row in connection.execute(page.limit(size + 1 - len(found)))]
        if len(found) > size:
            return Found(found[:size], found[size - 1].position)
        count, lowest = connection.execute(select(func.count(), func.min(rows.c.position))).one()
        looked_at -= count
        if looked_at <= 0:
            return Found(found, lowest)
    return Found(found, None)


def _driven(sought: Sought, first: int, last: int, most: int) -> Subquery:
    """The facts between two places down one index: that of the account, the one kind, or who recorded."""
    columns = [timeline.c[name] for name in Place._fields]
    query = select(*columns).where(timeline.c.position >= first, timeline.c.position <= last)
    if sought.account is not None:
        query = query.where(timeline.c.account == sought.account)
    elif len(sought.topics) == 1:
        query = query.where(timeline.c.topic == sought.topics[0])
    elif sought.by is not None:
        query = query.where(timeline.c.by == sought.by)
    return query.order_by(timeline.c.position.desc()).limit(most).subquery()


def _conditions(sought: Sought, rows: Subquery) -> Iterator[ColumnElement[bool]]:
    if sought.topics:
        yield rows.c.topic.in_(sought.topics)
    if sought.by is not None:
        yield rows.c.by == sought.by
    if sought.decided is not None:
        yield rows.c.policy.is_not(None) if sought.decided else rows.c.policy.is_(None)
    for clock in CLOCKS:
        span: Span = getattr(sought, clock)
        if span.since is not None:
            yield rows.c[clock] >= span.since
        if span.until is not None:
            yield rows.c[clock] <= span.until


# --- which places can hold any ----------------------------------------------------------------------------


def _runs(connection: Connection, sought: Sought, before: int | None) -> Iterator[tuple[int, int]]:
    """From which place to which there may be such facts, the last first; one run where no date is asked for
    (an account has few enough facts)."""
    spans = [(clock, span) for clock in CLOCKS if (span := getattr(sought, clock))]
    if not spans or sought.account is not None:
        yield 0, 2**62
        return
    blocks = connection.execute(_overlapping(spans, before)).scalars().all()
    yield from _joined(blocks)


def _overlapping(spans: Sequence[tuple[str, Span]], before: int | None) -> Select[int]:
    table = timeline_blocks.c
    query = select(table.block).order_by(table.block.desc())
    for clock, span in spans:
        if span.since is not None:
            query = query.where(table[f"last_{clock}"] >= span.since)
        if span.until is not None:
            query = query.where(table[f"first_{clock}"] <= span.until)
    return query if before is None else query.where(table.block <= before // BLOCK)


def _joined(blocks: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Blocks side by side as one run of places; they come in falling order."""
    start = 0
    for number, block in enumerate(blocks):
        if number + 1 == len(blocks) or blocks[number + 1] != block - 1:
            yield block * BLOCK, (blocks[start] + 1) * BLOCK - 1
            start = number + 1


def places_of(connection: Connection, account: str, versions: Sequence[int]) -> dict[int, Place]:
    """Where the facts of an account with these versions stand in the log."""
    columns = [timeline.c[name] for name in Place._fields]
    query = select(*columns).where(timeline.c.account == account, timeline.c.version.in_(versions))
    return {row.version: Place(*row) for row in connection.execute(query)}
