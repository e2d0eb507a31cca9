"""The outbox: reminders that the engine decided and of which nobody has recorded yet what became of them.

A table that follows the log and can be made anew from it; then only the counts of failed attempts are lost.
Moments are whole microseconds since 1970 in UTC. What was played from imported history, or recorded by a
person, has gone out long ago or by other means, and is not in it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
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
    func,
    or_,
    select,
    update,
)

from arrears.delivery import batches
from engine.agenda import EPOCH, MICROSECOND, NEVER, micros
from engine.domain.evolve import BACKFILL
from engine.domain.facts.base import Stored
from engine.domain.facts.contacts import (
    CallScheduled,
    Channel,
    ReminderCancelled,
    ReminderDelivered,
    ReminderFailed,
    ReminderIssued,
)
from engine.play import PLAYED
from projections.catch_up import Read, follow, insert_or, refold, start_following
from projections.connection import writing

NAME = "outbox"
PAGE = 25
_ENDS = (ReminderDelivered, ReminderFailed, ReminderCancelled)

metadata = MetaData()
outbox = Table(
    NAME,
    metadata,
    Column("contact", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("leaves_at", BigInteger, nullable=False),
    Column("next_try_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("trouble", Text),
    Column("claimed_by", Text),
    Column("claimed_until", BigInteger),
)
Index("outbox_next_try_at", outbox.c.channel, outbox.c.next_try_at)

kept = MetaData()
mailboxes = Table(
    "mailboxes",
    kept,
    Column("name", Text, primary_key=True),
    Column("validity", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
)
"""The number of the last mail that was looked at for bounces, where mails are numbered."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A reminder of the outbox. `trouble`: why it did not leave the last time, in a word."""

    contact: str
    account: str
    channel: Channel
    leaves_at: datetime
    next_try_at: datetime
    attempts: int
    trouble: str | None


@dataclass(frozen=True, slots=True)
class Size:
    """How much waits on a channel. `stale`: left alone because it should have left too long ago; `oldest_at`:
    since when the oldest that is not stale should have left."""

    channel: str
    waiting: int
    due: int
    stale: int
    oldest_at: datetime | None


def create(database: Engine) -> None:
    """Makes the tables where they are not there yet."""
    start_following(database, NAME, metadata)
    with writing(database) as connection:
        batches.metadata.create_all(connection)
        kept.create_all(connection)


def catch_up(database: Engine, read: Read) -> int:
    """Takes in what the log has more, and returns how many facts that were."""
    return follow(database, read, NAME, list, _take_in)


def rebuild(database: Engine, read: Read) -> None:
    """Forgets what it knew and takes the log in anew."""
    refold(database, read, NAME, metadata, list, _take_in)


def _take_in(connection: Connection, facts: Sequence[Stored]) -> None:
    changed = {one.fact.contact: one for one in facts if isinstance(one.fact, (ReminderIssued, *_ENDS))}
    ended = [contact for contact, one in changed.items() if isinstance(one.fact, _ENDS)]
    for table in (outbox, batches.batches):
        for start in range(0, len(ended), 500):
            connection.execute(delete(table).where(table.c.contact.in_(ended[start : start + 500])))
    new = [row for one in changed.values() if (row := _row(one)) is not None]
    if new:
        connection.execute(insert_or(connection, outbox).on_conflict_do_nothing(), new)


def _row(one: Stored) -> dict[str, object] | None:
    fact = one.fact
    if not isinstance(fact, ReminderIssued) or fact.because is None or is_history(fact):
        return None
    leaves_at = micros(fact.leaves_at or fact.issued_at)
    return {
        "contact": fact.contact, "account": one.stream, "channel": fact.channel, "leaves_at": leaves_at,
        "next_try_at": leaves_at, "attempts": 0,
    }  # fmt: skip


def is_history(fact: ReminderIssued | CallScheduled) -> bool:
    """Whether it was played from imported history: it has been made long ago, or never will be."""
    return fact.basis is not None and (fact.basis == PLAYED or fact.basis.startswith(BACKFILL))


# --- taking from it ---------------------------------------------------------------------------------------


