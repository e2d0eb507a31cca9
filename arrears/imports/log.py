"""The whole log as NDJSON, out of a book: its facts, the checkpoints over them, and its files.

A line behind the facts says how many they are and what their root is, and the last one how many files there
are, so that a log that was cut short on its way, or changed, is not taken for a whole one.
"""

from base64 import b64encode
from collections.abc import Callable
from typing import BinaryIO

import orjson

from engine import attachments
from engine.sealing import kept
from engine.sealing.log import rows, whole_until
from engine.sealing.merkle import Frontier
from engine.store import Store

CHECKPOINT, END, ATTACHMENT, ATTACHMENTS = "checkpoint", "end", "attachment", "attachments"
TOLD_EVERY = 5_000


def export_facts(store: Store, out: BinaryIO, written: Callable[[int], None] = lambda _: None) -> int:
    """Writes each stored fact in log order, one a line, its stored bytes as `state`; returns how many.

    Others may go on recording: what is committed when it begins is in it. `written` is told how far it is.
    """
    kept.create(store.database)
    attachments.create(store.database)
    with store.database.connect() as connection:
        checkpoints = kept.checkpoint_rows(connection)
    frontier, until = Frontier(), whole_until(store)
    for row in rows(store, until=until) if until is not None else ():
        out.write(export_line(row.stream, row.version, row.topic, row.state))
        frontier.add(row.leaf)
        if frontier.size % TOLD_EVERY == 0:
            written(TOLD_EVERY)
    for number, document in checkpoints:
        out.write(orjson.dumps({CHECKPOINT: {"number": number, "document": document}}) + b"\n")
    out.write(orjson.dumps({END: {"facts": frontier.size, "root": frontier.root.hex()}}) + b"\n")
    _write_attachments(store, out)
    return frontier.size


def _write_attachments(store: Store, out: BinaryIO) -> None:
    files = 0
    for one in attachments.kept(store.database):
        files += 1
        line = one._asdict() | {"content": b64encode(one.content).decode()}
        out.write(orjson.dumps({ATTACHMENT: line}) + b"\n")
    out.write(orjson.dumps({ATTACHMENTS: files}) + b"\n")


def export_line(stream: str, version: int, topic: str, state: bytes) -> bytes:
    """The line of a fact in an export, with its stored bytes as they are."""
    line = {"stream": stream, "version": version, "topic": topic, "state": orjson.Fragment(state)}
    return orjson.dumps(line) + b"\n"
