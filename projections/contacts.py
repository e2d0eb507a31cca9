"""Contacts: what was sent, called and received, when and at which step."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, Subquery, false, func, select

from projections.balances import Accounts
from projections.clocks import end_of, start_of
from projections.connection import reading
from projections.paged import Page, paged
from projections.personal import read_people
from projections.tables import accounts, contact_states, contacts

SCHEDULED = "scheduled_call"
NOT_MADE = ("scheduled", "cancelled")


@dataclass(frozen=True)
class ContactRow:
    """A reminder, a call scheduled or made, or a contact that came in, about so many `items`. A call that
    answers a scheduled one has its step and policy."""

    position: int
    account: str
    number: str
    contact: str
    kind: str
    channel: str
    step: str
    policy: str
    at: datetime
    status: str
    outcome: str | None
    items: int
    by: str
    rests_on_backfill: bool
    breaches: str = ""


@dataclass(frozen=True)
class ContactCount:
    """How many contacts were made or received, how many of them failed, and how many broke a limit."""

    step: str
    channel: str
    kind: str
    count: int
    failed: int
    breaches: int = 0


def contact_list(
    database: Engine,
    from_on: date,
    until_on: date,
    as_known: datetime | None = None,
    zone: tzinfo = UTC,
    account: str | None = None,
    as_of: date | None = None,
) -> list[ContactRow]:
    """The contacts from the one day to the other, both included, in that zone, of one account if named.

    They come in order of time, as they stood at the end of day `as_of` (None: as they stand).
    """
    stood_at = end_of(date.max if as_of is None else as_of, zone)
    start, end = start_of(from_on, zone), min(end_of(until_on, zone), stood_at)
    with reading(database, as_known) as connection:
        return contact_rows(connection, start, end, None if account is None else [account], stood_at)


def contact_counts(rows: Sequence[ContactRow]) -> list[ContactCount]:
    """The contacts by step, channel and kind; scheduled calls and cancelled contacts are none."""
    groups: dict[tuple[str, str, str], list[ContactRow]] = defaultdict(list)
    for row in rows:
        if row.kind != SCHEDULED and row.status not in NOT_MADE:
            groups[row.step, row.channel, row.kind].append(row)
    return [
        ContactCount(
            *key, len(groups[key]), sum(row.status == "failed" for row in groups[key]),
            sum(bool(row.breaches) for row in groups[key]),
        )
        for key in sorted(groups)
    ]  # fmt: skip


def contact_rows(
    connection: Connection,
    start: datetime,
    end: datetime,
    only: Accounts = None,
    stood_at: datetime | None = None,
    page: Page | None = None,
) -> list[ContactRow]:
    """The contacts of that time, of some accounts or all, as they stood at that moment (None: as they
    stand); of these a page, behind a moment and a position in the log."""
    if page is not None:
        some = select(contacts.c.position, contacts.c.account).where(
            contacts.c.at >= start,
            contacts.c.at <= end,
            *(() if only is None else (of_accounts(only),)),
        )
        found = connection.execute(paged(some, page, contacts.c.at, contacts.c.position)).all()
        query = _listing(stood_at, sorted({row.account for row in found}))
        query = query.where(contacts.c.position.in_([row.position for row in found]))
        return [_contact(row) for row in read_people(connection, query)]
    query = _listing(stood_at, only).where(contacts.c.at >= start, contacts.c.at <= end)
    if only is not None:
        query = query.where(of_accounts(only))
    return [_contact(row) for row in read_people(connection, query)]


def of_accounts(only: Accounts) -> ColumnElement[bool]:
    """Whether a contact is with one of these accounts, asked so that they are looked up by account: SQLite,
    left to itself, would rather walk through all contacts of the time."""
    assert only is not None
    return contacts.c.position.in_(select(contacts.c.position).where(contacts.c.account.in_(only)))


def _listing(stood_at: datetime | None, only: Accounts) -> Select[Any]:
    status, answered = _statuses(stood_at, only), contacts.alias("answered")
    return (
        select(
            contacts,
            func.coalesce(accounts.c.number, contacts.c.account).label("number"),
            func.coalesce(contacts.c.step, answered.c.step, "").label("at_step"),
            func.coalesce(contacts.c.policy, answered.c.policy, "").label("under_policy"),
            status.c.status,
            func.coalesce(func.nullif(contacts.c.item_count, 0), answered.c.item_count, 0).label("concerned"),
            func.coalesce(contacts.c.outcome, status.c.outcome).label("result"),
            func.coalesce(accounts.c.backfilled, false()).label("backfilled"),
        )
        .outerjoin(accounts, accounts.c.stream == contacts.c.account)
        .outerjoin(
            status, (status.c.account == contacts.c.account) & (status.c.contact == contacts.c.contact)
        )
        .outerjoin(
            answered,
            (answered.c.account == contacts.c.account)
            & (answered.c.contact == contacts.c.answers)
            & (answered.c.kind == SCHEDULED),
        )
        .order_by(contacts.c.at, contacts.c.position)
    )


def _statuses(stood_at: datetime | None, only: Accounts) -> Subquery:
    """The latest status of each contact of these accounts, or the latest at that moment."""
    latest = func.row_number().over(
        partition_by=(contact_states.c.account, contact_states.c.contact),
        order_by=contact_states.c.position.desc(),
    )
    query = select(contact_states, latest.label("rank"))
    if stood_at is not None:
        query = query.where(contact_states.c.at <= stood_at)
    if only is not None:
        query = query.where(contact_states.c.account.in_(only))
    ranked = query.subquery()
    return select(ranked).where(ranked.c.rank == 1).subquery("status")


def _contact(row: Any) -> ContactRow:
    return ContactRow(
        position=row.position, account=row.account, number=row.number, contact=row.contact, kind=row.kind,
        channel=row.channel, step=row.at_step, policy=row.under_policy, at=row.at, status=row.status,
        outcome=row.result, items=row.concerned, by=row.by,
        rests_on_backfill=bool(row.backfilled),
        breaches=row.breaches or "",
    )  # fmt: skip
