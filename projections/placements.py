"""Placements with agencies: what was proposed, placed, declined or recalled, and what is still open of it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Table, func, select

from engine.domain.money import from_minor
from projections.aging import open_items
from projections.connection import reading
from projections.personal import read_people
from projections.tables import accounts, placement_items, placements, recalled_items

Status = Literal["proposed", "placed", "declined", "recalled"]


@dataclass(frozen=True)
class PlacementRow:
    """A placement as it stands: `placed` is the balance of its items when it was last proposed or placed,
    `open` what is open of them now (of those still there, where some were recalled), per currency."""

    account: str
    number: str
    placement: str
    agency: str
    status: Status
    since: date
    items: tuple[str, ...]
    placed: dict[str, Decimal]
    open: dict[str, Decimal]
    rests_on_backfill: bool


def placement_list(database: Engine, as_of: date, as_known: datetime | None = None) -> list[PlacementRow]:
    """Every placement as it stood at the end of that day, as known at that moment, the oldest first."""
    with reading(database, as_known) as connection:
        return placement_rows(connection, as_of)


def placement_rows(connection: Connection, as_of: date) -> list[PlacementRow]:
    """Every placement as it stood at the end of that day, the oldest first."""
    histories = _histories(connection, as_of)
    lines, taken = _lines(connection, placement_items), _lines(connection, recalled_items)
    placed = select(placements.c.account)
    still_open = {
        (item.account, item.item): item.open
        for item in open_items(connection, as_of, only=placed)
        if item.due_on
    }
    return [_placement(history, lines, taken, still_open) for history in histories]


def _histories(connection: Connection, as_of: date) -> list[list[Any]]:
    """The facts about each placement, in order."""
    query = (
        select(
            placements,
            func.coalesce(accounts.c.number, placements.c.account).label("number"),
            accounts.c.backfilled,
        )
        .outerjoin(accounts, accounts.c.stream == placements.c.account)
        .where(placements.c.happened_on <= as_of)
        .order_by(placements.c.position)
    )
    found: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in read_people(connection, query):
        found[row.account, row.placement].append(row)
    return list(found.values())


def _lines(connection: Connection, table: Table) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(select(table).order_by(table.c.line)):
        found[row.position].append(row)
    return found


def _placement(
    history: Sequence[Any],
    lines: dict[int, list[Any]],
    taken: dict[int, list[Any]],
    still_open: dict[tuple[str, str | None], Decimal],
) -> PlacementRow:
    last = history[-1]
    given = next((row for row in reversed(history) if row.agency is not None), last)
    concerned = lines.get(given.position, [])
    recalled = {line.item for row in history for line in taken.get(row.position, [])}
    if last.position in taken and not {line.item for line in concerned} <= recalled:
        last = given  # a recall that names items leaves the others where they are
    else:
        recalled = set()
    placed: dict[str, Decimal] = defaultdict(Decimal)
    now: dict[str, Decimal] = defaultdict(Decimal)
    for line in concerned:
        placed[line.currency] += from_minor(line.open_minor, line.currency)
        if line.item not in recalled:
            now[line.currency] += still_open.get((last.account, line.item), Decimal(0))
    return PlacementRow(
        account=last.account, number=last.number, placement=last.placement, agency=given.agency or "",
        status=last.status, since=last.happened_on, items=tuple(line.item for line in concerned),
        placed=dict(placed), open=dict(now), rests_on_backfill=bool(last.backfilled),
    )  # fmt: skip
