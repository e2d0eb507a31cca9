"""Connections to the book's database, SQLite or PostgreSQL, for reading one state and for writing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text

from projections.knowledge import look_back
from projections.tables import position

LOCK_TIMEOUT_SECONDS = 60
CACHE_KIBIBYTES = 64 * 1024
"""So much of an SQLite book a connection keeps in memory at most: what a page of a large book reads."""


def connect(url: str) -> Engine:
    """The database of the book's URL; nothing is opened before it is used."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(parsed.set(drivername="postgresql+psycopg"))
    database = create_engine(parsed, connect_args={"timeout": LOCK_TIMEOUT_SECONDS})
    event.listen(database, "connect", _prepare_sqlite)
    event.listen(database, "begin", _begin_sqlite)
    return database


def _prepare_sqlite(connection: Any, _: object) -> None:
    # The driver would begin a transaction only before the first write, too late to lock what was read.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    # What a power cut could take was folded from the log, and is folded again.
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(f"PRAGMA cache_size=-{CACHE_KIBIBYTES}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))


@contextmanager
def reading(
    database: Engine, as_known: datetime | None = None, as_of: date | None = None
) -> Iterator[Connection]:
    """A connection that sees one state of the tables, however many queries are made on it: as it was known at
    that moment (None: as known now), with the debtors' details of the end of that day (None: the latest)."""
    with database.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
            # Before the first query fixes what is seen: tables made anew after that would look empty.
            connection.execute(text(f"LOCK TABLE {position.name} IN ACCESS SHARE MODE"))
        yield look_back(connection, as_of, as_known)


@contextmanager
def writing(database: Engine) -> Iterator[Connection]:
    """A connection whose transaction commits at the end; on SQLite it is the only writer from its start."""
    with database.connect() as connection:
        connection.execution_options(sqlite_begin="BEGIN IMMEDIATE")
        with connection.begin():
            yield connection


@contextmanager
def alone(database: Engine, lock: int) -> Iterator[None]:
    """Keeps out whoever asks for the same lock meanwhile, on PostgreSQL; SQLite has but one writer anyway."""
    with database.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})
        yield


def keep_readers_out(connection: Connection) -> None:
    """Waits for the readers there are and keeps others waiting; on SQLite they see the state before."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {position.name} IN ACCESS EXCLUSIVE MODE"))
