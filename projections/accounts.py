"""Finding accounts by the numbers that people know them by."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine, func, or_, select

from projections.connection import reading
from projections.personal import read_people
from projections.slices import in_parts
from projections.tables import accounts, timeline

SPANS_PER_QUERY = 200


def find_accounts(database: Engine, numbers: Sequence[str]) -> dict[str, str]:
    """The stream of each account with one of these numbers; of several with the same number the first."""
    found: dict[str, str] = {}
    with reading(database) as connection:
        for some in in_parts(numbers):
            query = select(accounts.c.number, accounts.c.stream).where(accounts.c.number.in_(some))
            for number, stream in connection.execute(query.order_by(accounts.c.opened_on, accounts.c.stream)):
                found.setdefault(number, stream)
    return found


def numbers_of(database: Engine, streams: Sequence[str]) -> dict[str, str]:
    """The number of each account of these streams, readable, or said to be erased."""
    found: dict[str, str] = {}
    with reading(database) as connection:
        for some in in_parts(streams):
            query = select(accounts.c.stream, accounts.c.number).where(accounts.c.stream.in_(some))
            found |= {row.stream: row.number for row in read_people(connection, query)}
    return found


def find_between(database: Engine, spans: Sequence[tuple[str, str]]) -> list[str]:
    """The streams of accounts that lie within one of these spans, the ends of which belong to it."""
    found: list[str] = []
    with reading(database) as connection:
        for some in in_parts(spans, SPANS_PER_QUERY):
            within = [accounts.c.stream.between(*span) for span in some]
            found += connection.execute(select(accounts.c.stream).where(or_(*within))).scalars()
    return found


def has_accounts(database: Engine) -> bool:
    """Whether any account has been opened."""
    with reading(database) as connection:
        return connection.execute(select(accounts.c.stream).limit(1)).first() is not None


def awaiting_go_live(database: Engine) -> list[str]:
    """The streams of backfilled accounts that nobody has let the engine escalate yet."""
    query = select(accounts.c.stream).where(accounts.c.backfilled, ~accounts.c.went_live)
    with reading(database) as connection:
        return list(connection.execute(query.order_by(accounts.c.stream)).scalars())


def last_decision(database: Engine, account: str | None = None) -> datetime | None:
    """When the engine last decided something, on that account or any; None where it never has."""
    query = select(func.max(timeline.c.known_at)).where(timeline.c.policy.is_not(None))
    if account is not None:
        query = query.where(timeline.c.account == account)
    with reading(database) as connection:
        moment: datetime | None = connection.execute(query).scalar_one()
        return moment


def accounts_of_collector(database: Engine, collector: str) -> list[str]:
    """The streams of the accounts that the collector works."""
    query = select(accounts.c.stream).where(accounts.c.collector == collector)
    with reading(database) as connection:
        return list(connection.execute(query.order_by(accounts.c.stream)).scalars())
