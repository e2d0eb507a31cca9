"""Money that came for promises after their deadline: what was paid on their items later, each cent once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, select

from engine.domain.money import ZERO, from_minor
from engine.domain.serving import Money, take
from projections.tables import postings, promise_counts, promise_items

ACCOUNTS_PER_PAGE = 1_000
Promised = tuple[str, str]
"""The account and the name of a promise."""


@dataclass(frozen=True, slots=True)
class Missing:
    """What a promise still lacked when its deadline was over."""

    account: str
    promise: str
    position: int
    currency: str
    deadline: date
    amount: Decimal


def late_money(
    connection: Connection, missing: Sequence[Missing], judged: Iterable[int], as_of: date
) -> dict[Promised, Decimal]:
    """What came by that day for promises that lacked it, the oldest first, by account and promise.

    `judged` are the positions of the judgements in force: what they counted in time is not counted again.
    """
    counted, late = set(judged), dict[Promised, Decimal]()
    accounts = sorted({one.account for one in missing})
    for start in range(0, len(accounts), ACCOUNTS_PER_PAGE):
        page = set(accounts[start : start + ACCOUNTS_PER_PAGE])
        money = _money(connection, page, as_of)
        _take_off_counted(connection, money, counted)
        late |= _shared_out(connection, [one for one in missing if one.account in page], money, as_of)
    return late


def _shared_out(
    connection: Connection, missing: Sequence[Missing], money: Mapping[tuple[str, str], list[Money]],
    as_of: date,
) -> dict[Promised, Decimal]:  # fmt: skip
    items, late = _items(connection, {one.position for one in missing}), dict[Promised, Decimal]()
    for one in sorted(missing, key=lambda one: (one.deadline, one.position)):
        first = one.deadline + timedelta(1)
        paid = money.get((one.account, one.currency), [])
        taken = take(paid, items.get(one.position, ()), first, as_of, one.amount)
        late[one.account, one.promise] = sum(taken.values(), ZERO)
    return late


def _money(connection: Connection, accounts: set[str], as_of: date) -> Mapping[tuple[str, str], list[Money]]:
    """What each payment has paid of each item by that day, by account and currency, earliest money first."""
    seen = (postings.c.account.in_(accounts), postings.c.effective_on <= as_of)
    received = select(postings.c.account, postings.c.document, postings.c.effective_on).where(
        postings.c.kind == "payment", *seen
    )
    received_on = {(row.account, row.document): row.effective_on for row in connection.execute(received)}
    keys = (postings.c.account, postings.c.currency, postings.c.document, postings.c.item)
    paid = (
        select(*keys, func.sum(postings.c.amount_minor).label("minor"))
        .where(postings.c.kind.in_(("allocation", "reopening")), postings.c.item.is_not(None), *seen)
        .group_by(*keys)
    )
    found: dict[tuple[str, str], list[Money]] = defaultdict(list)
    for row in connection.execute(paid):
        on = received_on.get((row.account, row.document))
        if on is not None and row.minor < 0:
            part = from_minor(-int(row.minor), row.currency)
            found[row.account, row.currency].append(Money(row.document, row.item, on, part))
    for parts in found.values():
        parts.sort(key=lambda one: (one.received_on, one.payment, one.item or ""))
    return found


def _take_off_counted(
    connection: Connection, money: Mapping[tuple[str, str], list[Money]], judged: set[int]
) -> None:
    """What was counted in time is no longer there, whichever item it was set against."""
    by_payment: dict[tuple[str, str], list[Money]] = defaultdict(list)
    for (account, _), parts in money.items():
        for part in parts:
            by_payment[account, part.payment].append(part)
    accounts = {account for account, _ in money}
    query = select(promise_counts).where(promise_counts.c.account.in_(accounts))
    for row in connection.execute(query):
        counted = Decimal(row.amount) if row.position in judged else ZERO
        for part in by_payment.get((row.account, row.payment), ()):
            taken = min(part.left, counted)
            part.left -= taken
            counted -= taken


def _items(connection: Connection, positions: set[int]) -> dict[int, tuple[Any, ...]]:
    found: dict[int, list[str]] = defaultdict(list)
    for row in connection.execute(select(promise_items).where(promise_items.c.position.in_(positions))):
        found[row.position].append(row.item)
    return {position: tuple(names) for position, names in found.items()}
