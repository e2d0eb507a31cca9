"""How facts are stored: as JSON under a stable topic, brought up to the present form as they are read.

With a cipher personal data are sealed on the way in and opened on the way out; plain ones are read as they
are.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import orjson
from eventsourcing.persistence import StoredEvent

from engine.domain.facts.base import Fact, Stored
from engine.domain.facts.catalogue import TOPICS
from engine.domain.facts.personal import personal_shape
from engine.encryption.cipher import Cipher, Keys, open_value, seal_fields
from engine.encryption.faults import NoKeyRing
from engine.encryption.sealed import MARK, Change, change_sealed, keep_sealed, place_of


class UnknownTopic(LookupError):
    """A stored fact of a kind this version does not know."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        super().__init__(f"the log holds a fact '{topic}', which this version of arrears does not know")


Seal = Callable[[dict[str, Any]], None]
"""Seals the personal values among a fact's JSON fields, in place."""


def encode(fact: Fact, seal: Seal | None = None) -> bytes:
    """The stored JSON of a fact: its fields without the empty ones, and its class version above 1."""
    state = fact.model_dump(mode="json", exclude_none=True)
    if seal is not None:
        seal(state)
    if fact.VERSION > 1:
        state["class_version"] = fact.VERSION
    return orjson.dumps(state)


def _has_no_key(place: str, sealed: str) -> Any:
    raise NoKeyRing


def decode(topic: str, state: bytes, place: str = "", opened: Change = _has_no_key) -> Fact:
    """The fact that `encode` stored, brought up to the present form.

    `opened` gives what stands instead of each sealed value, by its place, which begins with `place`. Raises
    UnknownTopic, KeyFault.
    """
    kind = TOPICS.get(topic)
    if kind is None:
        raise UnknownTopic(topic)
    fields: dict[str, Any] = orjson.loads(state)
    if MARK in state:
        change_sealed(fields, place, opened)
    for version in range(fields.pop("class_version", 1), kind.VERSION):
        if upcast := kind.UPCASTS.get(version):
            upcast(fields)
    return kind.model_validate(fields)


class Row(NamedTuple):
    """A fact as it is stored, and its place in the log where that was asked for."""

    position: int
    stream: str
    version: int
    topic: str
    state: bytes

    @property
    def place(self) -> str:
        return place_of(self.stream, self.version, self.topic)


def as_row(event: StoredEvent, position: int = 0) -> Row:
    """A fact as the recorder holds it."""
    return Row(position, str(event.originator_id), event.originator_version, event.topic, event.state)


class Codec:
    """Encodes facts for the log and decodes them; with a cipher their personal data are sealed there."""

    def __init__(self, cipher: Cipher | None) -> None:
        self.cipher = cipher

    def encoded(self, facts: Sequence[Stored]) -> list[StoredEvent]:
        """The facts as they are stored; raises KeyFault."""
        cipher = self.cipher
        personal = [one.stream for one in facts if personal_shape(type(one.fact))] if cipher else []
        keys = cipher.keys_to_seal(personal) if cipher and personal else {}
        return [
            StoredEvent(one.stream, one.version, one.fact.TOPIC, encode(one.fact, self._seal(one, keys)))
            for one in facts
        ]

    def _seal(self, one: Stored, keys: Keys) -> Seal | None:
        shape = personal_shape(type(one.fact))
        if not shape or self.cipher is None:
            return None
        place, key = place_of(one.stream, one.version, one.fact.TOPIC), keys[one.stream]
        return lambda fields: seal_fields(fields, shape, place, key)

    def opened(self, rows: Sequence[Row]) -> list[Stored]:
        """The facts, their personal data readable or erased; raises KeyFault."""
        sealed = [row.stream for row in rows if MARK in row.state]
        if sealed and self.cipher is None:
            raise NoKeyRing
        keys = self.cipher.keys(sealed) if self.cipher and sealed else {}
        return [_opened(row, keys) for row in rows]

    @staticmethod
    def closed(rows: Sequence[Row]) -> list[Stored]:
        """The facts, their personal data as sealed as they are stored, which needs no key."""
        return [_decoded(row, keep_sealed) for row in rows]


def _opened(row: Row, keys: Keys) -> Stored:
    return _decoded(row, lambda place, value: open_value(keys[row.stream], place, value))


def _decoded(row: Row, opened: Change) -> Stored:
    return Stored(row.position, row.stream, row.version, decode(row.topic, row.state, row.place, opened))
