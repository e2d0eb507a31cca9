"""Contacts: what was sent, called and received, when and at which step."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    Select,
    and_,
    false,
    func,
    select,
)

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
        some = select(contacts.c.position).where(
            contacts.c.at >= start,
            contacts.c.at <= end,
            *(() if only is None else (contacts.c.account.in_(only),)),
        )
        found = connection.execute(paged(some, page, contacts.c.at, contacts.c.position)).all()
        return contacts_at(connection, [row.position for row in found], stood_at)
    query = _listing(stood_at).where(contacts.c.at >= start, contacts.c.at <= end)
    if only is not None:
        # By account alone, and in order afterwards: SQLite would walk through all contacts of the time.
        query = _listing(stood_at).where(contacts.c.account.in_(only)).order_by(None)
        mine = (row for row in read_people(connection, query) if start <= row.at <= end)
        return [_contact(row) for row in sorted(mine, key=lambda row: (row.at, row.position))]
    return [_contact(row) for row in read_people(connection, query)]


def contacts_at(
    connection: Connection, places: Sequence[int], stood_at: datetime | None = None
) -> list[ContactRow]:
    """The contacts at these places in the log, as they stood at that moment (None: as they stand)."""
    query = _listing(stood_at).where(contacts.c.position.in_(places))
    return [_contact(row) for row in read_people(connection, query)]


def _listing(stood_at: datetime | None) -> Select[Any]:
    answered = contacts.alias("answered")
    return (
        select(
            contacts,
            func.coalesce(accounts.c.number, contacts.c.account).label("number"),
            func.coalesce(contacts.c.step, answered.c.step, "").label("at_step"),
            func.coalesce(contacts.c.policy, answered.c.policy, "").label("under_policy"),
            last_said(contact_states.c.status, stood_at).label("status"),
            func.coalesce(func.nullif(contacts.c.item_count, 0), answered.c.item_count, 0).label("concerned"),
            func.coalesce(contacts.c.outcome, last_said(contact_states.c.outcome, stood_at)).label("result"),
            func.coalesce(accounts.c.backfilled, false()).label("backfilled"),
        )
        .outerjoin(accounts, accounts.c.stream == contacts.c.account)
        .outerjoin(answered, answers(answered))
        .order_by(contacts.c.at, contacts.c.position)
    )


def answers(scheduled: FromClause) -> ColumnElement[bool]:
    """Whether a contact answers that scheduled call."""
    return and_(
        scheduled.c.account == contacts.c.account, scheduled.c.contact == contacts.c.answers,
        scheduled.c.kind.concat("") == SCHEDULED,  # looked up by contact, never by kind
    )  # fmt: skip


def last_said(said: Column[Any], stood_at: datetime | None) -> ColumnElement[Any]:
    """What the latest state of a contact says, or the latest at that moment."""
    same = (contact_states.c.account == contacts.c.account) & (contact_states.c.contact == contacts.c.contact)
    query = select(said).where(same)
    if stood_at is not None:
        query = query.where(contact_states.c.at <= stood_at)
    return query.order_by(contact_states.c.position.desc()).limit(1).scalar_subquery()


def _contact(row: Any) -> ContactRow:
    return ContactRow(
        position=row.position, account=row.account, number=row.number, contact=row.contact, kind=row.kind,
        channel=row.channel, step=row.at_step, policy=row.under_policy, at=row.at, status=row.status,
        outcome=row.result, items=row.concerned, by=row.by,
        rests_on_backfill=bool(row.backfilled),
        breaches=row.breaches or "",
    )  # fmt: skip
