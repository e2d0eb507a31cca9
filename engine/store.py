"""The log of facts: one append-only table on SQLite or PostgreSQL, read by stream or in log order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, cast

import orjson
from eventsourcing.application import Application
from eventsourcing.persistence import IntegrityError, Mapper, Notification, StoredEvent
from eventsourcing.utils import Environment, EnvType
from sqlalchemy import URL, Engine, column, func, make_url, select, table

from engine.domain.facts.base import Fact, Stored
from engine.domain.facts.catalogue import TOPICS

STREAMS_PER_QUERY = 500


class UnsupportedBook(ValueError):
    """A book URL that is neither an SQLite file nor PostgreSQL."""

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__(
            f"'{url}' is no book: expected sqlite:///FILE.db or postgresql://USER:PASSWORD@HOST/DATABASE"
        )


class UnknownTopic(LookupError):
    """A stored fact of a kind this version does not know."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        super().__init__(f"the log holds a fact '{topic}', which this version of arrears does not know")


class Conflict(Exception):
    """Somebody else appended to one of the streams first; load it again and decide again."""


def encode(fact: Fact) -> bytes:
    """The stored JSON of a fact: its fields without the empty ones, and its class version above 1."""
    state = fact.model_dump(mode="json", exclude_none=True)
    if fact.VERSION > 1:
        state["class_version"] = fact.VERSION
    return orjson.dumps(state)


def decode(topic: str, state: bytes) -> Fact:
    """The fact that `encode` stored, brought up to the present form; raises UnknownTopic."""
    kind = TOPICS.get(topic)
    if kind is None:
        raise UnknownTopic(topic)
    fields: dict[str, Any] = orjson.loads(state)
    for version in range(fields.pop("class_version", 1), kind.VERSION):
        if upcast := kind.UPCASTS.get(version):
            upcast(fields)
    return kind.model_validate(fields)


class FactMapper(Mapper[str]):
    """Maps `Stored` facts to rows of the recorder and back, under stable topics, with upcasts."""

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        stored = cast("Stored", domain_event)
        return StoredEvent(stored.stream, stored.version, stored.fact.TOPIC, encode(stored.fact))

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        fact = decode(stored_event.topic, stored_event.state)
        return Stored(0, str(stored_event.originator_id), stored_event.originator_version, fact)


class Log(Application[str]):
    """The event-sourcing application that owns the recorder; its settings are passed, never looked up."""

    name = "arrears"

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        return Environment(name, dict(env or {}))

    def construct_mapper(self) -> Mapper[str]:
        return FactMapper(self.construct_transcoder())


def recorder_settings(url: URL) -> dict[str, str]:
    """What the recorder of the library needs to open this book; raises UnsupportedBook."""
    backend = url.get_backend_name()
    if backend == "sqlite" and url.database and ":memory:" not in url.database:
        return {
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": url.database,
            "SQLITE_LOCK_TIMEOUT": "60",
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
    """Appends facts through the library's recorder and reads them back; `database` is the same database."""

    def __init__(self, url: str, database: Engine) -> None:
        self.log = Log(recorder_settings(make_url(url)))
        self.database = database
        recorder = cast("Any", self.log.recorder)
        self._events = table(
            recorder.events_table_name,
            column("originator_id"), column("originator_version"), column("topic"), column("state"),
        )  # fmt: skip

    def append(self, facts: Sequence[Stored]) -> None:
        """Stores facts of any streams in one transaction, all or none; raises Conflict."""
        try:
            self.log.events.put(cast("Any", facts))
        except IntegrityError as lost:
            raise Conflict from lost

    def read(self, after: int, limit: int) -> list[Stored]:
        """At most `limit` facts of the whole log behind a position, in log order."""
        rows = self.log.recorder.select_notifications(after, limit, inclusive_of_start=False)
        return [
            Stored(row.id, str(row.originator_id), row.originator_version, decode(row.topic, row.state))
            for row in rows
        ]

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

    def read_all(self, page: int = 5000) -> Iterator[Stored]:
        """The whole log in log order, a page at a time."""
        position = 0
        while facts := self.read(position, page):
            yield from facts
            position = facts[-1].position

    def stream(self, stream: str, after: int = 0) -> list[Stored]:
        """The facts of one stream behind a version."""
        events = self.log.recorder.select_events(stream, gt=after)
        return [Stored(0, stream, e.originator_version, decode(e.topic, e.state)) for e in events]

    def streams(self, after: Mapping[str, int]) -> dict[str, list[Stored]]:
        """The facts of several streams, each behind its given version; those without news are left out."""
        stale = [stream for stream, latest in self._latest(after) if latest > after[stream]]
        fresh = [stream for stream in stale if after[stream] == 0]
        found = {stream: self.stream(stream, after[stream]) for stream in stale if after[stream] > 0}
        for page in _pages(fresh):
            found |= self._whole(page)
        return found

    def _latest(self, streams: Iterable[str]) -> Iterator[tuple[str, int]]:
        stream, version = self._events.c.originator_id, self._events.c.originator_version
        with self.database.connect() as connection:
            for page in _pages(list(streams)):
                query = select(stream, func.max(version)).where(stream.in_(page)).group_by(stream)
                yield from connection.execute(query)

    def _whole(self, streams: list[str]) -> dict[str, list[Stored]]:
        stream, version, topic, state = self._events.c
        query = select(stream, version, topic, state).where(stream.in_(streams)).order_by(stream, version)
        with self.database.connect() as connection:
            rows = connection.execute(query).all()
        return {
            key: [Stored(0, key, row[1], decode(row[2], bytes(row[3]))) for row in group]
            for key, group in groupby(rows, key=itemgetter(0))
        }

    def close(self) -> None:
        """Gives the connections back."""
        self.log.close()


def _pages(streams: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(streams), STREAMS_PER_QUERY):
        yield streams[start : start + STREAMS_PER_QUERY]
