"""Disputes on both clocks: which are open, on what, who is to settle them by when, and which are late."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Select, func, select

from engine.domain.money import ZERO
from projections.aging import open_items
from projections.connection import reading
from projections.personal import read_people
from projections.tables import accounts, dispute_cases, dispute_outcomes, disputes

By = Literal["owner", "reason", "deadline"]
SOON = timedelta(days=7)


@dataclass(frozen=True)
class DisputeRow:
    """A dispute as it stood. `disputed` is what is open of its items, of parts at most those, by currency;
    nothing where it was resolved. `days_late`: days past its deadline, while it was open."""

    account: str
    number: str
    name: str | None
    dispute: str
    reason: str | None
    owner: str | None
    items: tuple[str, ...]
    disputed: dict[str, Decimal]
    opened_on: date
    deadline: date | None
    days_open: int
    days_late: int
    resolved_on: date | None
    outcome: str | None
    rests_on_backfill: bool


@dataclass(frozen=True)
class DisputeSum:
    """Open disputes of one owner, reason or deadline: how many, how many late, the oldest, and on what."""

    key: str
    count: int
    late: int
    oldest_days: int
    disputed: dict[str, Decimal]


def dispute_rows(
    database: Engine, as_of: date, as_known: datetime | None = None, resolved: bool = False
) -> list[DisputeRow]:
    """The disputes open at the end of that day (with `resolved`: all opened by then), the earliest deadline
    first, those without one last."""
    with reading(database, as_known, as_of) as connection:
        return list(rows_on(connection, as_of, resolved))


def rows_on(
    connection: Connection, as_of: date, resolved: bool = False, only: Sequence[str] | None = None
) -> Iterable[DisputeRow]:
    """What `dispute_rows` returns, read on a connection that is there already; of these accounts, where any
    are named."""
    query = _cases(as_of, resolved)
    cases = read_people(connection, query if only is None else query.where(dispute_cases.c.account.in_(only)))
    if not cases:
        return []
    about = _items(connection, as_of, only)
    numbers = sorted({case.account for case in cases})
    open_now = {(one.account, one.item): one for one in open_items(connection, as_of, only=numbers)}
    found = [_row(case, about.get(case.position, []), open_now, as_of) for case in cases]
    return sorted(found, key=lambda one: (one.deadline or date.max, one.opened_on, one.number, one.dispute))


def _cases(as_of: date, resolved: bool) -> Select[Any]:
    ended = (
        select(
            dispute_outcomes.c.account, dispute_outcomes.c.dispute, dispute_outcomes.c.outcome,
            dispute_outcomes.c.happened_on.label("resolved_on"),
        )
        .where(dispute_outcomes.c.happened_on <= as_of)
        .subquery()
    )  # fmt: skip
    same = (ended.c.account == dispute_cases.c.account) & (ended.c.dispute == dispute_cases.c.dispute)
    query = (
        select(
            dispute_cases, ended.c.outcome, ended.c.resolved_on, accounts.c.name, accounts.c.backfilled,
            func.coalesce(accounts.c.number, dispute_cases.c.account).label("number"),
        )
        .outerjoin(ended, same)
        .outerjoin(accounts, accounts.c.stream == dispute_cases.c.account)
        .where(dispute_cases.c.happened_on <= as_of)
    )  # fmt: skip
    return query if resolved else query.where(ended.c.resolved_on.is_(None))


def _items(connection: Connection, as_of: date, only: Sequence[str] | None = None) -> Mapping[int, list[Any]]:
    """The items of each dispute, by log position."""
    found: dict[int, list[Any]] = defaultdict(list)
    query = select(disputes).where(disputes.c.happened_on <= as_of)
    if only is not None:
        query = query.where(disputes.c.account.in_(only))
    for row in connection.execute(query.order_by(disputes.c.position, disputes.c.line)):
        found[row.position].append(row)
    return found


def _row(case: Any, about: Sequence[Any], open_now: Mapping[Any, Any], as_of: date) -> DisputeRow:
    amounts: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for row in about if case.resolved_on is None else ():
        if (item := open_now.get((row.account, row.item))) is not None:
            amounts[item.currency] += item.open if row.part is None else min(item.open, Decimal(row.part))
    until = case.resolved_on or as_of
    late = 0 if case.deadline is None else max(0, (until - case.deadline).days)
    return DisputeRow(
        account=case.account, number=case.number, name=case.name, dispute=case.dispute, reason=case.code,
        owner=case.owner, items=tuple(row.item for row in about), disputed=dict(sorted(amounts.items())),
        opened_on=case.happened_on, deadline=case.deadline, days_open=(until - case.happened_on).days,
        days_late=late, resolved_on=case.resolved_on, outcome=case.outcome,
        rests_on_backfill=bool(case.backfilled),
    )  # fmt: skip


def summed(rows: Iterable[DisputeRow], by: By, as_of: date) -> list[DisputeSum]:
    """The open disputes by owner, reason, or how near the deadline is."""
    groups: dict[str, list[DisputeRow]] = defaultdict(list)
    for row in rows:
        if row.resolved_on is None:
            groups[_key(row, by, as_of)].append(row)
    return [_sum(key, group) for key, group in sorted(groups.items())]


def _key(row: DisputeRow, by: By, as_of: date) -> str:
    if by == "owner":
        return row.owner or "nobody"
    if by == "reason":
        return row.reason or "none"
    if row.deadline is None:
        return "none"
    if row.days_late:
        return "past"
    return "within 7 days" if row.deadline <= as_of + SOON else "later"


def _sum(key: str, group: Sequence[DisputeRow]) -> DisputeSum:
    amounts: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for row in group:
        for currency, amount in row.disputed.items():
            amounts[currency] += amount
    return DisputeSum(
        key, len(group), sum(row.days_late > 0 for row in group), max(row.days_open for row in group),
        dict(sorted(amounts.items())),
    )  # fmt: skip
