"""Aging: what is open, by how long it has been due, on both clocks."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from engine.domain.money import ZERO, from_minor, money
from projections.balances import Accounts, By, by_due_date, open_balances
from projections.connection import reading
from projections.personal import read_people
from projections.tables import accounts

EDGES = (30, 60, 90)
"""The last days past due of each bucket but the last."""

CURRENT = "current"
UNAPPLIED = "unapplied"


class EdgesNotAscending(ValueError):
    """Bucket edges that do not rise from 1 on."""

    def __init__(self, edges: Sequence[int]) -> None:
        self.edges = tuple(edges)
        given = ",".join(map(str, edges))
        super().__init__(f"'{given}' are no bucket edges: expected rising numbers of days such as 30,60,90")


@dataclass(frozen=True)
class AgingRow:
    """What is owed under one key in one currency. `count` counts open invoices; `interest` and `fees` are
    what of the buckets is no principal; `account` is the stream where the report is by account."""

    key: str
    currency: str
    count: int
    buckets: dict[str, Decimal]
    unapplied: Decimal
    account: str | None
    rests_on_backfill: bool
    interest: Decimal = ZERO
    fees: Decimal = ZERO

    @property
    def principal(self) -> Decimal:
        """What of the buckets is open on invoices."""
        return sum(self.buckets.values(), -self.interest - self.fees)

    @property
    def total(self) -> Decimal:
        """The sum of the buckets, less unapplied money and credits."""
        return sum(self.buckets.values(), -self.unapplied)

    def as_json(self) -> dict[str, str | int]:
        """The row for programs: amounts as text with the currency's decimals."""
        parts = {"principal": self.principal, "interest": self.interest, "fees": self.fees}
        amounts = {**self.buckets, UNAPPLIED: self.unapplied, "total": self.total, **parts}
        texts = {name: str(money(amount, self.currency)) for name, amount in amounts.items()}
        return {"key": self.key, "currency": self.currency, "count": self.count, **texts}


@dataclass(frozen=True)
class OpenItem:
    """One open item, or (due_on None) unapplied money of an account, which counts against the total; it names
    an item where that was paid too much for a time."""

    account: str
    number: str
    item: str | None
    item_kind: str
    currency: str
    issued_on: date | None
    due_on: date | None
    days_past_due: int | None
    bucket: str
    open: Decimal
    rests_on_backfill: bool


def bucket_labels(edges: Sequence[int] = EDGES) -> tuple[str, ...]:
    """The names of the buckets: current, 1-30, 31-60, 61-90, 91+; raises EdgesNotAscending."""
    starts = (0, *edges)
    if any(later <= earlier for earlier, later in pairwise(starts)):
        raise EdgesNotAscending(edges)
    closed = (f"{earlier + 1}-{later}" for earlier, later in pairwise(starts))
    return (CURRENT, *closed, f"{starts[-1] + 1}+")


def bucket_of(days_past_due: int, edges: Sequence[int] = EDGES) -> int:
    """Which bucket, counted from 0 (current), so many days past due fall into; both its ends belong to it."""
    return bisect_left((0, *edges), days_past_due)


def _bucket(due_on: date | None, as_of: date, labels: Sequence[str], edges: Sequence[int]) -> str:
    return UNAPPLIED if due_on is None else labels[bucket_of((as_of - due_on).days, edges)]


def aging(
    database: Engine,
    as_of: date,
    as_known: datetime | None = None,
    by: By = "currency",
    edges: Sequence[int] = EDGES,
    account: str | None = None,
) -> list[AgingRow]:
    """What is open at the end of that day, as known at that moment, per key and currency, sorted; of one
    account if named.

    Policy is the one assigned at the end of that day, else the book's; segment is that of that day, too.
    Raises EdgesNotAscending.
    """
    with reading(database, as_known, as_of) as connection:
        return aging_rows(connection, as_of, by, edges, None if account is None else [account])


