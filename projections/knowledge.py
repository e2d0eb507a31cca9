"""The book as it was known at a moment: views that leave out what became known later.

A report has one set of queries. Asked as known now it reads the tables; asked as known then it reads views of
the same names in the connection's own temporary schema, so that it is the same report on a book that holds
only what was known.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Select,
    Table,
    case,
    exists,
    false,
    func,
    or_,
    select,
)

from projections.clocks import known
from projections.postings import RAISED
from projections.tables import (
    DERIVED,
    account_details,
    accounts,
    balances,
    item_terms,
    items,
    postings,
    timeline,
)

_AS_KNOWN = "as_known"
_TEMPORARY = {"sqlite": "temp", "postgresql": "pg_temp"}


def look_back(connection: Connection, as_of: date | None, as_known: datetime | None) -> Connection:
    """The connection, reading only what was known at that moment (None: what is known now), and of the
    debtors' details what held at the end of that day (None: the latest). The views end with the transaction.
    """
    if as_known is not None:
        views = {table: _known(table, as_of, as_known) for table in DERIVED}
    elif as_of is not None and _changed_since(connection, as_of):
        views = {table: select(table) for table in DERIVED} | {accounts: _accounts(as_of, None)}
    else:
        return connection
    dialect = connection.dialect
    own = dialect.default_schema_name
    for table, query in views.items():
        compiled = query.compile(
            dialect=dialect, schema_translate_map={None: own}, render_schema_translate=True,
            compile_kwargs={"literal_binds": True},
        )  # fmt: skip
        connection.exec_driver_sql(f"CREATE TEMPORARY VIEW {table.name} AS {compiled}")
    return connection.execution_options(
        schema_translate_map={None: _TEMPORARY[dialect.name]}, **{_AS_KNOWN: as_known}
    )


def known_at(connection: Connection) -> datetime | None:
    """The moment that the connection looks back to; None: what is known now."""
    found: datetime | None = connection.get_execution_options().get(_AS_KNOWN)
    return found


def _changed_since(connection: Connection, as_of: date) -> bool:
    """Whether any debtor's details changed after that day."""
    later = select(account_details.c.position).where(account_details.c.happened_on > as_of).limit(1)
    return connection.execute(later).first() is not None


def _known(table: Table, as_of: date | None, as_known: datetime) -> Select[Any]:
    """The rows of the table as it was then. Lines that carry no moment hang on rows that do."""
    if table is accounts:
        return _accounts(as_of, as_known)
    if table is items:
        return _items(as_known)
    if table is balances:
        still = or_(balances.c.known_until.is_(None), balances.c.known_until > as_known)
        return select(table).where(balances.c.known_from <= as_known, still)
    return select(table).where(known(table, as_known)) if "known_at" in table.c else select(table)


def _accounts(as_of: date | None, as_known: datetime | None) -> Select[Any]:
    """Of each account of which anything was known, what was last said of each detail. Its number, and the day
    on which it was opened, are what it is known by, whatever that day.

    Most accounts were told nothing new since: these stand as they are.
    """
    said, unsaid = known(account_details, as_known), ~known(account_details, as_known)
    if as_of is not None:
        by_then = (account_details.c.happened_on <= as_of) | account_details.c.number.is_not(None)
        said, unsaid = said & by_then, unsaid | ~by_then
    told_since = select(account_details.c.account).where(unsaid)
    stands = accounts.c.number.is_not(None) & accounts.c.stream.not_in(told_since)
    own = account_details.c.account == accounts.c.stream
    columns = [
        case((stands, column), else_=_last_said(account_details.c[column.name], own & said)).label(
            column.name
        )
        for column in accounts.c
        if column.name in account_details.c
    ]
    of_account = timeline.c.account == accounts.c.stream
    backfilled = exists().where(of_account, timeline.c.backfilled, known(timeline, as_known))
    query = select(accounts.c.stream, *columns, backfilled.label("backfilled"))
    # A backfill may have known of something before it knew that the account had been opened.
    return query.where(stands | exists().where(own, said) | backfilled)


def _last_said(detail: Column[Any], said: ColumnElement[bool]) -> ColumnElement[Any]:
    stated = select(detail).where(said, detail.is_not(None))
    last = stated.order_by(account_details.c.position.desc()).limit(1).scalar_subquery()
    return func.coalesce(last, false()) if isinstance(detail.type, Boolean) else last


def _items(as_known: datetime) -> Select[Any]:
    """Of each item that was known, how it was raised, when it was last said to be due, and what was open."""
    same = (item_terms.c.account == postings.c.account) & (item_terms.c.item == postings.c.item)
    due_on = select(item_terms.c.due_on).where(same, known(item_terms, as_known))
    moved = postings.alias("moved")
    own = (moved.c.account == postings.c.account) & (moved.c.item == postings.c.item)
    open_minor = select(func.sum(moved.c.amount_minor)).where(own, known(moved, as_known))
    return select(
        postings.c.account,
        postings.c.item,
        postings.c.kind.label("item_kind"),
        postings.c.currency,
        postings.c.effective_on.label("issued_on"),
        due_on.order_by(item_terms.c.position.desc()).limit(1).scalar_subquery().label("due_on"),
        open_minor.scalar_subquery().label("open_minor"),
    ).where(postings.c.kind.in_(RAISED), known(postings, as_known))
