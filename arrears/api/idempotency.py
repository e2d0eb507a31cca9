"""Idempotency keys: a request that is sent again under its key is answered as it was, and carried out once.

After the IETF draft `draft-ietf-httpapi-idempotency-key-header`: the same key with another content is refused
with 422, while the first is under way with 409. What is kept is where the facts stand in the log, not what
they say: the answer is read from the log again, so that what was erased meanwhile stays erased. A key is
forgotten after two days, and where its request was refused, as nothing was recorded.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b, sha256

from sqlalchemy import ColumnElement, Connection, Engine, delete, insert, select, update

from arrears.server_tables import idempotency
from engine.agenda import micros
from engine.domain.errors import RuleBroken
from projections.connection import writing

KEPT = timedelta(days=2)
CUT_SHORT_AFTER = timedelta(minutes=1)


class KeyReused(RuleBroken):
    sentence = "the idempotency key '{key}' was sent before with another request: take a fresh one"


class StillUnderWay(RuleBroken):
    sentence = "the first request with the idempotency key '{key}' is still under way: ask again later"


@dataclass(frozen=True, slots=True)
class Recorded:
    """Where the facts of a request stand: so many of a stream behind a version."""

    stream: str
    after_version: int
    facts: int


@dataclass(frozen=True)
class Key:
    """The key of a request and who sent it. `secret` hashes the content, which may be personal."""

    user: str
    key: str
    secret: str

    def hash_of(self, content: bytes) -> str:
        """What tells this request from another one."""
        return blake2b(content, key=self.secret.encode()[:64], digest_size=16).hexdigest()

    def new_id(self, kind: str) -> str:
        """An id that is the same however often the request is sent: what was cut short is not done twice."""
        return f"{kind}-{sha256(f'{self.secret}|{self.user}|{self.key}|{kind}'.encode()).hexdigest()[:12]}"

    @property
    def _its(self) -> ColumnElement[bool]:
        return (idempotency.c.user == self.user) & (idempotency.c.key == self.key)

    def once(
        self, database: Engine, content: bytes, at: datetime, carry_out: Callable[[], Recorded]
    ) -> tuple[Recorded, bool]:
        """What the request recorded, and whether it did so before. Raises KeyReused, StillUnderWay."""
        known = self._begin(database, self.hash_of(content), at)
        if known is not None:
            return known, True
        try:
            done = carry_out()
        except BaseException:
            with writing(database) as connection:
                connection.execute(delete(idempotency).where(self._its))
            raise
        values = {"stream": done.stream, "after_version": done.after_version, "facts": done.facts}
        with writing(database) as connection:
            connection.execute(update(idempotency).where(self._its).values(values))
        return done, False

    def _begin(self, database: Engine, request_hash: str, at: datetime) -> Recorded | None:
        """What was recorded before; None, and the key is ours: the request is to be carried out."""
        with writing(database) as connection:
            if connection.dialect.name == "postgresql":
                _lock(connection, self.user, self.key)
            connection.execute(delete(idempotency).where(idempotency.c.at <= micros(at - KEPT)))
            row = connection.execute(select(idempotency).where(self._its)).one_or_none()
            if row is not None and row.request_hash != request_hash:
                raise KeyReused(key=self.key)
            if row is not None and row.stream is not None:
                return Recorded(row.stream, row.after_version, row.facts)
            if row is not None and row.at > micros(at - CUT_SHORT_AFTER):
                raise StillUnderWay(key=self.key)
            connection.execute(delete(idempotency).where(self._its))
            values = {"user": self.user, "key": self.key, "request_hash": request_hash, "at": micros(at)}
            connection.execute(insert(idempotency).values(values))
            return None


def _lock(connection: Connection, *names: str) -> None:
    """Holds others with the same key until the transaction ends; SQLite has one writer anyway."""
    number = int.from_bytes(sha256("|".join(names).encode()).digest()[:8], signed=True)
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (number,))