def aging_rows(
    connection: Connection,
    as_of: date,
    by: By,
    edges: Sequence[int] = EDGES,
    only: Accounts = None,
) -> list[AgingRow]:
    """What `aging` returns, of some accounts or all, read on a connection that is there already."""
    labels = bucket_labels(edges)
    sums: dict[tuple[str, str, str], _Sum] = defaultdict(_Sum)
    due = open_balances(connection, as_of, only)
    for row in read_people(connection, by_due_date(due, as_of, by)):
        amounts = sums[row.key or "", row.currency, row.stream if by == "account" else ""]
        amounts.count += 0 if row.due_on is None else int(row.invoices)
        amounts.rests_on_backfill |= bool(row.backfilled)
        amounts.interest_minor += 0 if row.due_on is None else int(row.interest_minor)
        amounts.fees_minor += 0 if row.due_on is None else int(row.fees_minor)
        amounts.minor[_bucket(row.due_on, as_of, labels, edges)] += int(row.open_minor)
    return [_row(*key, labels, amounts) for key, amounts in sorted(sums.items(), key=lambda pair: pair[0])]


@dataclass
class _Sum:
    count: int = 0
    minor: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    interest_minor: int = 0
    fees_minor: int = 0
    rests_on_backfill: bool = False


def _row(key: str, currency: str, stream: str, labels: tuple[str, ...], amounts: _Sum) -> AgingRow:
    return AgingRow(
        key=key, currency=currency, count=amounts.count,
        buckets={label: from_minor(amounts.minor[label], currency) for label in labels},
        unapplied=from_minor(-amounts.minor[UNAPPLIED], currency),
        account=stream or None, rests_on_backfill=amounts.rests_on_backfill,
        interest=from_minor(amounts.interest_minor, currency), fees=from_minor(amounts.fees_minor, currency),
    )  # fmt: skip


PARTS = {"invoice": "principal", "interest": "interest", "fee": "fees"}
"""What is owed on an item of each kind is called."""


def by_part(open_items: Iterable[OpenItem]) -> dict[str, dict[str, Decimal]]:
    """What is open per currency: principal, interest, fees, and unapplied money, which counts against it."""
    found: dict[str, dict[str, Decimal]] = {}
    for item in open_items:
        parts = found.setdefault(item.currency, dict.fromkeys((*PARTS.values(), UNAPPLIED), ZERO))
        parts[PARTS.get(item.item_kind, UNAPPLIED)] += item.open
    return {currency: {**parts, UNAPPLIED: -parts[UNAPPLIED]} for currency, parts in sorted(found.items())}


def aging_detail(
    database: Engine,
    as_of: date,
    as_known: datetime | None = None,
    edges: Sequence[int] = EDGES,
    account: str | None = None,
) -> list[OpenItem]:
    """Each open item, and each account's unapplied money, by account and due date; of one account if named.

    The open amounts add up to the totals of `aging`. Raises EdgesNotAscending.
    """
    with reading(database, as_known) as connection:
        return open_items(connection, as_of, edges, None if account is None else [account])


def open_items(
    connection: Connection,
    as_of: date,
    edges: Sequence[int] = EDGES,
    only: Accounts = None,
) -> list[OpenItem]:
    """What `aging_detail` returns, of some accounts or all, read on a connection that is there already."""
    labels = bucket_labels(edges)
    due = open_balances(connection, as_of, only)
    query = select(due, func.coalesce(accounts.c.number, due.c.account).label("number")).outerjoin(
        accounts, accounts.c.stream == due.c.account
    )
    found = [item_of(row, as_of, labels, edges) for row in read_people(connection, query)]
    return sorted(
        found, key=lambda one: (one.number, one.account, one.currency, one.due_on or date.max, one.item or "")
    )


def item_of(row: Any, as_of: date, labels: tuple[str, ...], edges: Sequence[int]) -> OpenItem:
    """A row of `open_balances` beside its item and its account's number, on that day."""
    days = None if row.due_on is None else (as_of - row.due_on).days
    return OpenItem(
        account=row.account, number=row.number, item=row.item,
        item_kind=UNAPPLIED if row.due_on is None else row.item_kind,
        currency=row.currency, issued_on=row.issued_on, due_on=row.due_on, days_past_due=days,
        bucket=_bucket(row.due_on, as_of, labels, edges),
        open=from_minor(int(row.open_minor), row.currency), rests_on_backfill=bool(row.backfilled),
    )  # fmt: skip
