"""Slices of sorted tables, which the database sorts and cuts."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import CTE, ColumnElement, Connection, Engine, Select, Text, column, values

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


def pairs(named: Sequence[tuple[str, str]]) -> CTE:
    """Accounts and items, to be joined with a table that is looked up by both."""
    return values(column("account", Text), column("item", Text), name="pairs").data(list(named)).cte("named")


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
