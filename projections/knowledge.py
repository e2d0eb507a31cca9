"""The book as it was known at a moment: views that leave out what became known later.

A report has one set of queries. Asked as known now it reads the tables; asked as known then it reads views of
the same names in the connection's own temporary schema, so that it is the same report on a book that holds
only what was known.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
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
    union_all,
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
    microseconds,
    postings,
    timeline,
)

_AS_KNOWN = "as_known"
_TEMPORARY = {"sqlite": "temp", "postgresql": "pg_temp"}


def look_back(connection: Connection, as_of: date | None, as_known: datetime | None) -> Connection:
    """The connection, reading only what was known at that moment (None: what is known now), and of the
    debtors' details what held at the end of that day (None: the latest). The views end with the transaction.
    """
    if as_known is None and (as_of is None or not _changed_since(connection, as_of)):
        return connection
    for view in _views(connection, as_of, as_known):
        connection.exec_driver_sql(view)
    return connection.execution_options(
        schema_translate_map={None: _TEMPORARY[connection.dialect.name]}, **{_AS_KNOWN: as_known}
    )


_DAY, _MOMENT = date(9876, 5, 4), datetime(9876, 5, 4, 3, 2, 1, 98765, UTC)
"""What stands in a view for the day and the moment that are asked for, and nowhere else."""
_written: dict[tuple[str | None, ...], list[str]] = {}


def _views(connection: Connection, as_of: date | None, as_known: datetime | None) -> Iterator[str]:
    """The statements that make the views: to write them takes longer than to run them, once is enough."""
    dated, known_then = as_of and _DAY, as_known and _MOMENT
    dialect = connection.dialect
    key = (dialect.name, dialect.default_schema_name, str(dated), str(known_then))
    if key not in _written:
        queries = {table: _seen(table, dated, known_then) for table in DERIVED}
        _written[key] = [_view(connection, table, query) for table, query in queries.items()]
    written, moment = str(microseconds(_MOMENT)), str(microseconds(as_known or _MOMENT))
    for view in _written[key]:
        yield view.replace(str(_DAY), str(as_of)).replace(written, moment)


def _view(connection: Connection, table: Table, query: Select[Any]) -> str:
    compiled = query.compile(
        dialect=connection.dialect, compile_kwargs={"literal_binds": True}, render_schema_translate=True,
        schema_translate_map={None: connection.dialect.default_schema_name},
    )  # fmt: skip
    return f"CREATE TEMPORARY VIEW {table.name} AS {compiled}"


def _seen(table: Table, as_of: date | None, as_known: datetime | None) -> Select[Any]:
    """The rows of the table that are to be seen."""
    if as_known is not None:
        return _known(table, as_of, as_known)
    return _accounts(as_of, None) if table is accounts else select(table)


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
    told, said, since = account_details.c, known(account_details, as_known), []
    if as_known is not None:
        since.append(select(told.account).where(told.known_at > as_known))
    if as_of is not None:
        said &= (told.happened_on <= as_of) | told.number.is_not(None)
        since.append(select(told.account).where(told.happened_on > as_of, told.number.is_(None)))
    stands = accounts.c.number.is_not(None) & accounts.c.stream.not_in(union_all(*since))
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
