"""The whole log as NDJSON: out of one book, into another, and the same when it comes back."""

from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

import orjson
from eventsourcing.persistence import StoredEvent
from pydantic import BaseModel, ConfigDict, ValidationError

from arrears.imports.faults import Fault
from engine.codec import UnknownTopic, as_row, decode
from engine.encryption.sealed import MARK, keep_sealed
from engine.store import Store


class FactsRefused(Exception):
    """A file that is no log; nothing of it was stored."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults))


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    stream: str
    version: int
    topic: str
    state: dict[str, object]


def export_facts(store: Store, out: BinaryIO) -> int:
    """Writes each stored fact in log order, one a line, its stored bytes as `state`; returns how many."""
    written = 0
    for row in store.rows():
        out.write(export_line(str(row.originator_id), row.originator_version, row.topic, row.state))
        written += 1
    return written


def export_line(stream: str, version: int, topic: str, state: bytes) -> bytes:
    """The line of a fact in an export, with its stored bytes as they are."""
    line = {"stream": stream, "version": version, "topic": topic, "state": orjson.Fragment(state)}
    return orjson.dumps(line) + b"\n"


def import_facts(store: Store, lines: Iterable[bytes], file: str) -> int:
    """Stores a log that `export_facts` wrote in a book that has none, in one transaction; returns how many.

    Raises FactsRefused with everything that is wrong, KeyFault where the book's keys do not open what is
    sealed, having stored nothing.
    """
    if store.read(0, 1):
        raise FactsRefused([Fault(file, 0, "", "a book with facts", "a new book to import a whole log into")])
    faults: list[Fault] = []
    rows = list(_rows(lines, file, faults))
    if faults:
        raise FactsRefused(faults)
    # What cannot be opened here would be unreadable for ever, and nobody would know before it is asked for.
    store.codec.opened([as_row(row) for row in rows if MARK in row.state])
    store.append_rows(rows)
    return len(rows)


def _rows(lines: Iterable[bytes], file: str, faults: list[Fault]) -> Iterator[StoredEvent]:
    versions: dict[str, int] = {}
    for number, text in enumerate(lines, start=1):
        try:
            line = _Line.model_validate(orjson.loads(text))
            state = orjson.dumps(line.state)
            decode(line.topic, state, opened=keep_sealed)
        except (orjson.JSONDecodeError, ValidationError, UnknownTopic, KeyError) as wrong:
            faults.append(Fault(file, number, "", "", "", _says(wrong)))
            continue
        expected = versions.get(line.stream, 0) + 1
        versions[line.stream] = line.version
        if line.version != expected:
            wanted = f"version {expected} of stream '{line.stream}'"
            faults.append(Fault(file, number, "version", str(line.version), wanted))
        yield StoredEvent(line.stream, line.version, line.topic, state)


def _says(wrong: Exception) -> str:
    if isinstance(wrong, ValidationError):
        parts = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in wrong.errors(include_url=False))
        return "no fact: " + "; ".join(parts)
    return f"no fact: {wrong}"
