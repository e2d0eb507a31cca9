"""Slices of sorted tables, which the database sorts and cuts."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar

import orjson
from sqlalchemy import ColumnElement, Connection, Engine, Select, Subquery, Text, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from projections.connection import reading

T = TypeVar("T")
ROWS_AT_ONCE, NAMED_AT_ONCE = 5_000, 1_000


@dataclass(frozen=True, slots=True)
class Slice:
    """Which rows of a sorted table: so many (None: all), after so many; `sort` names what it is sorted by."""

    sort: str
    descending: bool = True
    offset: int = 0
    limit: int | None = None

    def of(self, query: Select[Any], by: ColumnElement[Any], *then: ColumnElement[Any]) -> Select[Any]:
        """The query, sorted and cut; rows that are alike in `by` are told apart by what follows."""
        return query.order_by(self.turned(by), *then).offset(self.offset or None).limit(self.limit)

    def turned(self, by: ColumnElement[Any]) -> ColumnElement[Any]:
        """Sorted that way, with what has no value last."""
        return by.desc().nulls_last() if self.descending else by.asc().nulls_last()

    def cut(self, rows: list[T]) -> list[T]:
        """The same rows of a list that is sorted already."""
        return rows[self.offset :][: self.limit]


def in_parts(named: Sequence[T], size: int = NAMED_AT_ONCE) -> Iterator[Sequence[T]]:
    """As many at a time as one query may well name."""
    for start in range(0, len(named), size):
        yield named[start : start + size]


def listed(connection: Connection, rows: Sequence[Sequence[str]], *names: str) -> Subquery:
    """Rows of texts as a table with these columns, to be joined with one that is looked up by several: sent
    as one JSON text, so that the query is the same however many they are."""
    text = literal(orjson.dumps(rows).decode(), Text)
    cells: list[ColumnElement[Any]]
    if connection.dialect.name == "postgresql":
        each = func.jsonb_array_elements(cast(text, JSONB)).column_valued("each")
        cells = [each.op("->>")(place) for place in range(len(names))]
    else:
        row = func.json_each(text).table_valued("value").c.value
        cells = [func.json_extract(row, f"$[{place}]") for place in range(len(names))]
    return select(*(cell.label(name) for cell, name in zip(cells, names, strict=True))).subquery("listed")


Fetch = Callable[[Connection, Slice], tuple[list[T], int]]
"""Reads a slice, and says how many rows there are in all."""


def every(
    database: Engine, as_known: datetime | None, as_of: date, fetch: Fetch[T], first: Slice
) -> Iterator[T]:
    """All rows, one after the other as one state of the tables has them; some thousand are held at a time."""
    with reading(database, as_known, as_of) as connection:
        some = replace(first, offset=0, limit=ROWS_AT_ONCE)
        while True:
            rows, total = fetch(connection, some)
            yield from rows
            some = replace(some, offset=some.offset + ROWS_AT_ONCE)
            if some.offset >= total:
                return
