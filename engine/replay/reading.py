"""Reading a book account by account: one pass, a page of accounts at a time, so that memory stays flat."""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, func, select

from engine.application import ACCOUNT_PREFIX, POLICIES
from engine.domain.facts.accounts import AccountOpened
from engine.domain.facts.base import Stored
from engine.domain.people import fold_shared, person_stream
from engine.domain.standing import ContactHistory
from engine.store import STREAMS_PER_QUERY, Store
from policies.book import PolicyBook, fold_policies
from projections.connection import reading
from projections.tables import accounts, timeline

Places = dict[tuple[str, int], int]
"""The place in the log of each fact, by stream and version."""


@dataclass(frozen=True, slots=True)
class History:
    """All facts of one account, in the order in which they were stored; `shared`: those of its person.

    So each account can be replayed by itself, wherever that is: the contacts with other accounts of the
    person are taken as they were recorded.
    """

    account: str
    facts: list[Stored]
    shared: Sequence[Stored] = ()
    person: str | None = None


def account_ids(database: Engine) -> list[str]:
    """The streams of all accounts."""
    with reading(database) as connection:
        return list(connection.execute(select(accounts.c.stream).order_by(accounts.c.stream)).scalars())


def count_accounts(database: Engine) -> int:
    """How many accounts the book has."""
    with reading(database) as connection:
        return int(connection.execute(select(func.count()).select_from(accounts)).scalar_one())


def account_pages(database: Engine, size: int) -> Iterator[list[str]]:
    """The streams of all accounts, so many at a time; no more than a page is held."""
    last = ""
    while page := _page_after(database, last, size):
        yield page
        last = page[-1]


def _page_after(database: Engine, last: str, size: int) -> list[str]:
    stream = accounts.c.stream
    query = select(stream).where(stream > last).order_by(stream).limit(size)
    with reading(database) as connection:
        return list(connection.execute(query).scalars())


def last_known(database: Engine) -> datetime | None:
    """The latest moment at which anything of an account was known; None where there is no account."""
    query = select(func.max(timeline.c.known_at)).where(timeline.c.account.startswith(ACCOUNT_PREFIX))
    with reading(database) as connection:
        moment: datetime | None = connection.execute(query).scalar_one()
        return moment


def histories(store: Store, ids: Sequence[str]) -> Iterator[list[History]]:
    """The histories of accounts, a page at a time, with a few queries for each page."""
    for start in range(0, len(ids), STREAMS_PER_QUERY):
        page = ids[start : start + STREAMS_PER_QUERY]
        streams = store.streams(dict.fromkeys(page, 0))
        people = {account: stream for account, facts in streams.items() if (stream := _person(facts))}
        theirs = store.streams(dict.fromkeys(people.values(), 0)) if people else {}
        yield [
            History(
                account, streams[account], theirs.get(people.get(account, ""), ()), people.get(account)
            )
            for account in page
            if account in streams
        ]  # fmt: skip


def _person(facts: Sequence[Stored]) -> str | None:
    """The stream of the person behind the account; None: nobody has named one."""
    opened = (one.fact for one in facts if isinstance(one.fact, AccountOpened))
    return next((person_stream(fact.person) for fact in opened if fact.person), None)


def all_shared(history: History) -> ContactHistory | None:
    """All contacts with the person of the account; None without a person."""
    return PersonSoFar(history, {(one.stream, one.version): one.version for one in history.shared}).before(
        None
    )


class PersonSoFar:
    """The contacts with a person as the log held them at each of its positions, asked for in order."""

    def __init__(self, history: History, stands_at: Places) -> None:
        self._facts = deque(
            (stands_at[one.stream, one.version], one.fact)
            for one in history.shared
            if (one.stream, one.version) in stands_at
        )
        self._history = ContactHistory() if history.person else None

    def before(self, place: int | None) -> ContactHistory | None:
        """The contacts by the facts before that place in the log (None: by all); None without a person."""
        if self._history is None:
            return None
        while self._facts and (place is None or self._facts[0][0] < place):
            fold_shared(self._history, self._facts.popleft()[1])
        return self._history.copy()


def places(database: Engine, streams: Sequence[str]) -> Places:
    """Where the facts of these streams stand in the log, as far as the tables have come."""
    query = select(timeline.c.account, timeline.c.version, timeline.c.position)
    with reading(database) as connection:
        rows = connection.execute(query.where(timeline.c.account.in_(streams)))
        return {(stream, version): place for stream, version, place in rows}


class PolicyHistory:
    """The policies as the log held them at each of its positions."""

    def __init__(self, store: Store, zone: ZoneInfo) -> None:
        self._places = sorted(places(store.database, [POLICIES]).values())
        self._facts = [one.fact for one in store.stream(POLICIES)][: len(self._places)]
        counts = range(len(self._facts) + 1)
        self._books = [fold_policies(self._facts[:count], zone) for count in counts]

    def before(self, place: int | None) -> PolicyBook:
        """The policies by the facts before that place in the log; None: by all of them."""
        return self._books[-1 if place is None else bisect_left(self._places, place)]

    def known_at(self, moment: datetime, after: int | None, before: int | None) -> PolicyBook:
        """The policies as they were known at a moment between two places in the log (None: its ends).

        What stands before the first of the places was known; so was what stands between them and counts as
        known by that moment. Later versions cannot reach back behind what was decided.
        """
        first = 0 if after is None else bisect_left(self._places, after)
        last = len(self._places) if before is None else bisect_left(self._places, before)
        known = [n for n in range(first, last) if self._facts[n].known_at <= moment]
        return self._books[known[-1] + 1 if known else first]
