"""Promises to pay: what became of each, on both clocks."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Engine, func

from engine.domain.money import from_minor, from_thousandths
from projections.balances import Accounts
from projections.connection import reading
from projections.paged import Page, paged
from projections.personal import read_people
from projections.promise_money import late_money
from projections.promise_standing import standing
from projections.tables import accounts, promises

Status = Literal["pending", "kept", "partly_kept", "broken", "withdrawn"]
STATUSES: tuple[Status, ...] = get_args(Status)
JUDGED: tuple[Status, ...] = ("kept", "partly_kept", "broken")


@dataclass(frozen=True)
class PromiseRow:
    """One promise, or one instalment of a plan, and how it stands.

    `received` came in time and was counted when it was judged, `received_late` came after the deadline.
    `gives_up`: of a settlement, what is written off where it is kept.
    """

    account: str
    number: str
    promise: str
    plan: str | None
    currency: str
    amount: Decimal
    made_on: date
    promised_on: date
    deadline: date
    taken_by: str
    collector: str | None
    policy: str | None
    status: Status
    received: Decimal
    received_late: Decimal
    replaced_by: str | None
    judged_on: date | None
    rests_on_backfill: bool
    key: tuple[date, int, int]
    """What no two promises share, and by which they are sorted."""
    gives_up: Decimal | None = None


def promise_list(
    database: Engine, as_of: date, as_known: datetime | None = None, account: str | None = None
) -> list[PromiseRow]:
    """The promises made by that day, as they stood at its end, by promised date; of one account if named."""
    with reading(database, as_known) as connection:
        return promise_rows(connection, as_of, None if account is None else [account])


def promise_rows(
    connection: Connection, as_of: date, only: Accounts = None, page: Page | None = None
) -> list[PromiseRow]:
    """What `promise_list` returns, of some accounts or all, read on a connection that is there already; of
    these a page, behind the `key` of a row."""
    query = (
        standing(as_of, only)
        .add_columns(
            func.coalesce(accounts.c.number, promises.c.account).label("number"),
            # Who takes care of the account now, where the promise does not say who did then.
            func.coalesce(promises.c.collector, accounts.c.collector).label("worked_by"),
        )
        .outerjoin(accounts, accounts.c.stream == promises.c.account)
        .order_by(promises.c.promised_on, promises.c.position, promises.c.line)
    )
    if page is not None:
        query = paged(query, page, promises.c.promised_on, promises.c.position, promises.c.line)
    found = read_people(connection, query)
    if page is not None:
        only = sorted({row.account for row in found})
    late = {(one.position, one.line): one.thousandths for one in late_money(connection, as_of, only)}
    return [_promise(row, late.get((row.position, row.line), 0)) for row in found]


def _promise(row: Any, late: int) -> PromiseRow:
    return PromiseRow(
        account=row.account, number=row.number, promise=row.promise, plan=row.plan, currency=row.currency,
        amount=from_minor(row.amount_minor, row.currency), made_on=row.made_on, promised_on=row.promised_on,
        deadline=row.deadline, taken_by=row.taken_by, collector=row.worked_by, policy=row.policy,
        status=row.status, received=from_thousandths(row.received, row.currency),
        received_late=from_thousandths(late, row.currency), replaced_by=row.replaced_by,
        judged_on=row.judged_on, rests_on_backfill=row.backfilled,
        key=(row.promised_on, row.position, row.line),
        gives_up=None if row.discount_minor is None else from_minor(row.discount_minor, row.currency),
    )  # fmt: skip
