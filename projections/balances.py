"""Balances per item at the end of a day, for aging and whatever else asks what is open."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    Select,
    Subquery,
    Text,
    case,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)

from projections.tables import accounts, assignments, item_terms, items, postings, unapplied

By = Literal["currency", "account", "policy", "segment", "collector"]
Accounts = Select[str] | Sequence[str] | None
"""Some accounts, or (None) all."""


MOST_LATER, ACCOUNTS_LATER = 20_000, 1_000
"""So many postings, of so many accounts, at most may count later only, for the others to be read as now."""


def _balances(as_of: date, *among: Accounts) -> Subquery:
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
    some = [postings.c.account.in_(only) for only in among if only is not None]
    return query.where(*some).subquery("balances")


def due_balances(as_of: date, *among: Accounts) -> Subquery:
    """Each balance with its due date as it was then, and what is known of its item; what counts as unapplied
    money has none.

    That is also what was paid on an item that was not known yet, and what was paid too much on one: where
    money is dated back to days on which the item was already paid otherwise, by what was taken back later.
    """
    balances = _balances(as_of, *among)
    due_on = (
        select(item_terms.c.due_on)
        .where(item_terms.c.account == balances.c.account, item_terms.c.item == balances.c.item)
        .where(item_terms.c.effective_on <= as_of)
        .order_by(item_terms.c.position.desc())
        .limit(1)
        .scalar_subquery()
    )
    same = (items.c.account == balances.c.account) & (items.c.item == balances.c.item)
    return (
        select(
            balances, case((balances.c.open_minor > 0, due_on)).label("due_on"),
            items.c.item_kind, items.c.issued_on,
        )
        .outerjoin(items, same)
        .subquery("due")
    )  # fmt: skip


def open_balances(connection: Connection, as_of: date, only: Accounts = None) -> Subquery:
    """What `due_balances` has. What is open now is kept with the items, and read there: that takes a look at
    what is open, not at all that ever was. The few accounts of which something counts later are added up."""
    later = accounts_later(connection, as_of)
    if later is None:
        return due_balances(as_of, only)
    if isinstance(only, Sequence):
        later = [account for account in later if account in only]
    now = _open_now(only, later)
    then = [select(due_balances(as_of, only, later))] if later else []
    return union_all(*now, *then).subquery("due")


def open_rows(connection: Connection, as_of: date, only: Accounts = None) -> Sequence[Any]:
    """What is open on each item, and unapplied, at the end of that day: (account, item, currency, open_minor,
    due_on), as `due_balances` has it, without names."""
    due = open_balances(connection, as_of, only)
    return connection.execute(
        select(due.c.account, due.c.item, due.c.currency, due.c.open_minor, due.c.due_on)
    ).all()


def accounts_later(connection: Connection, as_of: date) -> list[str] | None:
    """The accounts of which something in the tables counts only after that day: all others stand at its end
    as they stand now. None where these are too many, or what was known then is asked for."""
    if connection.get_execution_options().get("schema_translate_map"):
        return None
    found: set[str] = set()
    for table in (postings, item_terms):
        later = select(table.c.account).where(table.c.effective_on > as_of).limit(MOST_LATER + 1)
        rows = connection.execute(later).scalars().all()
        if len(rows) > MOST_LATER:
            return None
        found.update(rows)
    return sorted(found) if len(found) <= ACCOUNTS_LATER else None


def _open_now(only: Accounts, but: Sequence[str]) -> tuple[Select[Any], Select[Any]]:
    """What is open on items now, and what is unapplied; of some accounts or all, but for some."""
    nothing = literal(0).label("backfilled")  # asked as known now, an answer rests on what is known now
    on_items = select(
        items.c.account, items.c.item, items.c.currency, items.c.open_minor, nothing,
        case((items.c.open_minor > 0, items.c.due_on)).label("due_on"), items.c.item_kind, items.c.issued_on,
    ).where(items.c.open_minor != 0)  # fmt: skip
    money = select(
        unapplied.c.account, cast(null(), Text), unapplied.c.currency, unapplied.c.open_minor, nothing,
        cast(null(), Date), cast(null(), Text), cast(null(), Date),
    ).where(unapplied.c.open_minor != 0)  # fmt: skip
    return _some(on_items, items.c.account, only, but), _some(money, unapplied.c.account, only, but)


def _some(query: Select[Any], account: ColumnElement[str], only: Accounts, but: Sequence[str]) -> Select[Any]:
    if only is not None:
        query = query.where(account.in_(only))
    return query.where(account.not_in(but)) if but else query


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
