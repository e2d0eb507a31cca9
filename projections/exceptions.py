"""Exceptions: what waits for a person because it will not happen of itself."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    exists,
    func,
    literal,
    select,
)

from engine.domain.facts.accounts import AccountErased
from engine.domain.money import from_minor, money
from projections.approvals import WaitingRow, waiting_rows
from projections.balances import open_balances
from projections.clocks import start_of
from projections.connection import reading
from projections.disputes import DisputeRow, rows_on
from projections.personal import read_texts
from projections.tables import (
    accounts,
    contact_states,
    contacts,
    new_addresses,
    placements,
    timeline,
    withheld,
)
from projections.waiting import Demands, owed_by, owes, unmade

ExceptionKind = Literal[
    "call_not_made", "unknown_time_zone", "came_back", "erased", "limit_broken", "dispute_late",
    "placement_waits", "approval_waits", "unapplied", "no_address",
]  # fmt: skip

UNKNOWN_TIME_ZONE: ExceptionKind = "unknown_time_zone"
LIMIT_BROKEN: ExceptionKind = "limit_broken"
ZONE_REASONS = (UNKNOWN_TIME_ZONE, "UNKNOWN_TIME_ZONE")
"""The policy's own reason, and the rule of the profiles of limits."""
UNMADE_DAYS = 3
BROKEN_DAYS = 30


@dataclass(frozen=True)
class Exceptional:
    """A call nobody made, an account that no call may reach, or a message that came back (by that `channel`)
    while no new address is known, or a contact that broke the limits in `detail`; a dispute that was to be
    settled `since`, a placement or a request that waits for approval, or money that waits to be applied."""

    kind: ExceptionKind
    account: str
    number: str
    name: str | None
    step: str
    channel: str
    since: date
    waiting_days: int
    rests_on_backfill: bool
    detail: str = ""


class Placed(NamedTuple):
    """An exception, its number and name as sealed as the tables have them, and its place in the list: its
    kind's, then its own. Places of different accounts are comparable."""

    place: tuple[Any, ...]
    one: Exceptional


def exceptions(
    database: Engine, at: datetime, as_known: datetime | None = None, unmade_days: int = UNMADE_DAYS
) -> list[Exceptional]:
    """Calls scheduled more than so many days ago and not made, then accounts that wait for a time zone, then
    accounts that owe something and wait for a new address, or were erased, then contacts beyond limits,
    disputes past their deadline, placements and requests to be approved and money to be applied."""
    with reading(database, as_known, at.date()) as connection:
        found = sorted(placed(connection, at, unmade_days=unmade_days), key=lambda one: one.place)
    return readable(database, [one for _, one in found])


def placed(
    connection: Connection, at: datetime, only: Sequence[str] | None = None, unmade_days: int = UNMADE_DAYS
) -> list[Placed]:
    """What `exceptions` lists (of these accounts, where any are named), in no order and not yet readable:
    each account's exceptions follow from its own facts alone."""
    found = [
        _not_made(connection, at, only, unmade_days), _without_zone(connection, at, only),
        _came_back(connection, at, only), _owed_by_nobody(connection, at, only),
        _flagged(connection, at, only), _late(connection, at, only), _to_approve(connection, at, only),
        _asked(connection, at, only), _unapplied(connection, at, only),
    ]  # fmt: skip
    return [Placed((kind, *place), one) for kind, some in enumerate(found) for place, one in some]


def readable(database: Engine, found: Sequence[Exceptional]) -> list[Exceptional]:
    """The same with the numbers and names of their accounts as people read them."""
    numbers = read_texts(database, [one.number for one in found])
    names = read_texts(database, [one.name for one in found])
    return [
        replace(one, number=number or one.account, name=name)
        for one, number, name in zip(found, numbers, names, strict=True)
    ]


Found = Iterator[tuple[tuple[Any, ...], Exceptional]]
"""Exceptions of one kind, each with its place among them."""


def _of(query: Select[Any], account: ColumnElement[str], only: Sequence[str] | None) -> Select[Any]:
    return query if only is None else query.where(account.in_(only))


def _not_made(connection: Connection, at: datetime, only: Sequence[str] | None, unmade_days: int) -> Found:
    calls = connection.execute(_unmade(at, only)).all()
    demands = Demands(connection, at, calls)
    for call in calls:
        one = _exception("call_not_made", call, call.channel, call.at, at)
        if one.waiting_days > unmade_days and demands.stand(call):
            yield (call.at, call.position), one


