"""Promises to pay: what became of each, and how many were kept, on both clocks."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Engine, func, select

from engine.domain.money import ZERO, from_minor, money
from projections.balances import Accounts
from projections.connection import reading
from projections.paged import Page, paged
from projections.personal import read_people
from projections.promise_money import Missing, late_money
from projections.tables import accounts, promise_deadlines, promise_states, promises

Status = Literal["pending", "kept", "partly_kept", "broken", "withdrawn"]
STATUSES: tuple[Status, ...] = get_args(Status)
JUDGED = ("kept", "partly_kept", "broken")

By = Literal["month", "taken_by", "collector", "debtor", "policy"]


States = dict[tuple[str, str], Any]
"""The latest state of each promise, or, under its name, of a plan, by account."""
Deadlines = dict[tuple[str, str], date]
"""The last day on which money for a promise comes in time, by account and promise."""


@dataclass(frozen=True)
class PromiseRow:
    """One promise, or one instalment of a plan, and how it stands.

    `received` came in time and was counted when it was judged, `received_late` came after the deadline.
    `gives_up`: of a settlement, what is written off where it is kept.
    """

    account: str
    number: str
    promise: str
    plan: str | None
    currency: str
    amount: Decimal
    made_on: date
    promised_on: date
    deadline: date
    taken_by: str
    collector: str | None
    policy: str | None
    status: Status
    received: Decimal
    received_late: Decimal
    replaced_by: str | None
    judged_on: date | None
    rests_on_backfill: bool
    key: tuple[date, int, int]
    """What no two promises share, and by which they are sorted."""
    gives_up: Decimal | None = None


@dataclass(frozen=True)
class PromiseSummary:
    """How the promises under one key in one currency turned out. Rates are kept ÷ judged, to four decimals,
    by number and by promised amount; None where none was judged yet.

    `promised` leaves out what was replaced, which is promised again in its place; `received` came in time.
    """

    key: str
    currency: str
    counts: dict[Status, int]
    promised: Decimal
    received: Decimal
    received_late: Decimal
    kept_rate_by_number: Decimal | None
    kept_rate_by_amount: Decimal | None


def promise_list(
    database: Engine, as_of: date, as_known: datetime | None = None, account: str | None = None
) -> list[PromiseRow]:
    """The promises made by that day, as they stood at its end, by promised date; of one account if named."""
    with reading(database, as_known) as connection:
        return promise_rows(connection, as_of, None if account is None else [account])


def promise_rows(
    connection: Connection, as_of: date, only: Accounts = None, page: Page | None = None
) -> list[PromiseRow]:
    """What `promise_list` returns, of some accounts or all, read on a connection that is there already; of
    these a page, behind the `key` of a row."""
    query = (
        select(
            promises,
            func.coalesce(accounts.c.number, promises.c.account).label("number"),
            # Who takes care of the account now, where the promise does not say who did then.
            func.coalesce(promises.c.collector, accounts.c.collector).label("worked_by"),
        )
        .outerjoin(accounts, accounts.c.stream == promises.c.account)
        .where(promises.c.made_on <= as_of)
        .order_by(promises.c.promised_on, promises.c.position, promises.c.line)
    )
    if only is not None:
        query = query.where(promises.c.account.in_(only))
    if page is not None:
        query = paged(query, page, promises.c.promised_on, promises.c.position, promises.c.line)
    found = read_people(connection, query)
    if page is not None:
        only = sorted({row.account for row in found})
    states, deadlines = _states(connection, as_of, only), _deadlines(connection, as_of, only)
    stored = [(row, _state(row, states), _deadline(row, deadlines)) for row in found]
    missing = [one for parts in stored if (one := _missing(*parts, as_of)) is not None]
    judged = (state.position for _, state, _ in stored if state is not None)
    late = late_money(connection, missing, judged, as_of)
    return [_promise(*parts, late.get((parts[0].account, parts[0].promise), ZERO)) for parts in stored]


def _state(row: Any, states: States) -> Any:
    # A plan that is withdrawn takes with it only the instalments that had no end of their own yet.
    return states.get((row.account, row.promise)) or states.get((row.account, row.plan))


def _deadline(row: Any, deadlines: Deadlines) -> date:
    found: date = deadlines.get((row.account, row.promise), row.deadline)
    return found


def _missing(row: Any, state: Any, deadline: date, as_of: date) -> Missing | None:
    """What the promise lacked at its deadline; None while that is to come, and where it was taken back."""
    status = state.status if state else "pending"
    if deadline >= as_of or status in ("kept", "withdrawn"):
        return None
    amount = from_minor(row.amount_minor, row.currency) - (_received(state) or ZERO)
    return Missing(row.account, row.promise, row.position, row.currency, deadline, amount)


def _received(state: Any) -> Decimal:
    return Decimal(state.received) if state and state.received else ZERO


def _states(connection: Connection, as_of: date, only: Accounts) -> States:
    """The latest state of each promise, or, under its name, of a plan, that has one by then."""
    query = (
        select(promise_states)
        .where(promise_states.c.happened_on <= as_of)
        .order_by(promise_states.c.position)
    )
    if only is not None:
        query = query.where(promise_states.c.account.in_(only))
    return {(row.account, row.promise): row for row in connection.execute(query)}


def _deadlines(connection: Connection, as_of: date, only: Accounts) -> Deadlines:
    """The last day in time of each promise whose terms had been changed by then."""
    query = (
        select(promise_deadlines)
        .where(promise_deadlines.c.happened_on <= as_of)
        .order_by(promise_deadlines.c.position)
    )
    if only is not None:
        query = query.where(promise_deadlines.c.account.in_(only))
    return {(row.account, row.promise): row.deadline for row in connection.execute(query)}


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


def summarise(rows: Sequence[PromiseRow], by: By | None = None) -> list[PromiseSummary]:
    """Counts, amounts and kept rates: in all (key "all"), or by the month promised for, who took it, whose
    account it was, the debtor's number, or the policy that gave the terms (not recorded: "")."""
    groups: dict[tuple[str, str], list[PromiseRow]] = defaultdict(list)
    for row in rows:
        groups[_key(row, by), row.currency].append(row)
    return [_summary(key, currency, groups[key, currency]) for key, currency in sorted(groups)]


def _key(row: PromiseRow, by: By | None) -> str:
    if by == "month":
        return f"{row.promised_on:%Y-%m}"
    keys = {"taken_by": row.taken_by, "collector": row.collector, "debtor": row.number, "policy": row.policy}
    return keys[by] or "" if by else "all"


def _summary(key: str, currency: str, rows: Sequence[PromiseRow]) -> PromiseSummary:
    judged = [row for row in rows if row.status in JUDGED]
    kept = [row for row in judged if row.status == "kept"]
    counts = dict.fromkeys(STATUSES, 0)
    for row in rows:
        counts[row.status] += 1
    return PromiseSummary(
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
