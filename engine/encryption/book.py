"""What a book itself says of its encryption: the name of its key ring; nothing in a book made without."""

from sqlalchemy import Column, Engine, Integer, MetaData, Table, Text, inspect, select, text
from sqlalchemy.dialects import postgresql, sqlite

metadata = MetaData()
encryption = Table(
    "encryption",
    metadata,
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("ring", Text, nullable=False),
)
_LOCK = 4_209_118  # any number, the same in every process


def ring_of(database: Engine) -> str | None:
    """The name of the book's key ring, None where it was made without encryption, or not at all yet."""
    if not inspect(database).has_table(encryption.name):
        return None
    with database.connect() as connection:
        return connection.execute(select(encryption.c.ring)).scalar_one_or_none()


def note_ring(database: Engine, ring: str) -> None:
    """Writes down which ring is the book's; somebody else may be first."""
    # SQLite refuses to let a transaction that has only read write once somebody else has written.
    with (
        database.connect().execution_options(sqlite_begin="BEGIN IMMEDIATE") as connection,
        connection.begin(),
    ):
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        metadata.create_all(connection)
        kind = postgresql if connection.dialect.name == "postgresql" else sqlite
        row = {"row": 1, "ring": ring}
        connection.execute(kind.insert(encryption).on_conflict_do_nothing(), row)