def _without_zone(connection: Connection, at: datetime, only: Sequence[str] | None) -> Found:
    for row in connection.execute(_without_time_zone(at, only)):
        yield (row.position,), _exception(UNKNOWN_TIME_ZONE, row, "call", row.known_at, at)


def _flagged(connection: Connection, at: datetime, only: Sequence[str] | None) -> Found:
    for row in connection.execute(_of(_broken(at), contacts.c.account, only)):
        yield (row.at, row.position), _exception(LIMIT_BROKEN, row, row.channel, row.at, at, row.breaches)


def _late(connection: Connection, at: datetime, only: Sequence[str] | None) -> Found:
    for place, row in enumerate(rows_on(connection, at.date(), only=only)):
        if row.days_late:
            yield (row.deadline, row.opened_on, row.number, row.dispute, place), _overdue(row)


def _asked(connection: Connection, at: datetime, only: Sequence[str] | None) -> Found:
    for row in waiting_rows(connection, at.date(), only=only):
        yield row.key, _waiting(row)


def _waiting(row: WaitingRow) -> Exceptional:
    matter = row.matter.replace("_", "-")
    return Exceptional(
        kind="approval_waits", account=row.account, number=row.number, name=row.name, step="", channel="",
        since=row.asked_on, waiting_days=row.waiting_days, rests_on_backfill=row.rests_on_backfill,
        detail=f"a {matter} of {row.amount} {row.currency}, asked for by {row.asked_by} ({row.request})",
    )  # fmt: skip


def _overdue(row: DisputeRow) -> Exceptional:
    assert row.deadline is not None
    return Exceptional(
        kind="dispute_late", account=row.account, number=row.number, name=row.name, step="", channel="",
        since=row.deadline, waiting_days=row.days_late, rests_on_backfill=row.rests_on_backfill,
        detail=f"{row.dispute}, to be settled by {row.owner or 'nobody in particular'}",
    )  # fmt: skip


def _exception(
    kind: ExceptionKind, row: Any, channel: str, since: datetime, at: datetime, detail: str = ""
) -> Exceptional:
    since_on = since.astimezone(at.tzinfo).date()
    return Exceptional(
        kind=kind, account=row.account, number=row.number, name=row.name, step=row.step or "",
        channel=channel, since=since_on, waiting_days=(at.date() - since_on).days,
        rests_on_backfill=bool(row.backfilled), detail=detail,
    )  # fmt: skip


def debtor(account: Any) -> tuple[Any, ...]:
    """What a list says of a debtor, from `accounts` joined to the column that names the account."""
    number = func.coalesce(accounts.c.number, account).label("number")
    return (number, accounts.c.name, accounts.c.backfilled)


def _unmade(at: datetime, only: Sequence[str] | None) -> Select[Any]:
    found = unmade(at, only).add_columns(*debtor(contacts.c.account))
    return found.outerjoin(accounts, accounts.c.stream == contacts.c.account)


def _without_time_zone(at: datetime, only: Sequence[str] | None) -> Select[Any]:
    """The first step that each account without a time zone waits with."""
    waits = withheld.c.reason.in_(ZONE_REASONS) & (withheld.c.known_at <= at)
    first = _of(select(func.min(withheld.c.position)).where(waits), withheld.c.account, only)
    first = first.group_by(withheld.c.account)
    return (
        select(withheld, *debtor(withheld.c.account))
        .join(accounts, accounts.c.stream == withheld.c.account)
        .where(withheld.c.position.in_(first), accounts.c.timezone.is_(None))
        .order_by(withheld.c.position)
    )


def _broken(at: datetime) -> Select[Any]:
    """The contacts of the last days that broke a limit, the first first."""
    since = at - timedelta(BROKEN_DAYS)
    return (
        select(contacts, *debtor(contacts.c.account))
        .outerjoin(accounts, accounts.c.stream == contacts.c.account)
        .where(contacts.c.breaches.is_not(None), contacts.c.at > since, contacts.c.at <= at)
        .order_by(contacts.c.at, contacts.c.position)
    )


