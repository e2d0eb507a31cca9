"""What waits for a second person's leave: who asked for what, since when, and until when it may be given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, exists, func, select

from engine.domain.facts.authority import Matter
from engine.domain.money import from_minor
from projections.connection import reading
from projections.paged import Page, paged
from projections.personal import read_people
from projections.tables import accounts, approval_ends, approval_requests


@dataclass(frozen=True)
class WaitingRow:
    """A request that waits; `may` is what the role that asks decides alone, `key` what no two share."""

    account: str
    number: str
    name: str | None
    request: str
    matter: Matter
    asked_by: str
    role: str
    may: str
    amount: Decimal
    currency: str
    share_percent: Decimal | None
    days: int | None
    items: tuple[str, ...]
    asked_on: date
    lapses_on: date
    waiting_days: int
    policy: str | None
    segment: str | None
    rests_on_backfill: bool
    key: tuple[int]


def waiting_list(
    database: Engine, as_of: date, as_known: datetime | None = None, page: Page | None = None
) -> list[WaitingRow]:
    """What waited at the end of that day, as known at that moment, the oldest first: all, or a page."""
    with reading(database, as_known) as connection:
        return waiting_rows(connection, as_of, page)


def waiting_rows(
    connection: Connection, as_of: date, page: Page | None = None, only: Sequence[str] | None = None
) -> list[WaitingRow]:
    """What `waiting_list` returns, read on a connection that is there already; of these accounts, where any
    are named."""
    asked, ends = approval_requests.c, approval_ends.c
    ended = exists().where(
        ends.account == asked.account, ends.request == asked.request, ends.happened_on <= as_of
    )
    query = (
        select(
            approval_requests, func.coalesce(accounts.c.number, asked.account).label("number"),
            accounts.c.name, accounts.c.policy, accounts.c.segment, accounts.c.backfilled,
        )
        .outerjoin(accounts, accounts.c.stream == asked.account)
        .where(asked.happened_on <= as_of, asked.lapses_on >= as_of, ~ended)
        .order_by(asked.position)
    )  # fmt: skip
    if only is not None:
        query = query.where(asked.account.in_(only))
    if page is not None:
        query = paged(query, page, asked.position)
    return [_row(row, as_of) for row in read_people(connection, query)]


def _row(row: Any, as_of: date) -> WaitingRow:
    return WaitingRow(
        account=row.account, number=row.number, name=row.name, request=row.request, matter=row.matter,
        asked_by=row.asked_by, role=row.role, may=row.may,
        amount=from_minor(row.amount_minor, row.currency), currency=row.currency,
        share_percent=None if row.share_percent is None else Decimal(row.share_percent), days=row.days,
        items=tuple(row.items.split("\n")), asked_on=row.happened_on, lapses_on=row.lapses_on,
        waiting_days=(as_of - row.happened_on).days, policy=row.policy, segment=row.segment,
        rests_on_backfill=bool(row.backfilled), key=(row.position,),
    )  # fmt: skip
