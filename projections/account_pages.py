"""The accounts of a book by pages, each with what it owes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from engine.domain.money import ZERO
from projections.personal import read_people
from projections.tables import accounts
from projections.waiting import Owed, owed_by, per_currency

FILTERS = ("kind", "country", "collector", "segment", "policy")


@dataclass(frozen=True)
class AccountRow:
    """An account: who it is, what it owes by currency less unapplied money, and what of it for how long."""

    account: str
    number: str
    name: str | None
    kind: str | None
    country: str | None
    collector: str | None
    segment: str | None
    policy: str | None
    opened_on: date | None
    balance: dict[str, Decimal]
    overdue: dict[str, Decimal]
    days_past_due: int | None


def account_page(
    connection: Connection, as_of: date, after: str, count: int, equal: Mapping[str, str],
    only: Sequence[str] | None = None,
) -> list[AccountRow]:  # fmt: skip
    """At most so many accounts behind a stream, in the order of their streams. `equal`: what some of FILTERS
    must be; `only`: of these, where any are named."""
    query = select(accounts).where(accounts.c.stream > after)
    if only is not None:
        query = query.where(accounts.c.stream.in_(only))
    query = query.where(*(accounts.c[name] == value for name, value in equal.items()))
    found = read_people(connection, query.order_by(accounts.c.stream).limit(count))
    owed = owed_by(connection, as_of, [row.stream for row in found])
    return [_row(row, owed.get(row.stream, []), as_of) for row in found]


def account_streams(connection: Connection, since: str, count: int) -> list[str]:
    """At most so many streams of accounts from that one on, in order."""
    query = select(accounts.c.stream).where(accounts.c.stream >= since)
    return list(connection.execute(query.order_by(accounts.c.stream).limit(count)).scalars())


def _row(row: Any, owed: Sequence[Owed], as_of: date) -> AccountRow:
    late = [one for one in owed if one.due_on and one.due_on < as_of and one.open > ZERO]
    return AccountRow(
        account=row.stream, number=row.number or row.stream, name=row.name, kind=row.kind,
        country=row.country, collector=row.collector, segment=row.segment, policy=row.policy,
        opened_on=row.opened_on, balance=per_currency((one.currency, one.open) for one in owed),
        overdue=per_currency((one.currency, one.open) for one in late),
        days_past_due=max(((as_of - one.due_on).days for one in late if one.due_on), default=None),
    )  # fmt: skip
