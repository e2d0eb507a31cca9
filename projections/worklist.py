"""The worklist: the accounts that wait for a person, ranked, with what whoever takes one has to know."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, select

from engine.domain.money import ZERO
from projections.aging import by_part, open_items
from projections.connection import reading
from projections.contacts import NOT_MADE, SCHEDULED, ContactRow, contact_rows
from projections.personal import read_people
from projections.promises import PromiseRow, promise_rows
from projections.slices import in_parts
from projections.tables import accounts
from projections.waiting import Entry, entries

BEGINNING = datetime.min.replace(tzinfo=UTC)

Rank = Callable[[Entry], int]
"""How many points an entry has: those with most come first."""

Urgency = tuple[int, Decimal, int, str]
"""Points, the largest amount, and days past due, all turned around so that what is most comes first, then
the account."""


class Slice(NamedTuple):
    """So many rows of a list, behind the first ones."""

    offset: int
    size: int


@dataclass(frozen=True)
class Due:
    """An account whose turn it is, as far down the list as `points` put it.

    `calls` are the scheduled calls that one call would settle, `step` and `policy` are those of the latest;
    `follow_up` is the fact by which somebody wanted to look again. `oldest_item` is of those it is about;
    `parts` tells principal, interest and fees apart, `waiting_days` counts from what has waited longest.
    """

    entry: Entry
    points: int
    account: str
    number: str
    name: str | None
    phone: str | None
    timezone: str | None
    calls: tuple[str, ...]
    step: str
    policy: str | None
    follow_up: int | None
    oldest_item: str | None
    days_past_due: int | None
    waiting_days: int
    parts: dict[str, dict[str, Decimal]]
    last_contact: ContactRow | None
    last_promise: PromiseRow | None
    rests_on_backfill: bool

    @property
    def open(self) -> dict[str, Decimal]:
        """What is open by currency."""
        return self.entry.open

    @property
    def unapplied(self) -> dict[str, Decimal]:
        """What is unapplied by currency."""
        return self.entry.unapplied


@dataclass(frozen=True)
class Worklist:
    """Some rows of the list, and how many it has in all."""

    total: int
    rows: list[Due]


def worklist(
    database: Engine,
    at: datetime,
    as_known: datetime | None = None,
    *,
    rank: Rank = lambda _: 0,
    collector: str | None = None,
    part: Slice | None = None,
    after: Urgency | None = None,
) -> Worklist:
    """Whose turn it is at that moment, most points first, then the largest amount, then the oldest debt; of
    one collector where named (`waiting.UNASSIGNED`: of nobody).

    Business dates are those of the moment's own time zone. Amounts of different currencies are not converted:
    an account counts by its largest amount in one currency. `after`: only rows less urgent than that.
    """
    with reading(database, as_known, at.date()) as connection:
        scored = [(rank(entry), entry) for entry in entries(connection, at, collector)]
        ranked = sorted(scored, key=lambda one: urgency(one[0], one[1], at.date()))
        behind = ranked if after is None else [one for one in ranked if urgency(*one, at.date()) > after]
        shown = behind if part is None else behind[part.offset : part.offset + part.size]
        return Worklist(len(ranked), _briefed(connection, shown, at))


def briefed(database: Engine, ranked: Sequence[tuple[int, Entry]], at: datetime) -> list[Due]:
    """These rows of the list, in this order, with what the caller has to know."""
    with reading(database) as connection:
        return _briefed(connection, ranked, at)


def urgency(points: int, entry: Entry, on: date) -> Urgency:
    """What rows are sorted by."""
    age = (on - entry.concerned[0]).days if entry.concerned else 0
    return -points, -max(entry.open.values(), default=ZERO), -age, entry.account


# --- what the caller has to know --------------------------------------------------------------------------


@dataclass(frozen=True)
class _Briefing:
    debtors: Mapping[str, Any]
    parts: Mapping[str, dict[str, dict[str, Decimal]]]
    last_contact: Mapping[str, ContactRow]
    last_promise: Mapping[str, PromiseRow]


def _briefed(connection: Connection, ranked: Sequence[tuple[int, Entry]], at: datetime) -> list[Due]:
    found: list[Due] = []
    for some in in_parts(ranked):
        briefing = _briefing(connection, [entry.account for _, entry in some], at)
        found += [_due(points, entry, briefing, at) for points, entry in some]
    return found


def _briefing(connection: Connection, streams: Sequence[str], at: datetime) -> _Briefing:
    query = select(accounts).where(accounts.c.stream.in_(streams))
    made = contact_rows(connection, BEGINNING, at, only=streams, stood_at=at)
    promised = promise_rows(connection, at.date(), streams)
    items = defaultdict(list)
    for item in open_items(connection, at.date(), only=streams):
        items[item.account].append(item)
    return _Briefing(
        debtors={row.stream: row for row in read_people(connection, query)},
        parts={account: by_part(found) for account, found in items.items()},
        last_contact={c.account: c for c in made if c.kind != SCHEDULED and c.status not in NOT_MADE},
        last_promise={p.account: p for p in sorted(promised, key=lambda p: p.made_on)},
    )


def _due(points: int, entry: Entry, briefing: _Briefing, at: datetime) -> Due:
    debtor, latest = briefing.debtors[entry.account], entry.calls[-1] if entry.calls else None
    return Due(
        entry=entry, points=points, account=entry.account, number=debtor.number or entry.account,
        name=debtor.name, phone=debtor.phone, timezone=debtor.timezone,
        calls=tuple(call.contact for call in entry.calls), step=latest.step if latest else "",
        policy=latest.policy if latest else None,
        follow_up=entry.follow_up.version if entry.follow_up else None,
        oldest_item=entry.concerned[1] if entry.concerned else None,
        days_past_due=(at.date() - entry.concerned[0]).days if entry.concerned else None,
        waiting_days=max((at.date() - entry.since).days, 0), parts=briefing.parts.get(entry.account, {}),
        last_contact=briefing.last_contact.get(entry.account),
        last_promise=briefing.last_promise.get(entry.account), rests_on_backfill=bool(debtor.backfilled),
    )  # fmt: skip
