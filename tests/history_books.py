"""Books that live through histories, on SQLite and on PostgreSQL, and copies of them to compare."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime
from tempfile import TemporaryDirectory
from threading import Barrier
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import given, settings
from psycopg import sql
from sqlalchemy import make_url

from arrears.wiring import Book, open_book
from engine.domain.account import Account
from engine.domain.errors import RuleBroken
from engine.domain.evolve import fold
from engine.domain.facts.base import Fact
from engine.escalation import Tally
from tests.conftest import postgres_database
from tests.histories import BEGIN, OPENED, History, Move, command
from tests.keys import copy_book

ON_SQLITE = None


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest) -> str | None:
    """Where the books of a property are made: on the PostgreSQL server of that URL, or (None) in files."""
    if request.param == "sqlite":
        return ON_SQLITE
    url: str = request.getfixturevalue("postgres_url")
    return url


def for_any(
    server: str | None, holds: Callable[..., None], *strategies: Any, sqlite: int = 20, postgresql: int = 4
) -> None:
    """Tries a property on so many examples: fewer on PostgreSQL, where it takes longer to make a book."""
    examples = sqlite if server is ON_SQLITE else postgresql
    tried: Any = given(*strategies)
    settings(max_examples=examples)(tried(holds))()


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """What each deed returned, all of them having begun at once in threads of their own."""
    start = Barrier(len(deeds))

    def begin(deed: Callable[[], Any]) -> Any:
        start.wait()
        return deed()

    with ThreadPoolExecutor(len(deeds)) as threads:
        return list(threads.map(begin, deeds))


class HistoryBook:
    """A book with the accounts of the histories, and a clock that stands where the last move was."""

    def __init__(self, url: str) -> None:
        self.now = BEGIN
        self.book: Book = open_book(url, ZoneInfo("UTC"), "a clerk", create=True, clock=lambda: self.now)
        self.ids = self.book.engine.account_ids(OPENED)

    def make(self, move: Move) -> list[Fact]:
        """What the move recorded; none where it was refused, which must have changed nothing."""
        self.now = max(self.now, move.at)
        account_id = self.ids[move.account]
        before = repr(self.account(account_id))
        try:
            return self.book.engine.execute(command(move, account_id))
        except RuleBroken:
            assert repr(self.account(account_id)) == before, "a refused command left something behind"
            return []

    def live(self, history: History, *, woken: Callable[[Move], bool] = lambda _: True) -> None:
        """Makes the moves, waking the engine after each that says so."""
        for move in history:
            self.make(move)
            if woken(move):
                self.tick(move.at)

    def tick(self, at: datetime) -> Tally:
        self.now = max(self.now, at)
        return self.book.tick(at)

    def account(self, account_id: str) -> Account:
        """The account as this process holds it."""
        with self.book.engine.accounts.work([account_id]) as work:
            return work.accounts[account_id]

    def folded(self, account_id: str) -> Account:
        """The account as a fresh fold of the log has it."""
        return fold(Account(account_id), self.facts(account_id))

    def facts(self, account_id: str) -> list[Fact]:
        return [stored.fact for stored in self.book.store.stream(account_id)]


def told(living: HistoryBook) -> dict[str, list[dict[str, Any]]]:
    """What each account's stream says, in order; not when it was stored, nor where in the log."""
    streams: dict[str, list[dict[str, Any]]] = {}
    for stored in living.book.store.read_all():
        assert stored.version == len(streams.setdefault(stored.stream, [])) + 1
        said = stored.fact.model_dump(mode="json", exclude={"recorded_at"})
        streams[stored.stream].append({"topic": stored.fact.TOPIC, **said})
    return streams


@contextmanager
def new_book(server: str | None) -> Iterator[HistoryBook]:
    """A founded book with no accounts yet, gone afterwards."""
    with new_url(server) as url, opened(url) as made:
        yield made


@contextmanager
def opened(url: str) -> Iterator[HistoryBook]:
    """The book at that URL, with its own connections and its own cache."""
    made = HistoryBook(url)
    try:
        yield made
    finally:
        made.book.close()


@contextmanager
def new_url(server: str | None) -> Iterator[str]:
    """The URL of a book that is not there yet, gone afterwards."""
    if server is not ON_SQLITE:
        with postgres_database(server) as url:
            yield url
        return
    with TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/book.db"


@contextmanager
def copies(server: str | None, url: str, count: int) -> Iterator[list[str]]:
    """The URLs of so many copies of a book that nobody has open, gone afterwards."""
    with ExitStack() as stack:
        yield [stack.enter_context(_copy(server, url)) for _ in range(count)]


@contextmanager
def _copy(server: str | None, url: str) -> Iterator[str]:
    with new_url(server) as copy:
        if server is ON_SQLITE:
            copy_book(url, copy)
        else:
            source, target = sql.Identifier(_database(url)), sql.Identifier(_database(copy))
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute(sql.SQL("DROP DATABASE {}").format(target))
                connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(target, source))
        yield copy


def _database(url: str) -> str:
    return make_url(url).database or ""
