"""Balances per item at the end of a day, for aging and whatever else asks what is open."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    Subquery,
    case,
    func,
    null,
    select,
    union_all,
)

from projections.tables import accounts, assignments, item_terms, items, postings

By = Literal["currency", "account", "policy", "segment"]
Accounts = Select[str] | Sequence[str] | None
"""Some accounts, or (None) all."""


def _balances(as_of: date, only: Accounts) -> Subquery:
    """The sum of postings per item, where it is not zero; unapplied money has no item."""
    total = func.sum(postings.c.amount_minor)
    query = (
        select(
            postings.c.account,
            postings.c.item,
            postings.c.currency,
            total.label("open_minor"),
            func.max(case((postings.c.backfilled, 1), else_=0)).label("backfilled"),
        )
        .where(postings.c.effective_on <= as_of)
        .group_by(postings.c.account, postings.c.item, postings.c.currency)
        .having(total != 0)
    )
    return (query if only is None else query.where(postings.c.account.in_(only))).subquery("balances")


def due_balances(as_of: date, only: Accounts = None) -> Subquery:
    """Each balance with its due date as it was then; what counts as unapplied money has none.

    That is also what was paid on an item that was not known yet, and what was paid too much on one: where
    money is dated back to days on which the item was already paid otherwise, by what was taken back later.
    """
    balances = _balances(as_of, only)
    due_on = (
        select(item_terms.c.due_on)
        .where(item_terms.c.account == balances.c.account, item_terms.c.item == balances.c.item)
        .where(item_terms.c.effective_on <= as_of)
        .order_by(item_terms.c.position.desc())
        .limit(1)
        .scalar_subquery()
    )
    return select(balances, case((balances.c.open_minor > 0, due_on)).label("due_on")).subquery("due")


def open_rows(connection: Connection, as_of: date, only: Accounts = None) -> Sequence[Any]:
    """What is open on each item, and unapplied, at the end of that day: (account, item, currency, open_minor,
    due_on), as `due_balances` has it, without names. What is open now is kept with the items, and read there.
    """
    if _is_present(connection, as_of):
        return connection.execute(_open_now(only)).all()
    due = due_balances(as_of, only)
    return connection.execute(
        select(due.c.account, due.c.item, due.c.currency, due.c.open_minor, due.c.due_on)
    ).all()


def _is_present(connection: Connection, as_of: date) -> bool:
    """Whether all that is in the tables, and nothing less, counts by that day."""
    if connection.get_execution_options().get("schema_translate_map"):
        return False
    for dated in (postings.c.effective_on, item_terms.c.effective_on):
        last = connection.execute(select(func.max(dated))).scalar_one()
        if last is not None and last > as_of:
            return False
    return True


def _open_now(only: Accounts) -> CompoundSelect[Any]:
    on_items = select(
        items.c.account, items.c.item, items.c.currency, items.c.open_minor,
        case((items.c.open_minor > 0, items.c.due_on)).label("due_on"),
    ).where(items.c.open_minor != 0)  # fmt: skip
    total = func.sum(postings.c.amount_minor)
    unapplied = (
        select(postings.c.account, null(), postings.c.currency, total, null())
        .where(postings.c.item.is_(None))
        .group_by(postings.c.account, postings.c.currency)
        .having(total != 0)
    )
    if only is not None:
        on_items = on_items.where(items.c.account.in_(only))
        unapplied = unapplied.where(postings.c.account.in_(only))
    return union_all(on_items, unapplied)


def described(due: Subquery) -> Any:
    """The balances beside their items and accounts, where these are known."""
    same_item = (items.c.account == due.c.account) & (items.c.item == due.c.item)
    return due.outerjoin(items, same_item).outerjoin(accounts, accounts.c.stream == due.c.account)


def by_due_date(as_of: date, by: By, only: Accounts = None) -> Select[Any]:
    """Sums per key, currency and due date: few enough to be put into buckets afterwards."""
    due = due_balances(as_of, only)
    source, key = described(due), _key(due, by)
    if by == "policy":
        own, default = _assigned(as_of), _assigned(as_of)
        source = source.outerjoin(own, own.c.account == due.c.account)
        source = source.outerjoin(default, default.c.account.is_(None))
        key = func.coalesce(own.c.policy, default.c.policy)
    # Two accounts may have the same number: by account they stay apart.
    groups = [key, due.c.currency, due.c.due_on, *([due.c.account] if by == "account" else [])]
    return (
        select(
            key.label("key"),
            due.c.currency,
            due.c.due_on,
            func.min(due.c.account).label("stream"),
            func.sum(due.c.open_minor).label("open_minor"),
            func.sum(case((items.c.item_kind == "invoice", 1), else_=0)).label("invoices"),
            func.sum(case((items.c.item_kind == "interest", due.c.open_minor), else_=0)).label(
                "interest_minor"
            ),
            func.sum(case((items.c.item_kind == "fee", due.c.open_minor), else_=0)).label("fees_minor"),
            func.max(due.c.backfilled).label("backfilled"),
        )
        .select_from(source)
        .group_by(*groups)
    )


def _key(due: Subquery, by: By) -> ColumnElement[str]:
    if by == "account":
        return func.coalesce(accounts.c.number, due.c.account)
    return accounts.c.segment if by == "segment" else due.c.currency


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
