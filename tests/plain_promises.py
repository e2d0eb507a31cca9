"""Promises and how they turn out, worked out one by one in the plainest way: what the reports are held to."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from engine.domain.money import ZERO, from_minor, money
from engine.domain.serving import Money, take
from projections.connection import reading
from projections.personal import read_people
from projections.promise_sums import By, PromiseSummary
from projections.promises import JUDGED, STATUSES, PromiseRow, Status
from projections.tables import (
    accounts,
    postings,
    promise_counts,
    promise_deadlines,
    promise_items,
    promise_states,
    promises,
)


@dataclass(frozen=True)
class Turnout:
    """What a summary says."""

    key: str
    currency: str
    counts: dict[Status, int]
    promised: Decimal
    received: Decimal
    received_late: Decimal
    kept_rate_by_number: Decimal | None
    kept_rate_by_amount: Decimal | None


def said_by(summary: PromiseSummary) -> Turnout:
    return Turnout(
        summary.key, summary.currency, summary.counts, summary.promised, summary.received,
        summary.received_late, summary.kept_rate_by_number, summary.kept_rate_by_amount,
    )  # fmt: skip


# --- summaries --------------------------------------------------------------------------------------------


def summarise(rows: Sequence[PromiseRow], by: By | None = None) -> list[Turnout]:
    """Counts, amounts and kept rates, added up row by row."""
    groups: dict[tuple[str, str], list[PromiseRow]] = defaultdict(list)
    for row in rows:
        groups[_key(row, by), row.currency].append(row)
    return [_turnout(key, currency, groups[key, currency]) for key, currency in sorted(groups)]


def _key(row: PromiseRow, by: By | None) -> str:
    if by == "month":
        return f"{row.promised_on:%Y-%m}"
    keys = {"taken_by": row.taken_by, "collector": row.collector, "debtor": row.number, "policy": row.policy}
    return keys[by] or "" if by else "all"


def _turnout(key: str, currency: str, rows: Sequence[PromiseRow]) -> Turnout:
    judged = [row for row in rows if row.status in JUDGED]
    kept = [row for row in judged if row.status == "kept"]
    counts = dict.fromkeys(STATUSES, 0)
    for row in rows:
        counts[row.status] += 1
    return Turnout(
        key=key, currency=currency, counts=counts,
        promised=_amount([row for row in rows if row.replaced_by is None]),
        received=sum((row.received for row in rows), ZERO),
        received_late=sum((row.received_late for row in rows), ZERO),
        kept_rate_by_number=_rate(Decimal(len(kept)), Decimal(len(judged))),
        kept_rate_by_amount=_rate(_amount(kept), _amount(judged)),
    )  # fmt: skip


def _amount(rows: Sequence[PromiseRow]) -> Decimal:
    return sum((row.amount for row in rows), ZERO)


def _rate(part: Decimal, whole: Decimal) -> Decimal | None:
    return (part / whole).quantize(Decimal("0.0001")) if whole else None


# --- promises ---------------------------------------------------------------------------------------------


def plain_promises(database: Engine, as_of: date, as_known: datetime | None = None) -> list[PromiseRow]:
    """The promises made by that day, as they stood at its end, by promised date."""
    query = (
        select(
            promises,
            func.coalesce(accounts.c.number, promises.c.account).label("number"),
            func.coalesce(promises.c.collector, accounts.c.collector).label("worked_by"),
        )
        .outerjoin(accounts, accounts.c.stream == promises.c.account)
        .where(promises.c.made_on <= as_of)
        .order_by(promises.c.promised_on, promises.c.position, promises.c.line)
    )
    with reading(database, as_known) as connection:
        found = read_people(connection, query)
        states = _last(connection, promise_states, as_of)
        deadlines = _last(connection, promise_deadlines, as_of)
        stood = [(row, _state(row, states), _deadline(row, deadlines)) for row in found]
        late = _late_money(connection, stood, as_of)
    return [_promise(*one, late.get((one[0].account, one[0].promise), ZERO)) for one in stood]


def _last(connection: Connection, table: Any, as_of: date) -> dict[tuple[str, str], Any]:
    query = select(table).where(table.c.happened_on <= as_of).order_by(table.c.position)
    return {(row.account, row.promise): row for row in connection.execute(query)}


def _state(row: Any, states: Mapping[tuple[str, str], Any]) -> Any:
    return states.get((row.account, row.promise)) or states.get((row.account, row.plan))


def _deadline(row: Any, deadlines: Mapping[tuple[str, str], Any]) -> date:
    changed = deadlines.get((row.account, row.promise))
    deadline: date = changed.deadline if changed else row.deadline
    return deadline


def _received(state: Any) -> Decimal:
    return Decimal(state.received_thousandths or 0) / 1000 if state else ZERO


def _promise(row: Any, state: Any, deadline: date, late: Decimal) -> PromiseRow:
    return PromiseRow(
        account=row.account, number=row.number, promise=row.promise, plan=row.plan, currency=row.currency,
        amount=from_minor(row.amount_minor, row.currency), made_on=row.made_on, promised_on=row.promised_on,
        deadline=deadline, taken_by=row.taken_by, collector=row.worked_by, policy=row.policy,
        status=state.status if state else "pending", received=money(_received(state), row.currency),
        received_late=money(late, row.currency), replaced_by=state.replaced_by if state else None,
        judged_on=state.happened_on if state else None, rests_on_backfill=row.backfilled,
        key=(row.promised_on, row.position, row.line),
        gives_up=None if row.discount_minor is None else from_minor(row.discount_minor, row.currency),
    )  # fmt: skip


# --- money that came late ---------------------------------------------------------------------------------

Stood = tuple[Any, Any, date]


def _late_money(
    connection: Connection, stood: Sequence[Stood], as_of: date
) -> dict[tuple[str, str], Decimal]:
    """What came by that day for promises that lacked it, the oldest first, each cent once."""
    missing = [one for one in stood if one[2] < as_of and _status(one[1]) not in ("kept", "withdrawn")]
    money_of = _money(connection, as_of)
    _take_off_counted(connection, money_of, {state.position for _, state, _ in stood if state})
    items, late = defaultdict(list), {}
    for row in connection.execute(select(promise_items)):
        items[row.position].append(row.item)
    for row, state, deadline in sorted(missing, key=lambda one: (one[2], one[0].position)):
        needed = from_minor(row.amount_minor, row.currency) - _received(state)
        paid = money_of.get((row.account, row.currency), [])
        taken = take(paid, items[row.position], deadline + timedelta(1), as_of, needed)
        late[row.account, row.promise] = sum(taken.values(), ZERO)
    return late


def _status(state: Any) -> str:
    return state.status if state else "pending"


def _money(connection: Connection, as_of: date) -> dict[tuple[str, str], list[Money]]:
    """What each payment has paid of each item by that day, by account and currency, earliest money first."""
    rows = connection.execute(select(postings).where(postings.c.effective_on <= as_of)).all()
    received = {(row.account, row.document): row.effective_on for row in rows if row.kind == "payment"}
    paid: dict[tuple[str, str, str, str], int] = defaultdict(int)
    for row in rows:
        if row.kind in ("allocation", "reopening") and row.item is not None:
            paid[row.account, row.currency, row.document, row.item] -= row.amount_minor
    found: dict[tuple[str, str], list[Money]] = defaultdict(list)
    for (account, currency, document, item), minor in paid.items():
        if (account, document) in received and minor > 0:
            one = Money(document, item, received[account, document], from_minor(minor, currency))
            found[account, currency].append(one)
    for parts in found.values():
        parts.sort(key=lambda one: (one.received_on, one.payment, one.item or ""))
    return found


def _take_off_counted(
    connection: Connection, money_of: Mapping[tuple[str, str], Iterable[Money]], judged: set[int]
) -> None:
    """What judgements in force counted in time is no longer there, whichever item it was set against."""
    by_payment: dict[tuple[str, str], list[Money]] = defaultdict(list)
    for (account, _), parts in money_of.items():
        for part in parts:
            by_payment[account, part.payment].append(part)
    for row in connection.execute(select(promise_counts)):
        counted = Decimal(row.amount_thousandths) / 1000 if row.position in judged else ZERO
        for part in by_payment.get((row.account, row.payment), ()):
            taken = min(part.left, counted)
            part.left -= taken
            counted -= taken
