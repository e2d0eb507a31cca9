"""The worklist: calls that are due and not made, with what the caller has to know; and exceptions."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Select, exists, func, select

from engine.domain.money import ZERO
from projections.aging import OpenItem, open_items
from projections.clocks import known
from projections.connection import reading
from projections.contacts import NOT_MADE, SCHEDULED, ContactRow, contact_rows
from projections.promises import PromiseRow, promise_rows
from projections.tables import accounts, contact_items, contact_states, contacts, withheld

ExceptionKind = Literal["call_not_made", "unknown_time_zone"]

UNKNOWN_TIME_ZONE: ExceptionKind = "unknown_time_zone"
UNMADE_DAYS = 3
BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class CallDue:
    """An account to be called. `calls` are the scheduled calls that one call would settle, `step` and
    `policy` are those of the latest, `waiting_days` counts from the first; `oldest_item` is still open, of
    those they are about."""

    account: str
    number: str
    name: str | None
    phone: str | None
    timezone: str | None
    calls: tuple[str, ...]
    step: str
    policy: str | None
    oldest_item: str | None
    days_past_due: int | None
    open: dict[str, Decimal]
    unapplied: dict[str, Decimal]
    waiting_days: int
    last_contact: ContactRow | None
    last_promise: PromiseRow | None


@dataclass(frozen=True)
class Exceptional:
    """Something that will not happen of itself: a call nobody made, or an account that no call may reach."""

    kind: ExceptionKind
    account: str
    number: str
    name: str | None
    step: str
    since: date
    waiting_days: int


def worklist(database: Engine, at: datetime, as_known: datetime | None = None) -> list[CallDue]:
    """The accounts to be called at that moment, the largest amount first, then the oldest debt.

    Business dates are those of the moment's own time zone. Amounts of different currencies are not converted:
    an account ranks by its largest amount in one currency.
    """
    with reading(database) as connection:
        calls = _by_account(connection.execute(_unmade(at, as_known)))
        briefing = _briefing(connection, at, as_known)
    return sorted((_call_due(found, briefing, at) for found in calls.values()), key=_urgency)


def _call_due(calls: Sequence[Any], briefing: "_Briefing", at: datetime) -> CallDue:
    first, latest = calls[0], calls[-1]
    balances = briefing.balances.get(first.account, [])
    about = {item for call in calls for item in briefing.items.get(call.position, ())}
    concerned = [(b.due_on, b.item, b.days_past_due) for b in balances if b.due_on and b.item in about]
    _, oldest_item, days_past_due = min(concerned, default=(None, None, None))
    return CallDue(
        account=first.account, number=first.number, name=first.name, phone=first.phone,
        timezone=first.timezone, calls=tuple(call.contact for call in calls), step=latest.step,
        policy=latest.policy, oldest_item=oldest_item, days_past_due=days_past_due,
        open=_per_currency((b.currency, b.open) for b in balances if b.due_on),
        unapplied=_per_currency((b.currency, -b.open) for b in balances if not b.due_on),
        waiting_days=(at.date() - first.at.astimezone(at.tzinfo).date()).days,
        last_contact=briefing.last_contact.get(first.account),
        last_promise=briefing.last_promise.get(first.account),
    )  # fmt: skip


def _per_currency(balances: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for currency, amount in balances:
        amounts[currency] += amount
    return dict(sorted(amounts.items()))


def _urgency(call: CallDue) -> tuple[Decimal, int, str, str]:
    return (-max(call.open.values(), default=ZERO), -(call.days_past_due or 0), call.number, call.account)


def exceptions(
    database: Engine, at: datetime, as_known: datetime | None = None, unmade_days: int = UNMADE_DAYS
) -> list[Exceptional]:
    """Calls scheduled more than so many days ago and not made, then accounts that wait for a time zone."""
    with reading(database) as connection:
        unmade = [
            _exception("call_not_made", row, row.at, at) for row in connection.execute(_unmade(at, as_known))
        ]
        nowhere = connection.execute(_without_time_zone(at, as_known)).all()
    late = [call for call in unmade if call.waiting_days > unmade_days]
    return late + [_exception(UNKNOWN_TIME_ZONE, row, row.known_at, at) for row in nowhere]


def _exception(kind: ExceptionKind, row: Any, since: datetime, at: datetime) -> Exceptional:
    since_on = since.astimezone(at.tzinfo).date()
    return Exceptional(
        kind=kind, account=row.account, number=row.number, name=row.name, step=row.step, since=since_on,
        waiting_days=(at.date() - since_on).days,
    )  # fmt: skip


# --- the queries ------------------------------------------------------------------------------------------


def _unmade(at: datetime, as_known: datetime | None) -> Select[Any]:
    """Calls scheduled by then, and by then neither made nor cancelled, the first first."""
    settled = exists().where(
        contact_states.c.account == contacts.c.account,
        contact_states.c.contact == contacts.c.contact,
        contact_states.c.status.in_(("made", "cancelled")),
        contact_states.c.at <= at,
        known(contact_states, as_known),
    )
    return (
        select(contacts, *_debtor(contacts.c.account))
        .outerjoin(accounts, accounts.c.stream == contacts.c.account)
        .where(contacts.c.kind == SCHEDULED, contacts.c.at <= at, known(contacts, as_known), ~settled)
        .order_by(contacts.c.at, contacts.c.position)
    )


def _debtor(account: Any) -> tuple[Any, ...]:
    number = func.coalesce(accounts.c.number, account).label("number")
    return (number, accounts.c.name, accounts.c.phone, accounts.c.timezone)


def _without_time_zone(at: datetime, as_known: datetime | None) -> Select[Any]:
    """The first step that each account without a time zone waits with."""
    first = (
        select(func.min(withheld.c.position))
        .where(withheld.c.reason == UNKNOWN_TIME_ZONE, withheld.c.known_at <= at, known(withheld, as_known))
        .group_by(withheld.c.account)
    )
    return (
        select(withheld, *_debtor(withheld.c.account))
        .join(accounts, accounts.c.stream == withheld.c.account)
        .where(withheld.c.position.in_(first), accounts.c.timezone.is_(None))
        .order_by(withheld.c.position)
    )


@dataclass(frozen=True)
class _Briefing:
    """What is known at that moment of accounts that ever had a call scheduled; `items` by log position."""

    balances: dict[str, list[OpenItem]]
    items: dict[int, list[str]]
    last_contact: dict[str, ContactRow]
    last_promise: dict[str, PromiseRow]


def _briefing(connection: Connection, at: datetime, as_known: datetime | None) -> _Briefing:
    scheduled = select(contacts.c.account).where(contacts.c.kind == SCHEDULED)
    made = contact_rows(connection, BEGINNING, at, as_known, only=scheduled, stood_at=at)
    promised = promise_rows(connection, at.date(), as_known, scheduled)
    return _Briefing(
        balances=_by_account(open_items(connection, at.date(), as_known, only=scheduled)),
        items=_items(connection),
        last_contact={c.account: c for c in made if c.kind != SCHEDULED and c.status not in NOT_MADE},
        last_promise={p.account: p for p in sorted(promised, key=lambda p: p.made_on)},
    )


def _items(connection: Connection) -> dict[int, list[str]]:
    """The items that each scheduled call is about."""
    query = select(contact_items).join(contacts, contacts.c.position == contact_items.c.position)
    found: dict[int, list[str]] = defaultdict(list)
    for row in connection.execute(query.where(contacts.c.kind == SCHEDULED)):
        found[row.position].append(row.item)
    return found


def _by_account(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.account].append(row)
    return found