def _came_back(connection: Connection, at: datetime, only: Sequence[str] | None) -> Found:
    """The first letter, and the first e-mail, that came back to each account that owes something."""
    query = _of(_returned(at), contact_states.c.account, only)
    rows = connection.execute(query).all()
    owed = owed_by(connection, at.date(), _accounts_of(rows))
    seen = set()
    for row in rows:
        if owes(owed.get(row.account, [])) and (row.account, row.channel) not in seen:
            seen.add((row.account, row.channel))
            place = (row.failed_at, row.failed_position, row.position)
            yield place, _exception("came_back", row, row.channel, row.failed_at, at)


def _accounts_of(rows: Iterable[Any]) -> Sequence[str]:
    return sorted({row.account for row in rows})


def _returned(at: datetime) -> Select[Any]:
    """Letters and e-mails that came back by then, and for which no address was given since."""
    given = exists().where(
        new_addresses.c.account == contact_states.c.account,
        new_addresses.c.channel == contacts.c.channel,
        new_addresses.c.position > contact_states.c.position,
        new_addresses.c.happened_on <= at.date(),
    )
    same = (contacts.c.account == contact_states.c.account) & (contacts.c.contact == contact_states.c.contact)
    return (
        select(
            contacts, contact_states.c.at.label("failed_at"),
            contact_states.c.position.label("failed_position"), *debtor(contacts.c.account),
        )
        .join(contact_states, same)
        .outerjoin(accounts, accounts.c.stream == contacts.c.account)
        .where(contact_states.c.status == "failed", contact_states.c.at <= at)
        .where(contacts.c.channel.in_(("letter", "email")), ~given)
        .order_by(contact_states.c.at, contact_states.c.position)
    )  # fmt: skip


def _owed_by_nobody(connection: Connection, at: datetime, only: Sequence[str] | None) -> Found:
    """Each account that was erased by then and owes something."""
    query = (
        select(timeline, *debtor(timeline.c.account))
        .join(accounts, accounts.c.stream == timeline.c.account)
        .where(timeline.c.topic == AccountErased.TOPIC, timeline.c.known_at <= at)
    )
    query = _of(query, timeline.c.account, only)
    rows = connection.execute(query).all()
    owed = owed_by(connection, at.date(), _accounts_of(rows))
    for row in rows:
        if owes(owed.get(row.account, [])):
            yield (row.position,), _exception("erased", row, "", row.known_at, at)


# --- what waits for a decision ----------------------------------------------------------------------------


def _to_approve(connection: Connection, at: datetime, only: Sequence[str] | None) -> Found:
    """Placements that were proposed, and neither made nor declined since."""
    later = placements.alias("later")
    decided = exists().where(
        later.c.account == placements.c.account, later.c.placement == placements.c.placement,
        later.c.position > placements.c.position, later.c.happened_on <= at.date(),
    )  # fmt: skip
    query = (
        select(placements, timeline.c.step, *debtor(placements.c.account))
        .join(timeline, timeline.c.position == placements.c.position)
        .outerjoin(accounts, accounts.c.stream == placements.c.account)
        .where(placements.c.status == "proposed", placements.c.happened_on <= at.date(), ~decided)
    )
    for row in connection.execute(_of(query, placements.c.account, only)):
        since = start_of(row.happened_on, at.tzinfo or UTC)
        place = (row.happened_on, row.position)
        yield place, _exception("placement_waits", row, "", since, at, f"{row.placement}, for {row.agency}")


def _unapplied(connection: Connection, at: datetime, only: Sequence[str] | None) -> Found:
    """Money that came in, or was credited, and is set against nothing, since when that is the amount."""
    due = open_balances(connection, at.date(), only)
    said = (due.c.account, due.c.currency, due.c.open_minor, due.c.since, literal("").label("step"))
    query = (
        select(*said, *debtor(due.c.account))
        .outerjoin(accounts, accounts.c.stream == due.c.account)
        .where(due.c.item.is_(None), due.c.open_minor < 0)
    )
    for row in connection.execute(query):
        amount = money(from_minor(-int(row.open_minor), row.currency), row.currency)
        since = start_of(row.since, at.tzinfo or UTC)
        detail = f"{amount} {row.currency}"
        yield (row.since, row.account, row.currency), _exception("unapplied", row, "", since, at, detail)
