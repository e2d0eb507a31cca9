"""A sealed book, and a hand that edits its database: what the tests of sealing share.

Its log has 17 facts: 5 on policies, then 4 on each of three accounts in turn. Checkpoint 1 covers facts 1
to 8, checkpoint 2 facts 1 to 12, checkpoint 3 all 17.
"""

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from arrears.wiring import Book, open_book
from engine.domain.facts.accounts import AccountOpened, NoteAdded
from engine.domain.facts.base import Fact, Stored
from engine.sealing import kept
from engine.sealing.checkpoints import Checkpoint
from engine.sealing.seal import seal
from engine.sealing.verify import Held, Verdict, verify
from projections.connection import writing

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
FACTS = 17
ACCOUNTS = "account-a", "account-b", "account-c"


class SealedBook:
    """A book whose log was sealed three times, and its tables edited behind its back."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.book: Book = open_book(url, ZoneInfo("UTC"), "kim", create=True, clock=lambda: NOON)
        self.store = self.book.store
        self.log: str = getattr(self.store.log.recorder, "events_table_name")  # noqa: B009
        self.at = "notification_id" if url.startswith("postgresql") else "rowid"
        self.versions = dict.fromkeys(ACCOUNTS, 0)
        self.checkpoints: list[Checkpoint] = []
        for until in (8, 12, FACTS):
            while self.size < until:
                self.record(ACCOUNTS[self.size % 3])
            self.checkpoints.append(seal(self.store, KEY, NOON)[0])

    @property
    def size(self) -> int:
        return len(self.rows())

    def rows(self) -> list[Any]:
        """Position, stream, version, topic and state of each fact, in log order."""
        query = f"SELECT {self.at} AS at, * FROM {self.log} ORDER BY {self.at}"
        with self.book.database.connect() as connection:
            return list(connection.execute(text(query)).mappings())

    def record(self, stream: str) -> None:
        """Appends a further fact as the engine does."""
        self.versions[stream] += 1
        version = self.versions[stream]
        stamp: dict[str, Any] = {"by": "kim", "recorded_at": NOON, "known_at": NOON}
        fact: Fact = NoteAdded(text=f"note {version}", **stamp)
        if version == 1:
            fact = AccountOpened(number=stream[-1].upper(), opened_on=NOON.date(), **stamp)
        self.store.append([Stored(0, stream, version, fact)])

    def edit(self, *statements: str, **values: Any) -> None:
        """Edits the database; LOG and AT stand for the table of facts and the column of positions."""
        with writing(self.book.database) as connection:
            for statement in statements:
                named = re.sub(r"\bAT\b", self.at, statement.replace("LOG", self.log))
                assert connection.execute(text(named), values).rowcount, statement

    def position(self, number: int) -> int:
        """Where the fact of that number, from 1, stands."""
        return int(self.rows()[number - 1]["at"])

    def make_room(self, number: int) -> int:
        """Moves all facts from that number on up by a hundred, and returns the position that is now free."""
        free = self.position(number)
        self.edit(
            f"UPDATE LOG SET AT = -AT WHERE AT >= {free}",
            "UPDATE LOG SET AT = 100 - AT WHERE AT < 0",
        )
        return free

    def seal(self) -> tuple[Checkpoint, int]:
        return seal(self.store, KEY, NOON)

    def verify(self, *outside: Checkpoint, keys: tuple[str, ...] = ()) -> Verdict:
        return verify(self.store, [Held(one, "held.json") for one in outside], keys)

    def found(self, *outside: Checkpoint, keys: tuple[str, ...] = ()) -> list[tuple[str, Any]]:
        """What a verification finds: kinds, and the fact or checkpoint where it lies."""
        findings = self.verify(*outside, keys=keys).findings
        places = "number", "checkpoint", "row", "first", "sealed"
        return [(one.kind, next((one.data[p] for p in places if p in one.data), None)) for one in findings]

    def kept_rows(self, table: str) -> int:
        with self.book.database.connect() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())

    def last(self) -> kept.Sealed:
        last = kept.last_sealed(self.book.database)
        assert last is not None
        return last

    def close(self) -> None:
        self.book.close()
