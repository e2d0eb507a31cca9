"""Aging by pages: the accounts and the items of a part of the book, sorted and cut by the database.

What is drawn from a page costs what is on it; names and numbers are opened for that page alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Subquery, and_, case, func, select

from engine.domain.money import from_minor
from projections.aging import CURRENT, EDGES, UNAPPLIED, OpenItem, bucket_labels, item_of
from projections.balances import By, keyed, open_balances
from projections.personal import read_people
from projections.slices import Slice
from projections.tables import accounts

TOTAL, COUNT = "total", "count"


@dataclass(frozen=True)
class Part:
    """Which part of the book: one currency; of it, accounts under a key of a report by that (segment `red`),
    or one account; of these, what stands in a bucket (None: in any, and what is unapplied)."""

    currency: str | None = None
    by: By = "currency"
    key: str | None = None
    account: str | None = None
    bucket: str | None = None


@dataclass(frozen=True)
class AccountAged:
    """What an account owes in a currency, by bucket; `total` less unapplied money. `count`: items."""

    account: str
    number: str
    name: str | None
    collector: str | None
    segment: str | None
    currency: str
    count: int
    buckets: dict[str, Decimal]
    unapplied: Decimal
    total: Decimal
    rests_on_backfill: bool


def aged_accounts(
    connection: Connection, as_of: date, part: Part, cut: Slice, edges: Sequence[int] = EDGES
) -> tuple[list[AccountAged], int]:
    """Accounts of the part, sorted by a bucket, `unapplied`, `total` or `count`, and how many there are in
    all. Raises EdgesNotAscending."""
    due = open_balances(connection, as_of, None if part.account is None else [part.account])
    labels = bucket_labels(edges)
    amounts = {label: _in_bucket(due, label, as_of, edges) for label in labels}
    amounts[UNAPPLIED] = case((due.c.due_on.is_(None), -due.c.open_minor), else_=0)
    sums = {label: func.sum(amount) for label, amount in amounts.items()}
    total, count = func.sum(due.c.open_minor), func.count(due.c.due_on)
    query = (
        select(
            due.c.account, due.c.currency, count.label(COUNT), total.label(TOTAL),
            func.max(due.c.backfilled).label("backfilled"), func.count().over().label("accounts"),
            *(one.label(f"b{place}") for place, one in enumerate(sums.values())),
        )
        .where(*_of(part, due))
        .group_by(due.c.account, due.c.currency)
    )  # fmt: skip
    query = _belonging(query, due, as_of, part)
    if part.bucket in sums:
        query = query.having(sums[part.bucket] != 0)
    by = {**sums, TOTAL: total, COUNT: count}[cut.sort]
    page = cut.of(query, by, due.c.account, due.c.currency).subquery("page")
    number = func.coalesce(accounts.c.number, page.c.account).label("number")
    named = select(page, number, accounts.c.name, accounts.c.collector, accounts.c.segment).outerjoin(
        accounts, accounts.c.stream == page.c.account
    )
    names = {label: f"b{place}" for place, label in enumerate(sums)}
    order = page.c[names.get(cut.sort, cut.sort)]
    rows = read_people(connection, named.order_by(cut.turned(order), page.c.account, page.c.currency))
    return [_account(row, (*labels, UNAPPLIED)) for row in rows], rows[0].accounts if rows else 0


def _account(row: Any, labels: Sequence[str]) -> AccountAged:
    minor = {label: int(getattr(row, f"b{place}") or 0) for place, label in enumerate(labels)}
    buckets = {label: from_minor(amount, row.currency) for label, amount in minor.items()}
    return AccountAged(
        account=row.account, number=row.number, name=row.name, collector=row.collector, segment=row.segment,
        currency=row.currency, count=row.count, unapplied=buckets.pop(UNAPPLIED), buckets=buckets,
        total=from_minor(int(row.total), row.currency), rests_on_backfill=bool(row.backfilled),
    )  # fmt: skip


ITEM_SORTS = ("days", "open", "issued")


def aged_items(
    connection: Connection, as_of: date, part: Part, cut: Slice, edges: Sequence[int] = EDGES
) -> tuple[list[OpenItem], int]:
    """Open items of the part (and what is unapplied), sorted by one of ITEM_SORTS, and how many there are in
    all. Raises EdgesNotAscending."""
    due = open_balances(connection, as_of, None if part.account is None else [part.account])
    query = select(due, func.count().over().label("items")).where(*_of(part, due))
    if part.bucket is not None:
        query = query.where(_falls_in(due, part.bucket, as_of, edges))
    query = _belonging(query, due, as_of, part)
    order: Any = due.c.open_minor
    if cut.sort == "issued":
        order = due.c.issued_on
    if cut.sort == "days":  # due earliest is past due longest
        order, cut = due.c.due_on, replace(cut, descending=not cut.descending)
    query = query.add_columns(order.label("rank"))
    page = cut.of(query, order, due.c.account, due.c.item).subquery("page")
    number = func.coalesce(accounts.c.number, page.c.account).label("number")
    described = (
        select(page, number)
        .outerjoin(accounts, accounts.c.stream == page.c.account)
        .order_by(cut.turned(page.c.rank), page.c.account, page.c.item)
    )
    rows = read_people(connection, described)
    labels = bucket_labels(edges)
    return [item_of(row, as_of, labels, edges) for row in rows], rows[0].items if rows else 0


# --- the part of the book ---------------------------------------------------------------------------------


def _of(part: Part, due: Subquery) -> list[ColumnElement[bool]]:
    return [] if part.currency is None else [due.c.currency == part.currency]


def _belonging(query: Select[Any], due: Subquery, as_of: date, part: Part) -> Select[Any]:
    """The query, of the accounts under the key."""
    if part.key is None or part.by == "currency":
        return query
    source, key = keyed(due, as_of, part.by)
    return query.select_from(source).where(func.coalesce(key, "") == part.key)


def _in_bucket(due: Subquery, label: str, as_of: date, edges: Sequence[int]) -> ColumnElement[Any]:
    return case((_falls_in(due, label, as_of, edges), due.c.open_minor), else_=0)


def _falls_in(due: Subquery, label: str, as_of: date, edges: Sequence[int]) -> ColumnElement[bool]:
    """Whether a balance stands in the bucket of that name on that day."""
    if label == UNAPPLIED:
        return due.c.due_on.is_(None)
    if label == CURRENT:
        return due.c.due_on >= as_of
    starts = dict(zip(bucket_labels(edges)[1:], pairwise((0, *edges, None)), strict=True))
    after, until = starts[label]
    latest = due.c.due_on < as_of - timedelta(after or 0)
    return latest if until is None else and_(latest, due.c.due_on >= as_of - timedelta(until))
