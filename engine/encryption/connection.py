"""Where a key ring is kept: a database file of its own, or a schema of its own on PostgreSQL.

Nothing of a destroyed key is to stay behind: SQLite overwrites what is deleted and keeps no write-ahead log;
on PostgreSQL the table is written anew.
"""

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, inspect, make_url, text

LOCK_TIMEOUT_SECONDS = 60
SCHEMA = "arrears_keys"


def connect(url: str) -> Engine:
    """The database of a ring; nothing is opened before it is used."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        database = create_engine(parsed.set(drivername="postgresql+psycopg"))
        return database.execution_options(schema_translate_map={None: SCHEMA})
    database = create_engine(parsed, connect_args={"timeout": LOCK_TIMEOUT_SECONDS})
    event.listen(database, "connect", _prepare_sqlite)
    return database


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.execute("PRAGMA secure_delete=ON")
    # A key that a power cut could take would take with it what it has sealed.
    connection.execute("PRAGMA synchronous=FULL")


def shown(url: str) -> str:
    """The place of a ring for people: without a password."""
    return make_url(url).render_as_string(hide_password=True)


def is_there(database: Engine, table: str) -> bool:
    """Whether a ring was ever made there; makes no file."""
    if database.dialect.name == "postgresql":
        return inspect(database).has_table(table, schema=SCHEMA)
    return Path(database.url.database or "").exists() and inspect(database).has_table(table)


def make_room(database: Engine) -> None:
    """Makes the schema on PostgreSQL."""
    if database.dialect.name == "postgresql":
        with database.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(4209117)"))
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))


def leave_nothing_behind(database: Engine, table: str) -> None:
    """Has the database write the table anew, without what was deleted from it."""
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"VACUUM FULL {SCHEMA}.{table}"))
        else:
            connection.execute(text("VACUUM"))
