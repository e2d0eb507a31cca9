"""The log of facts: one append-only table on SQLite or PostgreSQL, read by stream or in log order."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import attrgetter
from typing import Any, cast

from eventsourcing.application import Application
from eventsourcing.persistence import IntegrityError, Notification, StoredEvent
from eventsourcing.utils import Environment, EnvType
from sqlalchemy import URL, Engine, column, func, make_url, select, table, text

from engine.codec import Codec, Row, as_row
from engine.domain.facts.base import Fact, Stored
from engine.encryption.cipher import Cipher

STREAMS_PER_QUERY = 500
OPENING_LOCK = 4_209_114  # any number, the same in every process


class UnsupportedBook(ValueError):
    """A book URL that is neither an SQLite file nor PostgreSQL."""

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__(
            f"'{url}' is no book: expected sqlite:///FILE.db or postgresql://USER:PASSWORD@HOST/DATABASE"
        )


class Conflict(Exception):
    """Somebody else appended to one of the streams first; load it again and decide again."""


class Log(Application[str]):
    """The event-sourcing application that owns the recorder; its settings are passed, never looked up."""

    name = "arrears"

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        return Environment(name, dict(env or {}))


def recorder_settings(url: URL) -> dict[str, str]:
    """What the recorder of the library needs to open this book; raises UnsupportedBook."""
    backend = url.get_backend_name()
    if backend == "sqlite" and url.database and ":memory:" not in url.database:
        return {
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": url.database,
            "SQLITE_LOCK_TIMEOUT": "60",
            "APPLICATION_RECORDER_TOPIC": "engine.sqlite_recorder:PagedSQLiteRecorder",
            "ORIGINATOR_ID_TYPE": "text",
        }
    if backend == "postgresql" and url.database:
        return {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": url.database,
            "POSTGRES_HOST": str(url.query.get("host") or url.host or "localhost"),
            "POSTGRES_PORT": str(url.query.get("port") or url.port or 5432),
            "POSTGRES_USER": url.username or "",
            "POSTGRES_PASSWORD": url.password or "",
            "POSTGRES_MAX_OVERFLOW": "10",
            "POSTGRES_CONNECT_TIMEOUT": "30",
            "POSTGRES_IDLE_IN_TRANSACTION_SESSION_TIMEOUT": "0",
            "POSTGRES_ENABLE_DB_FUNCTIONS": "no",
            "APPLICATION_RECORDER_TOPIC": "engine.postgres_recorder:PagedPostgresRecorder",
            "ORIGINATOR_ID_TYPE": "text",
        }
    raise UnsupportedBook(url.render_as_string())


class Store:
    """Appends facts through the library's recorder and reads them back; `database` is the same database.

    With a cipher personal data are sealed in the log, and readable in what is read by stream.
    """

    def __init__(self, url: str, database: Engine) -> None:
        settings = recorder_settings(make_url(url))
        with _alone(database):
            self.log = Log(settings)
        self.database = database
        self.cipher: Cipher | None = None
        self.codec = Codec(None)
        self._told: list[Callable[[Sequence[Stored]], None]] = []
        recorder = cast("Any", self.log.recorder)
        self._events = table(
            recorder.events_table_name,
            column("originator_id"), column("originator_version"), column("topic"), column("state"),
        )  # fmt: skip

    def seal_with(self, cipher: Cipher) -> None:
        """From now on personal data are sealed and opened with these keys."""
        self.cipher, self.codec = cipher, Codec(cipher)

    def append(self, facts: Sequence[Stored]) -> None:
        """Stores facts of any streams in one transaction, all or none; raises Conflict, KeyFault."""
        self.append_rows(self.codec.encoded(facts))
        for tell in self._told:
            tell(facts)

    def when_appended(self, tell: Callable[[Sequence[Stored]], None]) -> None:
        """Tells of all facts that this process appends from now on, once they are stored."""
        self._told.append(tell)

    def read(self, after: int, limit: int) -> list[Stored]:
        """At most `limit` facts of the whole log behind a position, in log order, as tables keep them: what
        is sealed in the log is sealed in them."""
        return self.codec.closed(self._page(after, limit))

    def read_open(self, after: int, limit: int) -> list[Stored]:
        """The same with personal data readable, or erased; raises KeyFault."""
        return self.codec.opened(self._page(after, limit))

    @property
    def end(self) -> int:
        """The position of the last fact of the log; 0 where there is none."""
        return self.log.recorder.max_notification_id() or 0

    def _page(self, after: int, limit: int) -> list[Row]:
        found = self.log.recorder.select_notifications(after, limit, inclusive_of_start=False)
        return [as_row(one, one.id) for one in found]

    def rows(self, page: int = 5000) -> Iterator[Notification]:
        """The whole log in log order as it is stored, undecoded."""
        position = 0
        while found := self.log.recorder.select_notifications(position, page, inclusive_of_start=False):
            yield from found
            position = found[-1].id

    def append_rows(self, rows: Sequence[StoredEvent]) -> None:
        """Stores facts that are encoded already, all or none; raises Conflict."""
        try:
            self.log.recorder.insert_events(rows)
        except IntegrityError as lost:
            raise Conflict from lost

    def append_pages(self, pages: Iterable[Sequence[StoredEvent]]) -> None:
        """Stores facts that are encoded already, however many, in one transaction; raises Conflict, and what
        `pages` raises, having stored nothing."""
        try:
            cast("Any", self.log.recorder).insert_pages(pages)
        except IntegrityError as lost:
            raise Conflict from lost

    def read_all(self, page: int = 5000) -> Iterator[Stored]:
        """The whole log in log order, a page at a time, personal data readable."""
        position = 0
        while rows := self._page(position, page):
            yield from self.codec.opened(rows)
            position = rows[-1].position

    def stream(self, stream: str, after: int = 0, limit: int | None = None) -> list[Stored]:
        """The facts of one stream behind a version; at most so many, if limited."""
        events = self.log.recorder.select_events(stream, gt=after, limit=limit)
        return self.codec.opened(list(map(as_row, events)))

    def version(self, stream: str) -> int:
        """The version of a stream; 0 where it has no facts."""
        return dict(self._latest([stream])).get(stream, 0)

    def fact(self, stream: str, version: int) -> Fact:
        """One fact of a stream, by its version."""
        [event] = self.log.recorder.select_events(stream, gt=version - 1, limit=1)
        return self.codec.opened([as_row(event)])[0].fact

    def streams(self, after: Mapping[str, int]) -> dict[str, list[Stored]]:
        """The facts of several streams, each behind its given version; those without news are left out."""
        stale = [stream for stream, latest in self._latest(after) if latest > after[stream]]
        fresh = [stream for stream in stale if after[stream] == 0]
        found = {stream: self.stream(stream, after[stream]) for stream in stale if after[stream] > 0}
        for page in _pages(fresh):
            found |= self._whole(page)
        return found

    def of_kind(self, topic: str) -> list[Stored]:
        """All facts of one kind, by stream, without their positions; what is sealed stays sealed."""
        stream, version, named, state = self._events.c
        query = select(stream, version, named, state).where(named == topic).order_by(stream, version)
        with self.database.connect() as connection:
            return self.codec.closed([Row(0, *one[:3], bytes(one[3])) for one in connection.execute(query)])

    def _latest(self, streams: Iterable[str]) -> Iterator[tuple[str, int]]:
        stream, version = self._events.c.originator_id, self._events.c.originator_version
        with self.database.connect() as connection:
            for page in _pages(list(streams)):
                if len(page) == 1:  # so the last entry of the index is enough, however many facts there are
                    latest = connection.execute(select(func.max(version)).where(stream == page[0])).scalar()
                    yield from [(page[0], latest)] if latest else []
                    continue
                query = select(stream, func.max(version)).where(stream.in_(page)).group_by(stream)
                yield from connection.execute(query)

    def _whole(self, streams: list[str]) -> dict[str, list[Stored]]:
        stream, version, topic, state = self._events.c
        query = select(stream, version, topic, state).where(stream.in_(streams)).order_by(stream, version)
        with self.database.connect() as connection:
            rows = [Row(0, *one[:3], bytes(one[3])) for one in connection.execute(query)]
        facts = self.codec.opened(rows)
        return {key: list(group) for key, group in groupby(facts, key=attrgetter("stream"))}

    def close(self) -> None:
        """Gives the connections back."""
        self.log.close()
        if self.cipher is not None:
            self.cipher.ring.close()


@contextmanager
def _alone(database: Engine) -> Iterator[None]:
    """Keeps other processes from opening the log meanwhile: on PostgreSQL the library makes its table and
    functions anew at each start, which fails where two do so at once."""
    with database.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": OPENING_LOCK})
        yield


def _pages(streams: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(streams), STREAMS_PER_QUERY):
        yield streams[start : start + STREAMS_PER_QUERY]
