"""Scheduled calls on their way to a dialler: a table that follows the log, made once one is set up.

It can be made anew from the log; then only what is with the dialler already is pushed again, under its old
name. Moments are whole microseconds since 1970 in UTC.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    MetaData,
    Row,
    Table,
    Text,
    and_,
    delete,
    or_,
    select,
    update,
)

from arrears.delivery.outbox import PAGE, is_history
from engine.agenda import micros
from engine.domain.facts.base import Stored
from engine.domain.facts.contacts import CallMade, CallScheduled, ReminderCancelled
from projections.catch_up import Read, follow, insert_or, start_following
from projections.connection import writing

BY, NAME = "dialler", "dialler"
LONGEST_CALL_TIME = timedelta(days=1)
"""For how long a call may be made whose limits name no end."""

metadata = MetaData()
calls = Table(
    NAME,
    metadata,
    Column("contact", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("call_from", BigInteger, nullable=False),
    Column("call_until", BigInteger, nullable=False),
    Column("next_try_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("trouble", Text),
    Column("is_pushed", Boolean, nullable=False),
    Column("is_over", Boolean, nullable=False),  # and the dialler does not know it yet
    Column("claimed_by", Text),
    Column("claimed_until", BigInteger),
)
Index("dialler_next_try_at", calls.c.next_try_at)


def catch_up(database: Engine, read: Read) -> int:
    """Takes in what the log has more, and returns how many facts that were."""
    start_following(database, NAME, metadata)
    return follow(database, read, NAME, list, _take_in)


def _take_in(connection: Connection, facts: Sequence[Stored]) -> None:
    ended: dict[str, bool] = {}
    for one in facts:
        if isinstance(one.fact, CallMade):
            ended |= dict.fromkeys(one.fact.answers, one.fact.by == BY)
        elif isinstance(one.fact, ReminderCancelled):
            ended[one.fact.contact] = False
    new = [row for one in facts if (row := _row(one)) is not None and row["contact"] not in ended]
    if new:
        connection.execute(insert_or(connection, calls).on_conflict_do_nothing(), new)
    for is_known in (True, False):
        some = [contact for contact, known in ended.items() if known == is_known]
        for start in range(0, len(some), 500):
            _end(connection, some[start : start + 500], is_known=is_known)


def _row(one: Stored) -> dict[str, Any] | None:
    fact = one.fact
    if not isinstance(fact, CallScheduled) or fact.because is None or is_history(fact):
        return None
    start = fact.call_from or fact.scheduled_at
    return {
        "contact": fact.contact, "account": one.stream, "call_from": micros(start),
        "call_until": micros(fact.reserved_until or start + LONGEST_CALL_TIME),
        "next_try_at": micros(start), "attempts": 0, "is_pushed": False, "is_over": False,
    }  # fmt: skip


def _end(connection: Connection, contacts: Sequence[str], *, is_known: bool) -> None:
    """Takes calls out; one that is with the dialler, which does not know yet, only once it was told."""
    its = calls.c.contact.in_(contacts)
    if not is_known:
        told = {"is_over": True, "next_try_at": 0, "attempts": 0}
        connection.execute(update(calls).where(its, calls.c.is_pushed).values(told))
    connection.execute(delete(calls).where(its, ~calls.c.is_over))


def claim(database: Engine, at: datetime, owner: str, lease: timedelta) -> list[Row[Any]]:
    """Takes up to a page of calls that are to be pushed or withdrawn now, for the time of the lease."""
    now = micros(at)
    free = or_(calls.c.claimed_until.is_(None), calls.c.claimed_until <= now)
    is_due = or_(calls.c.is_over, and_(~calls.c.is_pushed, calls.c.call_until > now))
    ready = select(calls.c.contact).where(calls.c.next_try_at <= now, is_due, free)
    page = ready.order_by(calls.c.next_try_at, calls.c.contact).limit(PAGE)
    its = calls.c.contact.in_(page.with_for_update(skip_locked=True).scalar_subquery())
    taken = update(calls).where(its).values(claimed_by=owner, claimed_until=micros(at + lease))
    with writing(database) as connection:
        rows = list(connection.execute(taken.returning(*calls.c)))
    return sorted(rows, key=lambda row: (row.next_try_at, row.contact))


def release(database: Engine, owner: str) -> None:
    """Gives up all that this sender still claims."""
    free = {"claimed_by": None, "claimed_until": None}
    with writing(database) as connection:
        connection.execute(update(calls).where(calls.c.claimed_by == owner).values(free))


def keep(database: Engine, contact: str, **values: Any) -> bool:
    """Gives a claim up, with what became of the call; False where it has been taken out meanwhile."""
    free = {"claimed_by": None, "claimed_until": None}
    with writing(database) as connection:
        kept = connection.execute(update(calls).where(calls.c.contact == contact).values(values | free))
    return bool(kept.rowcount)


def remove(database: Engine, contact: str) -> None:
    """Forgets a call that the dialler knows to be over."""
    with writing(database) as connection:
        connection.execute(delete(calls).where(calls.c.contact == contact))
