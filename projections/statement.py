"""The statement of one account: what moved its balance, what is open, and what happened, on both clocks."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, Select, select

from engine.domain.money import from_minor
from projections.aging import EDGES, OpenItem, open_items
from projections.connection import reading
from projections.personal import read_people
from projections.postings import TRANSFERS
from projections.tables import accounts, postings, timeline


class UnknownAccount(LookupError):
    """A stream that is no account's."""

    def __init__(self, account: str) -> None:
        self.account = account
        super().__init__(f"there is no account '{account}' in this book")


@dataclass(frozen=True)
class StatementLine:
    """One movement of the balance, and the balance in its currency after it."""

    position: int
    on: date
    kind: str
    document: str
    currency: str
    amount: Decimal
    balance: Decimal
    known_at: datetime


@dataclass(frozen=True)
class Event:
    """One fact in the account's history; policy and step where it was the engine's decision."""

    version: int
    topic: str
    happened_on: date
    known_at: datetime
    recorded_at: datetime
    by: str
    policy: str | None
    step: str | None


@dataclass(frozen=True)
class Statement:
    """`opening` is what was owed before the first line, `closing` after the last, per currency."""

    account: str
    number: str
    name: str | None
    as_of: date
    as_known: datetime | None
    opening: dict[str, Decimal]
    lines: list[StatementLine]
    closing: dict[str, Decimal]
    open_items: list[OpenItem]
    timeline: list[Event]
    rests_on_backfill: bool


def statement(
    database: Engine,
    account: str,
    as_of: date,
    as_known: datetime | None = None,
    from_on: date = date.min,
    edges: Sequence[int] = EDGES,
) -> Statement:
    """The account from that day to the end of the other, as known at that moment; raises UnknownAccount."""
    with reading(database, as_known, as_of) as connection:
        found = read_people(connection, select(accounts).where(accounts.c.stream == account))
        if not found:
            raise UnknownAccount(account)
        [debtor] = found
        moved = connection.execute(_movements(account, as_of)).all()
        still_open = open_items(connection, as_of, edges, [account])
        happened = account_timeline(connection, account, as_of)
    opening = _sums(row for row in moved if row.effective_on < from_on)
    lines = list(_lines((row for row in moved if row.effective_on >= from_on), opening))
    return Statement(
        account=account, number=debtor.number or account, name=debtor.name, as_of=as_of, as_known=as_known,
        opening=opening, lines=lines, closing=_sums(moved), open_items=still_open, timeline=happened,
        rests_on_backfill=debtor.backfilled,
    )  # fmt: skip


def account_timeline(connection: Connection, account: str, as_of: date) -> list[Event]:
    """What happened on the account up to that day, in the order it was recorded."""
    query = (
        select(timeline)
        .where(timeline.c.account == account, timeline.c.happened_on <= as_of)
        .order_by(timeline.c.version)
    )
    return [_event(row) for row in connection.execute(query)]


def _event(row: Any) -> Event:
    return Event(
        version=row.version, topic=row.topic, happened_on=row.happened_on, known_at=row.known_at,
        recorded_at=row.recorded_at, by=row.by, policy=row.policy, step=row.step,
    )  # fmt: skip


def _movements(account: str, as_of: date) -> Select[Any]:
    """What changed the balance, in order; moves between items and unapplied money did not."""
    return (
        select(postings)
        .where(postings.c.account == account, postings.c.kind.not_in(TRANSFERS))
        .where(postings.c.effective_on <= as_of)
        .order_by(postings.c.effective_on, postings.c.position, postings.c.line)
    )


def _sums(rows: Iterable[Any]) -> dict[str, Decimal]:
    minor: dict[str, int] = defaultdict(int)
    for row in rows:
        minor[row.currency] += row.amount_minor
    return {currency: from_minor(minor[currency], currency) for currency in sorted(minor)}


def _lines(rows: Iterable[Any], opening: dict[str, Decimal]) -> Iterable[StatementLine]:
    balance = defaultdict(Decimal, opening)
    for row in rows:
        amount = from_minor(row.amount_minor, row.currency)
        balance[row.currency] += amount
        yield StatementLine(
            position=row.position, on=row.effective_on, kind=row.kind, document=row.document,
            currency=row.currency, amount=amount, balance=balance[row.currency], known_at=row.known_at,
        )  # fmt: skip
