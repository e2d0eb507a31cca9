"""The accounts as a list: what each owes and since when, filtered, sorted and paged by the tables."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, Subquery, case, exists, func, select

from engine.domain.money import OTHER_DECIMALS, from_minor
from projections.aging import bucket_labels, bucket_of
from projections.tables import (
    accounts,
    dispute_cases,
    dispute_outcomes,
    hold_releases,
    holds,
    items,
    placements,
    postings,
    promise_states,
    promises,
)

Stop = Literal["disputed", "held", "promised", "placed"]
Sort = Literal["open", "oldest"]
NONE = "-"
"""In a filter: accounts that have none."""


@dataclass(frozen=True)
class Wanted:
    """Which accounts are listed: all that is said must hold. `bucket` is that of the oldest open item by
    `edges`; `streams`: only these. A policy that nobody gave an account is the book's `default_policy`."""

    currency: str | None = None
    bucket: str | None = None
    segment: str | None = None
    collector: str | None = None
    policy: str | None = None
    default_policy: str | None = None
    stop: Stop | None = None
    streams: Collection[str] | None = None
    edges: tuple[int, ...] = (30, 60, 90)


@dataclass(frozen=True)
class AccountRow:
    """An account of the list; `open` and `unapplied` are by currency, `oldest_due_on` of what is open."""

    stream: str
    segment: str | None
    collector: str | None
    policy: str | None
    country: str | None
    opened_on: date | None
    open: dict[str, Decimal]
    unapplied: dict[str, Decimal]
    oldest_due_on: date | None
    bucket: str | None
    stops: tuple[Stop, ...]


# --- which accounts ---------------------------------------------------------------------------------------


def count_accounts(connection: Connection, wanted: Wanted, on: date) -> int:
    """How many accounts are wanted."""
    query = _wanted(select(accounts.c.stream), wanted, on).subquery()
    return connection.execute(select(func.count()).select_from(query)).scalar_one()


def sorted_streams(
    connection: Connection, wanted: Wanted, on: date, sort: Sort, descending: bool, offset: int, size: int
) -> list[str]:
    """The accounts wanted from `offset` on, by what is open or since when; those with nothing open come last.

    Amounts of different currencies are not converted.
    """
    others = [name for name in open_currencies(connection) if name in OTHER_DECIMALS]
    owed = _owed(wanted.currency, others)
    key = owed.c.weight if sort == "open" else owed.c.oldest
    beside = select(accounts.c.stream).outerjoin(owed, owed.c.account == accounts.c.stream)
    direction = key.desc() if descending else key.asc()
    query = _wanted(beside, wanted, on).order_by(key.is_(None), direction, accounts.c.stream)
    return list(connection.execute(query.limit(size).offset(offset)).scalars())


def wanted_streams(connection: Connection, wanted: Wanted, on: date) -> list[str]:
    """All accounts wanted, in no order."""
    return list(connection.execute(_wanted(select(accounts.c.stream), wanted, on)).scalars())


def _wanted(query: Select[Any], wanted: Wanted, on: date) -> Select[Any]:
    if wanted.streams is not None:
        query = query.where(accounts.c.stream.in_(wanted.streams))
    for column, value in ((accounts.c.segment, wanted.segment), (accounts.c.collector, wanted.collector)):
        if value is not None:
            query = query.where(func.coalesce(column, "") == "" if value == NONE else column == value)
    if wanted.policy is not None:
        followed = func.coalesce(accounts.c.policy, wanted.default_policy)
        query = query.where(followed == wanted.policy)
    if wanted.currency is not None or wanted.bucket is not None:
        query = query.where(accounts.c.stream.in_(_owing(wanted, on)))
    return query if wanted.stop is None else query.where(accounts.c.stream.in_(_stopped(wanted.stop, on)))


def _owing(wanted: Wanted, on: date) -> Select[str]:
    """The accounts with something open in the currency, the oldest of which is in the bucket."""
    query = select(items.c.account).where(items.c.open_minor != 0).group_by(items.c.account)
    if wanted.currency is not None:
        query = query.where(items.c.currency == wanted.currency)
    if wanted.bucket is not None:
        oldest = func.min(case((items.c.open_minor > 0, items.c.due_on)))
        first, last = _due_within(wanted.bucket, wanted.edges, on)
        query = query if first is None else query.having(oldest >= first)
        query = query if last is None else query.having(oldest <= last)
    return query


def _due_within(bucket: str, edges: Sequence[int], on: date) -> tuple[date | None, date | None]:
    """Between which due dates an item is in that bucket on that day."""
    starts = (None, 1, *(edge + 1 for edge in edges))
    place = bucket_labels(edges).index(bucket)
    ends = (0, *edges, None)
    start, end = starts[place], ends[place]
    return (
        None if end is None else on - timedelta(days=end),
        None if start is None else on - timedelta(days=start),
    )


def _owed(currency: str | None, others: Sequence[str]) -> Subquery:
    """Per account what its open amounts weigh (those of several currencies together, as they stand), and the
    oldest due date of what is open. `others`: the currencies there that do not have two decimals."""
    query = select(
        items.c.account, func.sum(_weighed(items.c.open_minor, others)).label("weight"),
        func.min(case((items.c.open_minor > 0, items.c.due_on))).label("oldest"),
    ).where(items.c.open_minor != 0)  # fmt: skip
    if currency is not None:
        query = query.where(items.c.currency == currency)
    return query.group_by(items.c.account).subquery()


