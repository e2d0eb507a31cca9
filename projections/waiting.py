"""What waits for a person: calls to be made, accounts to be looked at again, promises that were broken.

Names, numbers and texts are left out here: an account is worked out and ranked by figures alone, and only
those on the page that is shown are read about.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, exists, func, or_, select

from engine.domain.money import ZERO, from_minor
from projections.balances import Accounts, open_rows
from projections.contacts import SCHEDULED
from projections.follow_ups import LOOKED_AT, due_follow_ups
from projections.slices import in_parts
from projections.tables import (
    accounts,
    contact_items,
    contact_states,
    contacts,
    promise_states,
    timeline,
)
from projections.tables import follow_ups as follow_ups_table

BROKEN_DAYS = 30
"""So long a broken promise keeps an account on the worklist, unless somebody looked at it since."""
NOT_KEPT = ("broken", "partly_kept")
UNASSIGNED = ""


@dataclass(frozen=True, slots=True)
class Owed:
    """What is open on an item, or (item or due date None) unapplied, which is negative."""

    item: str | None
    currency: str
    open: Decimal
    due_on: date | None


class Call(NamedTuple):
    """A call that was scheduled and waits to be made."""

    contact: str
    step: str
    policy: str | None
    at: datetime


class LookAgain(NamedTuple):
    """Somebody wanted to look at the account on that day; fact `version` says what for."""

    due_on: date
    version: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An account that waits for a person: for what, and since when, with the figures that rank it.

    `calls` come in order of time; `broken_on` is the day of the last promise that was not kept. `open` is
    what is owed gross of unapplied money; `concerned` the oldest item that it is about, with its due date.
    """

    account: str
    collector: str | None
    segment: str | None
    policy: str | None
    calls: tuple[Call, ...]
    follow_up: LookAgain | None
    broken_on: date | None
    since: date
    open: dict[str, Decimal]
    unapplied: dict[str, Decimal]
    concerned: tuple[date, str] | None


def entries(
    connection: Connection, at: datetime, collector: str | None = None, only: Accounts = None
) -> list[Entry]:
    """The accounts that wait for somebody at that moment, in no order; of one collector where named
    (UNASSIGNED: those of nobody); only those of these accounts, where any are named.

    Business dates are those of the moment's own time zone.
    """
    worked = _worked_by(collector)
    follow_ups, broken = due_follow_ups(at.date()), _broken(at.date())
    if only is not None:
        follow_ups = follow_ups.where(follow_ups_table.c.account.in_(only))
        judged = select(promise_states.c.position).where(promise_states.c.account.in_(only))
        broken = broken.where(promise_states.c.position.in_(judged))
    calls = connection.execute(unmade(at, only)).all()
    by_follow_up = {row.account: row for row in connection.execute(follow_ups)}
    by_broken = {row.account: row.on for row in connection.execute(broken)}
    waiting = sorted({call.account for call in calls} | by_follow_up.keys() | by_broken.keys())
    rows = [
        row
        for some in in_parts(waiting)
        for row in connection.execute(select(accounts).where(accounts.c.stream.in_(some), *worked))
    ]
    demands = Demands(connection, at, calls, [row.stream for row in rows])
    by_call = by_account(call for call in calls if demands.stand(call))
    listed = (
        _entry(row, by_call.get(row.stream, ()), by_follow_up.get(row.stream), by_broken.get(row.stream),
               demands, at)
        for row in rows
    )  # fmt: skip
    return [entry for entry in listed if entry is not None]


def _worked_by(collector: str | None) -> list[ColumnElement[bool]]:
    if collector is None:
        return []
    if collector == UNASSIGNED:
        return [or_(accounts.c.collector.is_(None), accounts.c.collector == UNASSIGNED)]
    return [accounts.c.collector == collector]


def _entry(
    row: Any, calls: Sequence[Any], follow_up: Any | None, broken_on: date | None, demands: "Demands",
    at: datetime,
) -> Entry | None:  # fmt: skip
    owed = demands.owed.get(row.stream, [])
    if broken_on is not None and not owes(owed):
        broken_on = None
    since = [call.at.astimezone(at.tzinfo).date() for call in calls[:1]]
    since += [follow_up.due_on] if follow_up else []
    since += [broken_on] if broken_on else []
    if not since:
        return None
    about = {item for call in calls for item in demands.items.get(call.position, ())}
    due = [(one.due_on, one.item or "") for one in owed if one.due_on and (not about or one.item in about)]
    return Entry(
        account=row.stream, collector=row.collector, segment=row.segment, policy=row.policy,
        calls=tuple(Call(one.contact, one.step, one.policy, one.at) for one in calls),
        follow_up=follow_up and LookAgain(follow_up.due_on, follow_up.version), broken_on=broken_on,
        since=min(since),
        open=per_currency((one.currency, one.open) for one in owed if one.due_on),
        unapplied=per_currency((one.currency, -one.open) for one in owed if not one.due_on),
        concerned=min(due, default=None),
    )  # fmt: skip


