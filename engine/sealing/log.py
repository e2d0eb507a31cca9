"""The stored log as it is sealed: rows in log order, undecoded, and the leaf that each makes."""

from collections.abc import Iterator
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, TableClause, column, func, select, table, text

from engine import codec
from engine.sealing.merkle import hash_leaf
from engine.store import Store

ROWS_PER_PAGE = 5_000
LEAST = -(2**63)
"""A position that no other comes before."""


class Row(codec.Row):
    """A stored fact as the database holds it. Its number in the log is its rank by position, from 1."""

    __slots__ = ()

    @property
    def leaf(self) -> bytes:
        """The hash of the leaf: stream id, version in decimal, topic and stored bytes, each behind its
        length in 8 bytes, the highest first."""
        parts = self.stream, self.version, self.topic, self.state
        if tuple(map(type, parts)) != (str, int, str, bytes):
            # SQLite keeps what it is given. A text where bytes stood is read otherwise: it is another fact.
            return hash_leaf(repr(parts).encode())
        texts = self.stream.encode(), str(self.version).encode(), self.topic.encode(), self.state
        return hash_leaf(b"".join(len(part).to_bytes(8, "big") + part for part in texts))

    def named(self, number: int) -> dict[str, Any]:
        """Where it stands and what it is, for a finding."""
        return {
            "number": number, "position": self.position, "stream": self.stream, "version": self.version,
            "topic": self.topic,
        }  # fmt: skip


def rows(store: Store, after: int | None = None, until: int | None = None) -> Iterator[Row]:
    """The log in log order behind a position (all of it without one), a page at a time."""
    log, position = _log(store)
    behind = position >= LEAST if after is None else position > after
    while True:
        query = _fields(log, position).where(behind).order_by(position).limit(ROWS_PER_PAGE)
        if until is not None:
            query = query.where(position <= until)
        with store.database.connect() as connection:
            found = connection.execute(query).all()
        yield from (Row(*one) for one in found)
        if len(found) < ROWS_PER_PAGE:
            return
        behind = position > found[-1][0]


def rows_without_position(store: Store) -> list[Row]:
    """Facts that only their stream knows: PostgreSQL lets a position be taken away."""
    log, position = _log(store)
    with store.database.connect() as connection:
        return [Row(*one) for one in connection.execute(_fields(log, position).where(position.is_(None)))]


def ranked_rows(store: Store, stream: str) -> list[tuple[int, Row]]:
    """The facts of one stream in order of version, each with its rank in the whole log, from 0."""
    log, position = _log(store)
    rank = (func.row_number().over(order_by=position) - 1).label("rank")
    ranks = select(position.label("at"), log.c.originator_id, rank).where(position.is_not(None)).subquery()
    ours = select(ranks.c.at, ranks.c.rank).where(ranks.c.originator_id == stream)
    fields = _fields(log, position).where(log.c.originator_id == stream, position.is_not(None))
    with store.database.connect() as connection:
        rank_at = {one.at: one.rank for one in connection.execute(ours)}
        found = connection.execute(fields.order_by(log.c.originator_version)).all()
    return [(rank_at[row.position], row) for row in (Row(*one) for one in found) if row.position in rank_at]


def whole_until(store: Store) -> int | None:
    """The last position below which nothing can still be committed; None where the log is empty."""
    log, position = _log(store)
    with store.database.begin() as connection:
        if connection.dialect.name == "postgresql":
            # Waits for those who are appending; a sequence gives out numbers before the commit.
            connection.execute(text(f"LOCK TABLE {log.name} IN SHARE MODE"))
        return connection.execute(select(func.max(position)).select_from(log)).scalar_one()


def log_table(store: Store) -> tuple[TableClause, ColumnElement[int], Select[Any]]:
    """The table of the log, its position, and the query for what a `Row` is made of."""
    log, position = _log(store)
    return log, position, _fields(log, position)


def _log(store: Store) -> tuple[TableClause, ColumnElement[int]]:
    name = cast("Any", store.log.recorder).events_table_name
    at = "notification_id" if store.database.dialect.name == "postgresql" else "rowid"
    log = table(name, *map(column, (at, "originator_id", "originator_version", "topic", "state")))
    return log, log.c[at]


def _fields(log: TableClause, position: ColumnElement[int]) -> Select[Any]:
    return select(position, log.c.originator_id, log.c.originator_version, log.c.topic, log.c.state)