def _weighed(minor: ColumnElement[Any], others: Sequence[str]) -> ColumnElement[Any]:
    """Amounts of currencies with other decimals beside one another: as if all had three."""
    factors = {name: 10 ** (3 - OTHER_DECIMALS[name]) for name in others}
    return minor * case(factors, value=items.c.currency, else_=10) if factors else minor


def open_currencies(connection: Connection) -> list[str]:
    """The currencies in which anything is open."""
    query = select(items.c.currency).where(items.c.open_minor != 0).distinct()
    return sorted(connection.execute(query).scalars())


# --- what stops them --------------------------------------------------------------------------------------


def _stopped(stop: Stop, on: date) -> Select[str]:
    """The accounts on which something of that kind stands on that day."""
    return {"disputed": _disputed, "held": _held, "promised": _promised, "placed": _placed}[stop](on)


def _disputed(on: date) -> Select[str]:
    same = (dispute_outcomes.c.account == dispute_cases.c.account) & (
        dispute_outcomes.c.dispute == dispute_cases.c.dispute
    )
    ended = exists().where(same, dispute_outcomes.c.happened_on <= on)
    return select(dispute_cases.c.account).where(dispute_cases.c.happened_on <= on, ~ended)


def _held(on: date) -> Select[str]:
    same = (hold_releases.c.account == holds.c.account) & (hold_releases.c.hold == holds.c.hold)
    released = exists().where(same, hold_releases.c.happened_on <= on)
    runs = (holds.c.from_on <= on) & (holds.c.until_on.is_(None) | (holds.c.until_on > on))
    return select(holds.c.account).where(runs, ~released)


def _promised(on: date) -> Select[str]:
    """A plan's end is recorded under its own name, and ends all its parts."""
    same = (promise_states.c.account == promises.c.account) & promise_states.c.promise.in_(
        [promises.c.promise, promises.c.plan]
    )
    ended = exists().where(same, promise_states.c.happened_on <= on)
    return select(promises.c.account).where(promises.c.made_on <= on, ~ended)


def _placed(on: date) -> Select[str]:
    later = placements.alias("later")
    replaced = exists().where(
        later.c.account == placements.c.account, later.c.placement == placements.c.placement,
        later.c.position > placements.c.position, later.c.happened_on <= on,
    )  # fmt: skip
    return select(placements.c.account).where(
        placements.c.status == "placed", placements.c.happened_on <= on, ~replaced
    )


# --- what a page shows ------------------------------------------------------------------------------------


def account_rows(
    connection: Connection, streams: Sequence[str], on: date, edges: tuple[int, ...] = (30, 60, 90)
) -> list[AccountRow]:
    """The accounts of a page, in that order."""
    owed, unapplied, oldest = _amounts(connection, streams)
    stops = {stop: _those(connection, _stopped(stop, on), streams) for stop in STOPS}
    known = connection.execute(select(accounts).where(accounts.c.stream.in_(streams)))
    rows = {row.stream: row for row in known}
    labels = bucket_labels(edges)
    found = []
    for stream in streams:
        row, due = rows[stream], oldest.get(stream)
        found.append(
            AccountRow(
                stream=stream, segment=row.segment or None, collector=row.collector or None,
                policy=row.policy, country=row.country or None, opened_on=row.opened_on,
                open=owed.get(stream, {}), unapplied=unapplied.get(stream, {}), oldest_due_on=due,
                bucket=None if due is None else labels[bucket_of((on - due).days, edges)],
                stops=tuple(stop for stop in STOPS if stream in stops[stop]),
            )
        )  # fmt: skip
    return found


STOPS: tuple[Stop, ...] = ("disputed", "held", "promised", "placed")
_Amounts = dict[str, dict[str, Decimal]]


def _amounts(connection: Connection, streams: Sequence[str]) -> tuple[_Amounts, _Amounts, Mapping[str, date]]:
    """What is open and what is unapplied of each account, and the oldest due date."""
    owed: _Amounts = defaultdict(dict)
    unapplied: _Amounts = defaultdict(dict)
    oldest: dict[str, date] = {}
    query = select(items.c.account, items.c.currency, func.sum(items.c.open_minor), func.min(items.c.due_on))
    of_these = items.c.account.in_(streams) & (items.c.open_minor != 0)
    for account, currency, minor, due in connection.execute(
        query.where(of_these).group_by(items.c.account, items.c.currency)
    ):
        owed[account][currency] = from_minor(minor, currency)
        oldest[account] = min(due, oldest.get(account, due))
    total = func.sum(postings.c.amount_minor)
    rest = select(postings.c.account, postings.c.currency, total).where(
        postings.c.item.is_(None), postings.c.account.in_(streams)
    )
    for account, currency, minor in connection.execute(
        rest.group_by(postings.c.account, postings.c.currency).having(total != 0)
    ):
        unapplied[account][currency] = from_minor(-minor, currency)
    return owed, unapplied, oldest


def _those(connection: Connection, query: Select[str], streams: Sequence[str]) -> frozenset[str]:
    [column] = query.selected_columns
    return frozenset(connection.execute(query.where(column.in_(streams))).scalars())


@dataclass(frozen=True)
class Choices:
    """What the list can be filtered by."""

    currencies: list[str] = field(default_factory=list)
    segments: list[str] = field(default_factory=list)
    collectors: list[str] = field(default_factory=list)


def choices(connection: Connection) -> Choices:
    """The currencies, segments and collectors that there are."""

    def distinct(column: ColumnElement[Any]) -> list[str]:
        found = connection.execute(select(column).distinct()).scalars()
        return sorted(one for one in found if one)

    return Choices(open_currencies(connection), distinct(accounts.c.segment), distinct(accounts.c.collector))