# --- which calls are due ----------------------------------------------------------------------------------


def unmade(at: datetime, only: Accounts = None) -> Select[Any]:
    """Calls scheduled by then, and by then neither made nor cancelled, the first first; those of these
    accounts, where any are named."""
    settled = exists().where(
        contact_states.c.account == contacts.c.account,
        contact_states.c.contact == contacts.c.contact,
        contact_states.c.status.in_(("made", "cancelled")),
        contact_states.c.at <= at,
    )
    found = select(contacts).where(contacts.c.at <= at, ~settled)
    if only is None:
        found = found.where(contacts.c.kind == SCHEDULED)
    else:  # looked up by account, never by kind
        found = found.where(contacts.c.account.in_(only), contacts.c.kind.concat("") == SCHEDULED)
    return found.order_by(contacts.c.at, contacts.c.position)


class Demands:
    """What is owed by these accounts (None: by those of the calls), and (by log position) what each of the
    calls is about.

    Once nothing is owed any more the engine takes a call back at its next wake-up; it is not made meanwhile.
    """

    def __init__(
        self, connection: Connection, at: datetime, calls: Sequence[Any], only: Accounts = None
    ) -> None:
        concerned = sorted({call.account for call in calls}) if only is None else only
        self.owed = owed_by(connection, at.date(), concerned)
        self.items: dict[int, list[str]] = defaultdict(list)
        for some in in_parts([call.position for call in calls]):
            about = select(contact_items.c.position, contact_items.c.item)
            for position, item in connection.execute(about.where(contact_items.c.position.in_(some))):
                self.items[position].append(item)

    def stand(self, call: Any) -> bool:
        """Whether something that the call is about (or, where it names nothing, anything) is still owed."""
        owed, about = self.owed.get(call.account, []), self.items.get(call.position)
        return owes(owed) and (about is None or any(one.due_on and one.item in about for one in owed))


def owed_by(connection: Connection, as_of: date, only: Accounts) -> Mapping[str, list[Owed]]:
    """What is open, and what is unapplied, at the end of that day, by account."""
    found: dict[str, list[Owed]] = defaultdict(list)
    for account, item, currency, open_minor, due_on in open_rows(connection, as_of, only):
        found[account].append(Owed(item, currency, from_minor(int(open_minor), currency), due_on))
    return found


def owes(owed: Sequence[Owed]) -> bool:
    """Whether more is open than unapplied, in any currency."""
    return any(total > ZERO for total in per_currency((one.currency, one.open) for one in owed).values())


def per_currency(amounts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """The sums of the amounts by currency, sorted."""
    sums: dict[str, Decimal] = {}
    for currency, amount in amounts:
        sums[currency] = sums.get(currency, ZERO) + amount
    return dict(sorted(sums.items()))


def by_account(rows: Iterable[Any]) -> dict[str, list[Any]]:
    """The rows of each account, in order."""
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.account].append(row)
    return found


# --- broken promises --------------------------------------------------------------------------------------


def _broken(as_of: date) -> Select[Any]:
    """The last day on which a promise of an account was found not kept, where nobody looked at it since."""
    later = promise_states.alias("later")
    rejudged = exists().where(
        later.c.account == promise_states.c.account, later.c.promise == promise_states.c.promise,
        later.c.position > promise_states.c.position, later.c.happened_on <= as_of,
    )  # fmt: skip
    looked_at = exists().where(
        timeline.c.account == promise_states.c.account, timeline.c.position > promise_states.c.position,
        timeline.c.happened_on <= as_of,
        or_(
            timeline.c.topic.in_(LOOKED_AT) & timeline.c.policy.is_(None), timeline.c.topic == "AccountPlaced"
        ),
    )  # fmt: skip
    return (
        select(promise_states.c.account, func.max(promise_states.c.happened_on).label("on"))
        .where(promise_states.c.status.in_(NOT_KEPT), promise_states.c.happened_on <= as_of)
        .where(promise_states.c.happened_on > as_of - timedelta(BROKEN_DAYS), ~rejudged, ~looked_at)
        .group_by(promise_states.c.account)
    )
