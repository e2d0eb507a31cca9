"""The worklist: calls that are due and not made, with what the caller has to know."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, Select, exists, func, select

from engine.domain.money import ZERO
from projections.aging import OpenItem, by_part, open_items
from projections.balances import Accounts
from projections.connection import reading
from projections.contacts import NOT_MADE, SCHEDULED, ContactRow, contact_rows
from projections.personal import read_people
from projections.promises import PromiseRow, promise_rows
from projections.tables import accounts, contact_items, contact_states, contacts

BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class CallDue:
    """An account to be called. `calls` are the scheduled calls that one call would settle, `step` and
    `policy` are those of the latest, `waiting_days` counts from the first; `oldest_item` is still open, of
    those they are about; `parts` tells principal, interest and fees apart."""

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
    parts: dict[str, dict[str, Decimal]]
    waiting_days: int
    last_contact: ContactRow | None
    last_promise: PromiseRow | None
    rests_on_backfill: bool


def worklist(database: Engine, at: datetime, as_known: datetime | None = None) -> list[CallDue]:
    """The accounts to be called at that moment, the largest amount first, then the oldest debt.

    Business dates are those of the moment's own time zone. Amounts of different currencies are not converted:
    an account ranks by its largest amount in one currency.
    """
    with reading(database, as_known, at.date()) as connection:
        demands = Demands(connection, at)
        calls = by_account(call for call in read_people(connection, unmade(at)) if demands.stand(call))
        briefing = _briefing(connection, at)
    return sorted((_call_due(found, demands, briefing, at) for found in calls.values()), key=_urgency)


def _call_due(calls: Sequence[Any], demands: "Demands", briefing: "_Briefing", at: datetime) -> CallDue:
    first, latest = calls[0], calls[-1]
    balances = demands.balances.get(first.account, [])
    about = {item for call in calls for item in demands.items.get(call.position, ())}
    concerned = [(b.due_on, b.item, b.days_past_due) for b in balances if b.due_on and b.item in about]
    _, oldest_item, days_past_due = min(concerned, default=(None, None, None))
    return CallDue(
        account=first.account, number=first.number, name=first.name, phone=first.phone,
        timezone=first.timezone, calls=tuple(call.contact for call in calls), step=latest.step,
        policy=latest.policy, oldest_item=oldest_item, days_past_due=days_past_due,
        open=_per_currency((b.currency, b.open) for b in balances if b.due_on),
        unapplied=_per_currency((b.currency, -b.open) for b in balances if not b.due_on),
        parts=by_part(balances),
        waiting_days=(at.date() - first.at.astimezone(at.tzinfo).date()).days,
        last_contact=briefing.last_contact.get(first.account),
        last_promise=briefing.last_promise.get(first.account), rests_on_backfill=bool(first.backfilled),
    )  # fmt: skip


def _per_currency(balances: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for currency, amount in balances:
        amounts[currency] += amount
    return dict(sorted(amounts.items()))


def _urgency(call: CallDue) -> tuple[Decimal, int, str, str]:
    return (-max(call.open.values(), default=ZERO), -(call.days_past_due or 0), call.number, call.account)


# --- which calls are due ----------------------------------------------------------------------------------


def unmade(at: datetime) -> Select[Any]:
    """Calls scheduled by then, and by then neither made nor cancelled, the first first."""
    settled = exists().where(
        contact_states.c.account == contacts.c.account,
        contact_states.c.contact == contacts.c.contact,
        contact_states.c.status.in_(("made", "cancelled")),
        contact_states.c.at <= at,
    )
    return (
        select(contacts, *debtor(contacts.c.account))
        .outerjoin(accounts, accounts.c.stream == contacts.c.account)
        .where(contacts.c.kind == SCHEDULED, contacts.c.at <= at, ~settled)
        .order_by(contacts.c.at, contacts.c.position)
    )


def debtor(account: Any) -> tuple[Any, ...]:
    """What a list says of a debtor, from `accounts` joined to the column that names the account."""
    number = func.coalesce(accounts.c.number, account).label("number")
    return (number, accounts.c.name, accounts.c.phone, accounts.c.timezone, accounts.c.backfilled)


def owes(balances: Sequence[OpenItem]) -> bool:
    """Whether more is open than unapplied, in any currency."""
    return any(total > ZERO for total in _per_currency((b.currency, b.open) for b in balances).values())


class Demands:
    """What is owed by accounts that ever had a call scheduled, and (by log position) what each call is about.

    Once nothing is owed any more the engine takes a call back at its next wake-up; it is not made meanwhile.
    """

    def __init__(self, connection: Connection, at: datetime) -> None:
        self.balances = balances_of(connection, at, _ever_to_be_called())
        self.items = _items(connection)

    def stand(self, call: Any) -> bool:
        """Whether something that the call is about (or, where it names nothing, anything) is still owed."""
        balances = self.balances.get(call.account, [])
        about = self.items.get(call.position)
        return owes(balances) and (about is None or any(b.due_on and b.item in about for b in balances))


def balances_of(connection: Connection, at: datetime, only: Accounts) -> Mapping[str, list[OpenItem]]:
    """What is open, and what is unapplied, at the end of that day, by account."""
    return by_account(open_items(connection, at.date(), only=only))


def _ever_to_be_called() -> Select[str]:
    return select(contacts.c.account).where(contacts.c.kind == SCHEDULED)


def _items(connection: Connection) -> dict[int, list[str]]:
    """The items that each scheduled call is about."""
    query = select(contact_items).join(contacts, contacts.c.position == contact_items.c.position)
    found: dict[int, list[str]] = defaultdict(list)
    for row in connection.execute(query.where(contacts.c.kind == SCHEDULED)):
        found[row.position].append(row.item)
    return found


# --- what the caller has to know --------------------------------------------------------------------------


@dataclass(frozen=True)
class _Briefing:
    last_contact: dict[str, ContactRow]
    last_promise: dict[str, PromiseRow]


def _briefing(connection: Connection, at: datetime) -> _Briefing:
    made = contact_rows(connection, BEGINNING, at, only=_ever_to_be_called(), stood_at=at)
    promised = promise_rows(connection, at.date(), _ever_to_be_called())
    return _Briefing(
        last_contact={c.account: c for c in made if c.kind != SCHEDULED and c.status not in NOT_MADE},
        last_promise={p.account: p for p in sorted(promised, key=lambda p: p.made_on)},
    )


def by_account(rows: Iterable[Any]) -> dict[str, list[Any]]:
    """The rows of each account, in order."""
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.account].append(row)
    return found