def claim(
    database: Engine, channel: Channel, at: datetime, stale_before: datetime, owner: str, lease: timedelta,
    limit: int = PAGE,
) -> list[Waiting]:  # fmt: skip
    """Takes up to so many reminders that are to leave by now, earliest first, for the time of the lease.

    A claim only keeps two senders from doing the same work; that one fact comes of it is kept by versions.
    """
    ready = select(outbox.c.contact).where(
        outbox.c.channel == channel, outbox.c.next_try_at <= micros(at), _fresh(stale_before), _free(at)
    )
    page = ready.order_by(outbox.c.next_try_at, outbox.c.contact).limit(limit)
    statement = (
        update(outbox)
        .where(outbox.c.contact.in_(page.with_for_update(skip_locked=True).scalar_subquery()))
        .values(claimed_by=owner, claimed_until=micros(at + lease))
        .returning(*_SHOWN)
    )
    with writing(database) as connection:
        taken = [_waiting(row) for row in connection.execute(statement)]
    return sorted(taken, key=lambda one: (one.next_try_at, one.contact))


def hold(database: Engine, contact: str, at: datetime, owner: str, lease: timedelta) -> bool:
    """Makes a claim of ours last from now on; False where somebody else has it by now, or it is over."""
    mine = (outbox.c.contact == contact) & (outbox.c.claimed_by == owner)
    with writing(database) as connection:
        held = connection.execute(update(outbox).where(mine).values(claimed_until=micros(at + lease)))
    return bool(held.rowcount)


def put_off(database: Engine, contact: str, until: datetime, trouble: str, *, attempted: bool) -> None:
    """Gives a claim up until that moment; `attempted`: it was tried, and failed for a passing reason."""
    values = {
        "next_try_at": micros(until), "trouble": trouble, "claimed_by": None, "claimed_until": None,
        "attempts": outbox.c.attempts + int(attempted),
    }  # fmt: skip
    with writing(database) as connection:
        connection.execute(update(outbox).where(outbox.c.contact == contact).values(values))


def release(database: Engine, owner: str) -> None:
    """Gives up all that this sender still claims."""
    free = {"claimed_by": None, "claimed_until": None}
    with writing(database) as connection:
        connection.execute(update(outbox).where(outbox.c.claimed_by == owner).values(free))


def _fresh(stale_before: datetime) -> ColumnElement[bool]:
    return outbox.c.leaves_at >= micros(stale_before)


def _free(at: datetime) -> ColumnElement[bool]:
    unclaimed = or_(outbox.c.claimed_until.is_(None), outbox.c.claimed_until <= micros(at))
    return and_(unclaimed, outbox.c.contact.not_in(select(batches.batches.c.contact)))


# --- what is in it ----------------------------------------------------------------------------------------

_SHOWN = (
    outbox.c.contact, outbox.c.account, outbox.c.channel, outbox.c.leaves_at, outbox.c.next_try_at,
    outbox.c.attempts, outbox.c.trouble,
)  # fmt: skip


def _waiting(row: Row[*tuple[Any, ...]]) -> Waiting:
    return Waiting(
        row.contact, row.account, row.channel, moment_of(row.leaves_at), moment_of(row.next_try_at),
        row.attempts, row.trouble,
    )  # fmt: skip


def moment_of(at: int) -> datetime:
    """A moment of the table."""
    return EPOCH + min(at, NEVER) * MICROSECOND


def listed(database: Engine, limit: int, after: str = "") -> list[Waiting]:
    """A page of the outbox, by contact."""
    query = select(*_SHOWN).where(outbox.c.contact > after).order_by(outbox.c.contact).limit(limit)
    with database.connect() as connection:
        return [_waiting(row) for row in connection.execute(query)]


def these(database: Engine, contacts: Sequence[str]) -> list[Waiting]:
    """Those of these reminders that still wait, by contact."""
    query = select(*_SHOWN).where(outbox.c.contact.in_(contacts)).order_by(outbox.c.contact)
    with database.connect() as connection:
        return [_waiting(row) for row in connection.execute(query)]


def everything(database: Engine) -> Iterator[Waiting]:
    """All of the outbox, a page at a time."""
    after = ""
    while page := listed(database, 500, after):
        yield from page
        after = page[-1].contact


def sizes(database: Engine, at: datetime, stale_before: datetime) -> list[Size]:
    """How much waits on each channel, as of a moment."""
    fresh = _fresh(stale_before)
    due = fresh & (outbox.c.next_try_at <= micros(at))
    query = (
        select(
            outbox.c.channel,
            func.count().label("waiting"),
            func.count().filter(due).label("due"),
            func.count().filter(~fresh).label("stale"),
            func.min(outbox.c.leaves_at).filter(fresh).label("oldest"),
        )
        .group_by(outbox.c.channel)
        .order_by(outbox.c.channel)
    )
    with database.connect() as connection:
        rows = connection.execute(query).all()
    return [
        Size(
            row.channel,
            row.waiting,
            row.due,
            row.stale,
            None if row.oldest is None else moment_of(row.oldest),
        )
        for row in rows
    ]
