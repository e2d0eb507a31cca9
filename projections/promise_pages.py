"""Promises by pages: filtered, sorted and cut by the database; what is drawn costs what is on the page."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from projections.promises import PromiseRow, Status, promise_rows
from projections.slices import Slice
from projections.tables import accounts, promise_states, promises

SORTS = ("promised_on", "amount", "made_on")


@dataclass(frozen=True)
class Wanted:
    """Which promises: as they stand, of whose accounts, promised for which days; None: whichever."""

    status: Status | None = None
    collector: str | None = None
    currency: str | None = None
    since: date | None = None
    until: date | None = None


def promise_page(
    connection: Connection, as_of: date, wanted: Wanted, cut: Slice
) -> tuple[list[PromiseRow], int]:
    """Promises as they stood at the end of that day, sorted by one of SORTS, and how many there are in
    all."""
    order = promises.c.amount_minor if cut.sort == "amount" else promises.c[cut.sort]
    query = cut.of(_wanted(as_of, wanted), order, promises.c.position, promises.c.line)
    found = connection.execute(query).all()
    streams = sorted({row.account for row in found})
    rows = {(row.account, row.promise): row for row in promise_rows(connection, as_of, streams)}
    return [rows[row.account, row.promise] for row in found], found[0].total if found else 0


def _wanted(as_of: date, wanted: Wanted) -> Select[Any]:
    query = select(promises.c.account, promises.c.promise, func.count().over().label("total")).where(
        promises.c.made_on <= as_of
    )
    if wanted.status is not None:
        query = query.where(_status(as_of) == wanted.status)
    if wanted.currency is not None:
        query = query.where(promises.c.currency == wanted.currency)
    if wanted.since is not None:
        query = query.where(promises.c.promised_on >= wanted.since)
    if wanted.until is not None:
        query = query.where(promises.c.promised_on <= wanted.until)
    if wanted.collector is not None:
        query = query.outerjoin(accounts, accounts.c.stream == promises.c.account)
        worked_by = func.coalesce(promises.c.collector, accounts.c.collector, "")
        query = query.where(worked_by == wanted.collector)
    return query


def _status(as_of: date) -> ColumnElement[Any]:
    """The last state of a promise by that day, else of its plan; what has none is pending."""

    def last(name: ColumnElement[Any]) -> ColumnElement[Any]:
        return (
            select(promise_states.c.status)
            .where(promise_states.c.account == promises.c.account, promise_states.c.promise == name)
            .where(promise_states.c.happened_on <= as_of)
            .order_by(promise_states.c.position.desc())
            .limit(1)
            .scalar_subquery()
        )

    return func.coalesce(last(promises.c.promise), last(promises.c.plan), "pending")
