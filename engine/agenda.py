"""The agenda: for each account the next moment at which it must be looked at. A row may be early, never late.

Moments are whole microseconds since 1970 in UTC. Any fact makes its account due now; what a person asks for
on one account makes all of theirs due; a publication brings the accounts of that policy forward to the moment
from which it holds.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    bindparam,
    case,
    func,
    or_,
    select,
    update,
)

from engine.application import POLICIES, Seen
from engine.domain.facts.accounts import AccountOpened, PolicyAssigned
from engine.domain.facts.base import Stored
from engine.domain.facts.people import PersonPreferenceChanged
from engine.domain.facts.policy import PolicyPublished
from engine.domain.people import person_stream
from projections.catch_up import Read, follow, insert_or, refold, start_following
from projections.connection import writing
from projections.tables import position

NAME = "agenda"
NOW = 0
NEVER = 2**62
ACCOUNTS_PER_PAGE = 200
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

metadata = MetaData()
agenda = Table(
    NAME,
    metadata,
    Column("account", Text, primary_key=True),
    Column("due_at", BigInteger, nullable=False),
    Column("fact_version", Integer, nullable=False),
    Column("seen_version", Integer, nullable=False),
    Column("policy", Text),
    Column("claimed_by", Text),
    Column("person", Text),
    Column("wishes_version", Integer, nullable=False, server_default="0"),
)
Index("agenda_due_at", agenda.c.due_at, agenda.c.account)
Index("agenda_person", agenda.c.person)


_noted = agenda.alias("noted")
_published = func.coalesce(
    select(_noted.c.fact_version).where(_noted.c.account == POLICIES).scalar_subquery(), 0
)


def micros(moment: datetime | None) -> int:
    """A moment as the agenda keeps it; None is never."""
    return NEVER if moment is None else (moment - EPOCH) // MICROSECOND


def create(database: Engine) -> None:
    """Makes the table where it is not there yet."""
    start_following(database, NAME, metadata)


def catch_up(database: Engine, read: Read) -> int:
    """Takes in what the log has more, and returns how many facts that were."""
    return follow(database, read, NAME, list, _take_in)


def rebuild(database: Engine, read: Read) -> None:
    """Forgets what it knew and takes the log in anew: every account is due now."""
    refold(database, read, NAME, metadata, list, _take_in)


def _take_in(connection: Connection, facts: Sequence[Stored]) -> None:
    latest = {stored.stream: stored.version for stored in facts if stored.stream.startswith("account-")}
    if latest:
        _make_due(connection, latest)
    _meet(connection, facts)
    _pass_on(connection, facts)
    published = [stored.version for stored in facts if stored.stream == POLICIES]
    if published:
        _note_policies(connection, published[-1])
    for stored in facts:
        if isinstance(stored.fact, PolicyPublished):
            _bring_forward(connection, stored.fact.effective_from, stored.fact.policy)
        elif isinstance(stored.fact, PolicyAssigned) and stored.stream not in latest:
            _bring_forward(connection, stored.fact.effective_from, None)


def _make_due(connection: Connection, latest: Mapping[str, int]) -> None:
    """Facts that no wake-up has seen yet make their account due now."""
    statement = insert_or(connection, agenda)
    new = statement.excluded.fact_version
    unseen = agenda.c.seen_version < new
    statement = statement.on_conflict_do_update(
        index_elements=[agenda.c.account],
        set_={"fact_version": new, "due_at": case((unseen, NOW), else_=agenda.c.due_at)},
    )
    rows = [
        {"account": account, "due_at": NOW, "fact_version": version, "seen_version": 0}
        for account, version in latest.items()
    ]
    connection.execute(statement, rows)


def _meet(connection: Connection, facts: Sequence[Stored]) -> None:
    """Notes whose the accounts are that were opened."""
    opened = [
        {"a": stored.stream, "p": person_stream(stored.fact.person)}
        for stored in facts
        if isinstance(stored.fact, AccountOpened) and stored.fact.person
    ]
    if opened:
        statement = update(agenda).where(agenda.c.account == bindparam("a")).values(person=bindparam("p"))
        connection.execute(statement, opened)


def _pass_on(connection: Connection, facts: Sequence[Stored]) -> None:
    """What a person asked for makes all of their accounts due: it may free what waits on one of them."""
    asked = {one.stream: one.version for one in facts if isinstance(one.fact, PersonPreferenceChanged)}
    if asked:
        statement = update(agenda).where(agenda.c.person == bindparam("p"))
        rows = [{"p": person, "w": version} for person, version in asked.items()]
        connection.execute(statement.values(due_at=NOW, wishes_version=bindparam("w")), rows)


def _note_policies(connection: Connection, version: int) -> None:
    """A row of its own, never due, says up to where publications have been taken in."""
    statement = insert_or(connection, agenda).values(
        account=POLICIES, due_at=NEVER, fact_version=version, seen_version=version
    )
    connection.execute(
        statement.on_conflict_do_update(index_elements=[agenda.c.account], set_={"fact_version": version})
    )


def _bring_forward(connection: Connection, effective_from: datetime, policy: str | None) -> None:
    due_at = micros(effective_from)
    concerned = (agenda.c.due_at > due_at) & (agenda.c.account != POLICIES)
    if policy is not None:
        concerned &= or_(agenda.c.policy == policy, agenda.c.policy.is_(None))
    connection.execute(update(agenda).where(concerned).values(due_at=due_at))


def anything_due(database: Engine, at: datetime) -> bool:
    """Whether some account is due by that moment."""
    query = select(agenda.c.account).where(agenda.c.due_at <= micros(at)).limit(1)
    with database.connect() as connection:
        return connection.execute(query).first() is not None


def claim(database: Engine, at: datetime, owner: str, limit: int = ACCOUNTS_PER_PAGE) -> list[str]:
    """Takes up to so many due accounts that nobody has claimed, earliest first, and marks them as ours.

    A claim only keeps two processes from doing the same work; what they record is kept apart by versions.
    """
    free = select(agenda.c.account).where(agenda.c.due_at <= micros(at), agenda.c.claimed_by.is_(None))
    page = free.order_by(agenda.c.due_at, agenda.c.account).limit(limit).with_for_update(skip_locked=True)
    statement = update(agenda).where(agenda.c.account.in_(page.scalar_subquery())).values(claimed_by=owner)
    with writing(database) as connection:
        return list(connection.execute(statement.returning(agenda.c.account)).scalars())


def left_behind(database: Engine, at: datetime, owner: str, limit: int = ACCOUNTS_PER_PAGE) -> list[str]:
    """Due accounts that somebody else claimed: still at work on them, or stopped half way."""
    query = (
        select(agenda.c.account)
        .where(agenda.c.due_at <= micros(at), agenda.c.claimed_by.is_not(None), agenda.c.claimed_by != owner)
        .order_by(agenda.c.due_at, agenda.c.account)
        .limit(limit)
    )
    with database.connect() as connection:
        return list(connection.execute(query).scalars())


def settle(database: Engine, seen: Sequence[Seen]) -> None:
    """Writes down how a wake-up left accounts, and gives up the claims on them.

    An account that has had a further fact in the meantime stays due, and so does one that was looked at
    under policies, or wishes of its person, older than those taken in meanwhile.
    """
    statement = (
        update(agenda)
        .where(agenda.c.account == bindparam("a"))
        .values(
            due_at=case(
                (agenda.c.fact_version > bindparam("v"), agenda.c.due_at),
                (_published > bindparam("pv"), NOW),
                (agenda.c.wishes_version > bindparam("wv"), NOW),
                else_=bindparam("d"),
            ),
            seen_version=bindparam("v"),
            policy=bindparam("p"),
            claimed_by=None,
        )
    )
    rows = [
        {
            "a": one.account_id,
            "v": one.version,
            "d": micros(one.due_at),
            "p": one.policy,
            "pv": one.policies_version,
            "wv": one.wishes_version,
        }
        for one in seen
    ]
    if rows:
        with writing(database) as connection:
            _wait_for_catch_up(connection)
            connection.execute(statement, rows)


def _wait_for_catch_up(connection: Connection) -> None:
    """Keeps catch-ups out meanwhile: two that lock many rows, each in its own order, wait for each other."""
    connection.execute(select(position.c.at).where(position.c.name == NAME).with_for_update())


def clear(database: Engine) -> None:
    """Makes every account due now, so that the next wake-up looks at each of them."""
    with writing(database) as connection:
        _wait_for_catch_up(connection)
        connection.execute(
            update(agenda)
            .where(agenda.c.account != POLICIES)
            .values(due_at=NOW, seen_version=0, claimed_by=None)
        )


def count_due(database: Engine, at: datetime) -> int:
    """How many accounts are due by that moment."""
    query = select(func.count()).select_from(agenda).where(agenda.c.due_at <= micros(at))
    with database.connect() as connection:
        return int(connection.execute(query).scalar_one())
