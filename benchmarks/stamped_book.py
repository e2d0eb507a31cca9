"""A large book in little time: real lives, played once by the engine, stamped out under many account ids.

Lives are played on a plain book: what is encrypted belongs to one place in the log, and could not be copied
to another. In an encrypted book the personal data of each copy are sealed as it is stored. The ids of
decisions derive from the id of their account, so they are derived anew for each copy; whoever decides the
book again finds nothing different.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from unittest.mock import patch
from uuid import NAMESPACE_OID, UUID, uuid5

import orjson
from eventsourcing.persistence import StoredEvent

import policies.because
from arrears.demo.portfolio import write_portfolio
from arrears.imports.folder import read_folder
from arrears.imports.importing import Import, bring_in
from arrears.wiring import Book
from engine.application import ACCOUNT_PREFIX
from engine.domain.facts.catalogue import TOPICS
from engine.domain.facts.personal import personal_shape
from engine.encryption.cipher import Cipher, seal_fields
from engine.encryption.sealed import place_of
from engine.store import Store

LIVES, MONTHS, UNTIL = 2_000, 16, date(2025, 12, 31)
"""About twenty facts an account."""
FACTS_PER_TRANSACTION = 50_000
_ID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")

Piece = bytes | int
"""Stored JSON as it is, or the number of the decision whose id stands there."""
NUMBER = -1
"""In the place of a decision's number: where the number of the account stands."""


@dataclass(frozen=True)
class Life:
    """The stored facts of one account as pieces, and what the ids of its decisions derive from."""

    facts: list[tuple[str, list[Piece]]]
    names: list[str]

    def stamp(self, copy: int, account: str) -> list[StoredEvent]:
        """The facts of a copy of the account, on that stream."""
        ids = [str(uuid5(NAMESPACE_OID, account + name)).encode() for name in self.names]
        number = number_of(copy).encode()
        return [
            StoredEvent(account, version, topic, b"".join(_filled(pieces, ids, number)))
            for version, (topic, pieces) in enumerate(self.facts, start=1)
        ]


def account_id(copy: int) -> str:
    """The stream of a copy."""
    return f"{ACCOUNT_PREFIX}{UUID(int=copy)}"


def number_of(copy: int) -> str:
    """The number that a copy is known by."""
    return f"C-{copy:07}"


def _filled(pieces: list[Piece], ids: list[bytes], number: bytes) -> Iterator[bytes]:
    for piece in pieces:
        if isinstance(piece, bytes):
            yield piece
        else:
            yield number if piece == NUMBER else ids[piece]


def lives(book: Book, folder: Path, count: int = LIVES) -> list[Life]:
    """The lives of a generated portfolio, played on an empty book under the shipped policy."""
    write_portfolio(folder, accounts=count, until=UNTIL, months=MONTHS)
    how = Import("played", "benchmark", book.clock(), book.zone, until=UNTIL)
    names: dict[bytes, str] = {}

    def noted(namespace: UUID, name: str) -> UUID:
        derived = uuid5(namespace, name)
        names[str(derived).encode()] = name
        return derived

    with patch.object(policies.because, "uuid5", noted):
        bring_in(book.engine, read_folder(folder)[1], how)
    rows = sorted(book.store.rows(), key=lambda row: (str(row.originator_id), row.originator_version))
    by_stream = groupby(rows, key=lambda row: str(row.originator_id))
    return [_life(list(facts), names) for stream, facts in by_stream if stream.startswith(ACCOUNT_PREFIX)]


def _life(facts: list[StoredEvent], names: dict[bytes, str]) -> Life:
    ids = {found for fact in facts for found in _ID.findall(fact.state)}
    known = {found: number for number, found in enumerate(sorted(ids & names.keys()))}
    account = str(facts[0].originator_id)
    parted = [(fact.topic, list(_pieces(fact.state, known))) for fact in facts]
    number = orjson.dumps(orjson.loads(facts[0].state)["number"])[1:-1]
    before, after = facts[0].state.split(number, 1)
    parted[0] = (facts[0].topic, [before, NUMBER, after])
    return Life(parted, [names[found].removeprefix(account) for found in known])


def _pieces(state: bytes, known: dict[bytes, int]) -> Iterator[Piece]:
    end = 0
    for found in _ID.finditer(state):
        if found.group() in known:
            yield state[end : found.start()]
            yield known[found.group()]
            end = found.end()
    yield state[end:]


def fill(store: Store, lived: list[Life], accounts: int, stream_of: Callable[[int], str] = account_id) -> int:
    """Stores so many accounts, each life in its turn, and returns how many facts those are."""
    rows: list[StoredEvent] = []
    count = 0
    for copy in range(accounts):
        rows += lived[copy % len(lived)].stamp(copy, stream_of(copy))
        if len(rows) >= FACTS_PER_TRANSACTION or copy == accounts - 1:
            store.append_rows(rows if store.cipher is None else list(_sealed(store.cipher, rows)))
            count += len(rows)
            rows = []
    return count


def _sealed(cipher: Cipher, rows: list[StoredEvent]) -> Iterator[StoredEvent]:
    """The same facts, their personal data sealed under the keys of their accounts."""
    keys = cipher.keys_to_seal(str(row.originator_id) for row in rows)
    for row in rows:
        stream, fields = str(row.originator_id), orjson.loads(row.state)
        place = place_of(stream, row.originator_version, row.topic)
        seal_fields(fields, personal_shape(TOPICS[row.topic]), place, keys[stream])
        yield StoredEvent(stream, row.originator_version, row.topic, orjson.dumps(fields))
