"""Balances per item at the end of a day, for aging and whatever else asks what is open."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, Subquery, case, func, select, union_all

from projections.knowledge import known_at
from projections.length_classes import beginnings
from projections.tables import accounts, assignments, balances

By = Literal["currency", "account", "policy", "segment", "collector"]
Accounts = Select[str] | Sequence[str] | None
"""Some accounts, or (None) all."""
MOST_NAMED = 5_000
"""So many accounts at most are looked up one by one."""


def open_balances(connection: Connection, as_of: date, only: Accounts = None) -> Subquery:
    """What is not zero at the end of that day: each item with its due date as it was then, and each account's
    unapplied money (without item or due date); of some accounts or all.

    What was paid on an item that was not known yet has no due date either, nor what was paid too much on one:
    where money is dated back to days on which the item was already paid otherwise, by what was taken back
    later.
    """
    found = [_balances().where(*held, *_held_on(as_of)) for held in _stretches(connection, as_of, only)]
    return union_all(*found).subquery("due")


def _balances() -> Select[Any]:
    held = balances.c
    return select(
        held.account, func.nullif(held.item, "").label("item"), held.currency, held.open_minor,
        held.from_on.label("since"),
        case((held.backfilled, 1), else_=0).label("backfilled"),
        case((held.open_minor > 0, held.due_on)).label("due_on"), held.item_kind, held.issued_on,
    )  # fmt: skip


def _held_on(as_of: date) -> tuple[ColumnElement[bool], ...]:
    return balances.c.open_minor != 0, balances.c.from_on <= as_of, balances.c.last_on >= as_of


def _stretches(
    connection: Connection, as_of: date, only: Accounts
) -> Iterator[Sequence[ColumnElement[bool]]]:
    """Where what is open that day is looked for: no two of these hold the same balance. What was not known
    yet, and no longer, is left out by the views of a connection that looks back."""
    still, known_then = balances.c.known_until.is_(None), known_at(connection)
    if only is not None:
        mine = balances.c.account.in_(only)
        yield (mine,) if known_then else (mine, still)
        return
    for begins in beginnings(balances.c.days_class, balances.c.from_on, as_of):
        yield still, begins
    if known_then is not None:
        for begins in beginnings(balances.c.known_class, balances.c.known_from, known_then):
            yield ~still, begins


def open_rows(connection: Connection, as_of: date, only: Accounts = None) -> Sequence[Any]:
    """What is open on each item, and unapplied, at the end of that day: (account, item, currency, open_minor,
    due_on), as `open_balances` has it, without names."""
    many = frozenset(only) if isinstance(only, Sequence) and len(only) > MOST_NAMED else None
    due = open_balances(connection, as_of, None if many else only)
    query = select(due.c.account, due.c.item, due.c.currency, due.c.open_minor, due.c.due_on)
    rows = connection.execute(query).all()
    return rows if many is None else [row for row in rows if row.account in many]


def open_parts(connection: Connection, as_of: date, account: str) -> Sequence[Any]:
    """What is open on each item of an account, and unapplied, at the end of that day: (item, item_kind,
    currency, due_on, open_minor)."""
    due = open_balances(connection, as_of, [account])
    query = select(due.c.item, due.c.item_kind, due.c.currency, due.c.due_on, due.c.open_minor)
    return connection.execute(query).all()


def by_due_date(due: Subquery, as_of: date, by: By) -> Select[Any]:
    """Sums of balances per key, currency and due date: few enough to be put into buckets afterwards."""
    source, key = keyed(due, as_of, by)
    # Two accounts may have the same number: by account they stay apart.
    groups = [key, due.c.currency, due.c.due_on, *([due.c.account] if by == "account" else [])]
    return (
        select(
            key.label("key"),
            due.c.currency,
            due.c.due_on,
            func.min(due.c.account).label("stream"),
            func.sum(due.c.open_minor).label("open_minor"),
            func.sum(case((due.c.item_kind == "invoice", 1), else_=0)).label("invoices"),
            func.sum(case((due.c.item_kind == "interest", due.c.open_minor), else_=0)).label(
                "interest_minor"
            ),
            func.sum(case((due.c.item_kind == "fee", due.c.open_minor), else_=0)).label("fees_minor"),
            func.max(due.c.backfilled).label("backfilled"),
        )
        .select_from(source)
        .group_by(*groups)
    )


def keyed(due: Subquery, as_of: date, by: By) -> tuple[Any, ColumnElement[str]]:
    """The balances beside their accounts, and what a report by that adds them up by."""
    if by == "currency":
        return due, due.c.currency
    source = due.outerjoin(accounts, accounts.c.stream == due.c.account)
    if by == "policy":
        own, default = _assigned(as_of), _assigned(as_of)
        source = source.outerjoin(own, own.c.account == due.c.account)
        source = source.outerjoin(default, default.c.account.is_(None))
        return source, func.coalesce(own.c.policy, default.c.policy)
    if by == "account":
        return source, func.coalesce(accounts.c.number, due.c.account)
    return source, accounts.c.segment if by == "segment" else accounts.c.collector


def _assigned(as_of: date) -> Subquery:
    """The policy of each account that was assigned one, and of the others, as at the end of that day."""
    latest = func.row_number().over(
        partition_by=assignments.c.account,
        order_by=(assignments.c.effective_from.desc(), assignments.c.position.desc()),
    )
    ranked = (
        select(assignments.c.account, assignments.c.policy, latest.label("rank"))
        .where(assignments.c.effective_on <= as_of)
        .subquery()
    )
    return select(ranked.c.account, ranked.c.policy).where(ranked.c.rank == 1).subquery()
