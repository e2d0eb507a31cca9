"""Keeps the tables up with the log: each fact is folded in once, whoever does it and however often."""

from collections.abc import Callable, Sequence
from datetime import UTC, tzinfo
from functools import cache, partial
from typing import Any, TypeVar
from zlib import crc32

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Engine,
    MetaData,
    Select,
    Table,
    case,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from engine.domain.facts.base import Stored
from projections import tables
from projections.connection import keep_readers_out, writing
from projections.fold import Page, fold
from projections.kept_balances import keep_balances
from projections.rows import Row

PAGE_SIZE = 5_000

Read = Callable[[int, int], Sequence[Stored]]
"""`read(position, limit)`: at most so many facts after that position, in the order of the log."""

Folded = TypeVar("Folded")

NAME = "projections"
_SCHEMA_LOCK = 4_209_115  # any number, the same in every process


def create_tables(database: Engine) -> None:
    """Makes the tables that are not there yet; several processes may do so at once."""
    start_following(database, NAME, tables.metadata)


def catch_up(database: Engine, read: Read, zone: tzinfo = UTC, *, page_size: int = PAGE_SIZE) -> int:
    """Folds in what the log has more than the tables, and returns how many facts this call folded in.

    Moments are dated in `zone`, the book's.
    """
    return follow(database, read, NAME, partial(fold, zone=zone), write, page_size=page_size)


def rebuild(
    database: Engine,
    read: Read,
    zone: tzinfo = UTC,
    *,
    page_size: int = PAGE_SIZE,
    folded_in: Callable[[int], None] = lambda _: None,
) -> int:
    """Drops the tables and makes them anew from the log, as `refold` does; moments are dated in `zone`."""
    create_tables(database)
    folded = partial(fold, zone=zone)
    return refold(
        database, read, NAME, tables.metadata, folded, write, page_size=page_size, folded_in=folded_in
    )


# --- following the log, for these tables and those of others ----------------------------------------------


def start_following(database: Engine, name: str, metadata: MetaData) -> None:
    """Makes what is not there yet of these tables, and the position of that name, before the first fact.

    Tables of another form, which another version of the program left, are dropped: they follow the log again
    from its beginning. Several processes may start at once.
    """
    with writing(database) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SCHEMA_LOCK})
        tables.position.create(connection, checkfirst=True)
        form = _form(metadata)
        if connection.execute(_position(f"{name}.form")).scalar_one_or_none() != form:
            _make_anew(connection, metadata)
            _put_position(connection, name, 0)
            _put_position(connection, f"{name}.form", form)


def refold(
    database: Engine,
    read: Read,
    name: str,
    metadata: MetaData,
    fold: Callable[[Sequence[Stored]], Folded],
    write: Callable[[Connection, Folded], None],
    *,
    page_size: int = PAGE_SIZE,
    folded_in: Callable[[int], None] = lambda _: None,
) -> int:
    """Drops the tables of that name and makes them anew from the log, page by page, in one transaction: no
    report sees them half made, and whoever writes to them waits.

    Returns how many facts were folded in; `folded_in` is called with the number of each page's.
    """
    folded = at = 0
    with writing(database) as connection:
        keep_readers_out(connection)
        # The position stays: catch-ups wait for it meanwhile.
        _make_anew(connection, metadata)
        while facts := read(at, page_size):
            write(connection, fold(facts))
            at = facts[-1].position
            folded += len(facts)
            folded_in(len(facts))
        _set_position(connection, name, at)
    return folded


def _make_anew(connection: Connection, metadata: MetaData) -> None:
    metadata.drop_all(connection, [table for table in metadata.sorted_tables if table is not tables.position])
    metadata.create_all(connection)


@cache
def _form(metadata: MetaData) -> int:
    """A number that tells these tables and indexes from those of any other form."""
    made = [str(CreateTable(table)) for table in metadata.sorted_tables]
    indexes = sorted(str(CreateIndex(index)) for table in metadata.sorted_tables for index in table.indexes)
    return crc32("".join([*made, *indexes]).encode())


def follow(
    database: Engine,
    read: Read,
    name: str,
    fold: Callable[[Sequence[Stored]], Folded],
    write: Callable[[Connection, Folded], None],
    *,
    page_size: int = PAGE_SIZE,
) -> int:
    """Writes what the log has after the position of that name, each fact once, whoever else does the same.

    Returns how many facts this call wrote. Where nothing is new it costs one query and the read, and locks
    nothing; a page is folded before the lock is taken, and written with its position in one transaction.
    """
    followed = 0
    with database.connect() as connection:
        at = current_position(connection, name)
    while facts := read(at, page_size):
        folded = fold(facts)
        with writing(database) as connection:
            locked_at = lock_position(connection, name)
            if locked_at != at:  # somebody else was first: go on from where they left off
                at = locked_at
                continue
            write(connection, folded)
            at = facts[-1].position
            _set_position(connection, name, at)
        followed += len(facts)
    return followed


def current_position(connection: Connection, name: str = NAME) -> int:
    """Up to where in the log the tables of that name have been written."""
    return connection.execute(_position(name)).scalar_one()


def _position(name: str) -> Select[int]:
    return select(tables.position.c.at).where(tables.position.c.name == name)


def lock_position(connection: Connection, name: str) -> int:
    """The position, which nobody else can move before this transaction ends (SQLite locks as it begins)."""
    return connection.execute(_position(name).with_for_update()).scalar_one()


def _put_position(connection: Connection, name: str, at: int) -> None:
    put = insert_or(connection, tables.position).values(name=name, at=at)
    connection.execute(put.on_conflict_do_update(index_elements=["name"], set_={"at": at}))


def _set_position(connection: Connection, name: str, at: int) -> None:
    connection.execute(update(tables.position).where(tables.position.c.name == name).values(at=at))


def insert_or(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insert that can say what to do about a row that is there already."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


# --- writing a page ---------------------------------------------------------------------------------------


def write(connection: Connection, page: Page) -> None:
    """Adds the page's rows, and merges its changes into the tables that hold the present."""
    for table, added in page.added.items():
        if added:
            connection.execute(insert(table), added)
    _merge(connection, tables.accounts, list(page.accounts.values()))
    _merge(connection, tables.items, list(page.items.values()))
    _merge(connection, tables.timeline_blocks, list(page.blocks.values()))
    keep_balances(connection, page.changes)


def _merge(connection: Connection, table: Table, changes: list[Row]) -> None:
    """Adds the rows, or merges them into those that are there."""
    if not changes:
        return
    statement = insert_or(connection, table)
    merged = {
        column.name: _merged(column, statement.excluded[column.name])
        for column in table.columns
        if not column.primary_key
    }
    connection.execute(
        statement.on_conflict_do_update(index_elements=table.primary_key, set_=merged), changes
    )


def _merged(old: Column[Any], new: ColumnElement[Any]) -> ColumnElement[Any]:
    """Amounts add up, flags stay set, ends of spans widen, and of anything else what was said last stands."""
    if old.name.endswith("_minor"):
        return old + new
    if old.name.startswith("first_"):
        return case((new < old, new), else_=old)
    if old.name.startswith("last_"):
        return case((new > old, new), else_=old)
    if isinstance(old.type, Boolean):
        return or_(old, new)
    return func.coalesce(new, old)
