"""Placements with agencies: what was proposed, placed, declined or recalled, and what is still open of it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Select, Table, case, exists, func, select

from engine.domain.money import from_minor
from projections.balances import open_balances
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


def placement_list(
    database: Engine, as_of: date, as_known: datetime | None = None, account: str | None = None
) -> list[PlacementRow]:
    """Every placement (of one account, if named) as it stood at the end of that day, as known at that moment,
    the oldest first."""
    with reading(database, as_known) as connection:
        only = select(placements.c.account) if account is None else [account]
        histories = _histories(connection, as_of, only)
        lines, taken = (_lines(connection, table, only) for table in (placement_items, recalled_items))
        still_open = _still_open(connection, as_of, only)
        return [_placement(history, lines, taken, still_open) for history in histories]


def _histories(connection: Connection, as_of: date, only: Select[str] | Sequence[str]) -> list[list[Any]]:
    """The facts about each placement, in order."""
    query = (
        select(
            placements,
            func.coalesce(accounts.c.number, placements.c.account).label("number"),
            accounts.c.backfilled,
        )
        .outerjoin(accounts, accounts.c.stream == placements.c.account)
        .where(placements.c.happened_on <= as_of, placements.c.account.in_(only))
        .order_by(placements.c.position)
    )
    found: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in read_people(connection, query):
        found[row.account, row.placement].append(row)
    return list(found.values())


def _lines(connection: Connection, table: Table, only: Select[str] | Sequence[str]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    query = select(table).join(placements, placements.c.position == table.c.position)
    for row in connection.execute(query.where(placements.c.account.in_(only)).order_by(table.c.line)):
        found[row.position].append(row)
    return found


def _placement(
    history: Sequence[Any],
    lines: dict[int, list[Any]],
    taken: dict[int, list[Any]],
    still_open: dict[tuple[str, str], int],
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
            now[line.currency] += from_minor(still_open.get((last.account, line.item), 0), line.currency)
    return PlacementRow(
        account=last.account, number=last.number, placement=last.placement, agency=given.agency or "",
        status=last.status, since=last.happened_on, items=tuple(line.item for line in concerned),
        placed=dict(placed), open=dict(now), rests_on_backfill=bool(last.backfilled),
    )  # fmt: skip


# --- what agencies have -----------------------------------------------------------------------------------


_PLACED = select(placements.c.account).where(placements.c.status == "placed")
_placement_of = attrgetter("account", "placement")


@dataclass(slots=True)
class Given:
    """What an agency was given in one currency, in smallest units: in how many placements, some of which were
    recalled since, what was open then, and what is open now of what it has still."""

    placements: int = 0
    recalled: int = 0
    placed_minor: int = 0
    open_minor: int = 0


def given_to_agencies(connection: Connection, as_of: date) -> dict[tuple[str, str], Given]:
    """What was given to agencies by the end of that day, by agency and currency."""
    lines, taken = connection.execute(_given(as_of)).all(), _taken(connection, as_of)
    # A recall that names items leaves the others where they are.
    left = {line.position for line in lines if line.by_name and line.item not in taken[_placement_of(line)]}
    still_open = _still_open(connection, as_of, _PLACED) if lines else {}
    found: dict[tuple[str, str], Given] = defaultdict(Given)
    seen: set[tuple[int, str]] = set()
    for line in lines:
        partly = line.position in left
        status = line.status_given if partly else line.status
        if status not in ("placed", "recalled"):
            continue
        given, placement = found[line.agency, line.currency], (line.position, line.currency)
        if placement not in seen:
            seen.add(placement)
            given.placements += 1
            given.recalled += status == "recalled"
        given.placed_minor += line.open_minor
        if status == "placed" and not (partly and line.item in taken[_placement_of(line)]):
            given.open_minor += still_open.get((line.account, line.item), 0)
    return found


def _given(as_of: date) -> Select[Any]:
    """The lines of each placement that was not just proposed, as it was last given; how it stood last, and
    whether that says it `by_name` of its items."""
    p = placements.c
    facts = (
        select(func.max(p.position).label("last"),
               func.max(case((p.agency.is_not(None), p.position))).label("given"))
        .where(p.happened_on <= as_of)
        .group_by(p.account, p.placement)
        .subquery()
    )  # fmt: skip
    last, given, line = placements.alias("last"), placements.alias("given"), placement_items
    by_name = exists().where(recalled_items.c.position == last.c.position)
    return (
        select(
            given.c.position, given.c.account, given.c.placement, given.c.agency,
            given.c.status.label("status_given"), last.c.status, by_name.label("by_name"),
            line.c.item, line.c.currency, line.c.open_minor,
        )
        .select_from(facts)
        .join(last, last.c.position == facts.c.last)
        .join(given, given.c.position == facts.c.given)
        .join(line, line.c.position == given.c.position)
        .where(last.c.status != "proposed")
    )  # fmt: skip


def _taken(connection: Connection, as_of: date) -> dict[tuple[str, str], set[str]]:
    """The items that recalls of a placement name, by account and placement."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    query = select(placements.c.account, placements.c.placement, recalled_items.c.item)
    named = query.join(recalled_items, recalled_items.c.position == placements.c.position)
    for row in connection.execute(named.where(placements.c.happened_on <= as_of)):
        found[_placement_of(row)].add(row.item)
    return found


def _still_open(
    connection: Connection, as_of: date, only: Select[str] | Sequence[str]
) -> dict[tuple[str, str], int]:
    """What is open of each item of these accounts."""
    due = open_balances(connection, as_of, only)
    query = select(due.c.account, due.c.item, due.c.open_minor).where(due.c.due_on.is_not(None))
    return {(account, item): int(minor) for account, item, minor in connection.execute(query).all()}


def on_backfill(database: Engine, as_of: date, as_known: datetime) -> bool:
    """Whether any placement by then, as known at that moment, is of an account with backfilled history."""
    backfilled = exists().where(accounts.c.stream == placements.c.account, accounts.c.backfilled)
    query = select(placements.c.position).where(placements.c.happened_on <= as_of, backfilled).limit(1)
    with reading(database, as_known) as connection:
        return connection.execute(query).first() is not None
