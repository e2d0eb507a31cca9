"""Checks that the tables say what the log says, and that three ways to a balance agree."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, Table, select

from engine.domain.facts.base import Stored
from engine.domain.money import ZERO
from projections import tables
from projections.aging import aging_rows
from projections.catch_up import PAGE_SIZE, Read, catch_up, create_tables, current_position
from projections.connection import connect, reading
from projections.figures.kept import figures_reach, refresh
from projections.ledger import ledger_balances
from projections.rows import ACCOUNT_PREFIX

Balances = Mapping[tuple[str, str], Decimal]
"""Amounts owed by account stream and currency."""


@dataclass(frozen=True)
class RowDiffers:
    """A row that is not what the log folds to; None where it is missing on one side."""

    table: str
    key: tuple[Any, ...]
    expected: dict[str, Any] | None
    found: dict[str, Any] | None

    def __str__(self) -> str:
        where = f"{self.table} {self.key}"
        if self.found is None:
            return f"{where}: the row is missing; the log says {self.expected}"
        if self.expected is None:
            return f"{where}: the log knows nothing of the row {self.found}"
        wrong = {
            name: (value, self.expected[name])
            for name, value in self.found.items()
            if value != self.expected[name]
        }
        parts = (
            f"{name} is {found!r}, the log says {expected!r}" for name, (found, expected) in wrong.items()
        )
        return f"{where}: {'; '.join(parts)}"


@dataclass(frozen=True)
class BalanceDiffers:
    """A balance of an account that comes out differently in two ways."""

    account: str
    currency: str
    aging: Decimal
    other: Decimal
    source: str

    def __str__(self) -> str:
        return (
            f"{self.account} {self.currency}: aging says {self.aging}, "
            f"the {self.source} {self.other}, a difference of {self.aging - self.other}"
        )


Difference = RowDiffers | BalanceDiffers

_Rows = set[tuple[Any, ...]]


def differences(
    database: Engine,
    read: Read,
    balances: Balances | None = None,
    zone: tzinfo = UTC,
    as_of: date = date.max,
    as_known: datetime | None = None,
) -> list[Difference]:
    """Where the tables differ from a fresh fold of the log up to their position, and where aging's total, by
    default with all dates counted, differs from the ledger or from the given balances of the folded accounts.
    """
    with reading(database) as connection:
        until = current_position(connection)
        found: list[Difference] = list(_row_differences(connection, read, until, zone))
    with reading(database, as_known) as connection:
        totals = {
            (row.account or row.key, row.currency): row.total
            for row in aging_rows(connection, as_of, "account")
        }
    facts = (
        one
        for one in _facts(read, until)
        if one.stream.startswith(ACCOUNT_PREFIX) and (as_known is None or one.fact.known_at <= as_known)
    )
    found += _balance_differences(totals, ledger_balances(facts, as_of), "ledger")
    return found + ([] if balances is None else list(_balance_differences(totals, balances, "account")))


def _balance_differences(totals: Balances, others: Balances, source: str) -> Iterator[BalanceDiffers]:
    for account, currency in sorted(totals.keys() | others.keys()):
        total = totals.get((account, currency), ZERO)
        other = others.get((account, currency), ZERO)
        if total != other:
            yield BalanceDiffers(account, currency, total, other, source)


def _facts(read: Read, until: int) -> Iterator[Stored]:
    at = 0
    while page := _up_to(read, until)(at, PAGE_SIZE):
        yield from page
        at = page[-1].position


def _up_to(read: Read, until: int) -> Read:
    """The log as it was when its last fact had that position."""
    return lambda at, limit: [one for one in read(at, limit) if one.position <= until]


def _row_differences(connection: Connection, read: Read, until: int, zone: tzinfo) -> Iterator[RowDiffers]:
    fresh = connect("sqlite://")
    create_tables(fresh)
    if figured := figures_reach(connection):
        catch_up(fresh, _up_to(read, figured), zone)
        refresh(fresh, zone)
    catch_up(fresh, _up_to(read, until), zone)
    with reading(fresh) as expected:
        for table in tables.DERIVED:
            yield from _compare(table, _rows(expected, table), _rows(connection, table))
    fresh.dispose()


def _rows(connection: Connection, table: Table) -> _Rows:
    """All rows; figures that came to nothing again are as good as none."""
    asked = select(table).where(table.c.amount != 0) if table is tables.figures else select(table)
    return set(map(tuple, connection.execute(asked).all()))


def _compare(table: Table, expected: _Rows, found: _Rows) -> Iterator[RowDiffers]:
    said, held = _by_key(table, expected - found), _by_key(table, found - expected)
    for key in sorted(said.keys() | held.keys()):
        yield RowDiffers(table.name, key, said.get(key), held.get(key))


def _by_key(table: Table, rows: _Rows) -> dict[tuple[Any, ...], dict[str, Any]]:
    named = [dict(zip(table.columns.keys(), row, strict=True)) for row in rows]
    return {tuple(row[column.name] for column in table.primary_key): row for row in named}
