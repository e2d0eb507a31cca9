"""Sealed facts stay readable: beside each golden file with personal data stands the same fact, sealed.

`tests/events/sealed/TOPIC.vN.json` was sealed once under the test key, with nonces that count from 1, as fact
7 of `account-test`. Like the plain ones these files are data and are never changed; those of a new fact or
version are made by `python -m tests.test_sealed_facts`.
"""

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engine.codec import decode
from engine.domain.facts.base import Erased, Fact, Personal, Value
from engine.domain.facts.catalogue import TOPICS
from engine.domain.facts.personal import change_personal, personal_shape, without_personal
from engine.encryption.cipher import open_value, seal_fields
from engine.encryption.faults import NoKeyRing, SealBroken
from engine.encryption.sealed import MARK, keep_sealed, parts_of, place_of

EVENTS = Path(__file__).with_name("events")
KEY = AESGCM(b"a key for golden files, 32 bytes")
STREAM, VERSION = "account-test", 7
PERSONAL = {topic: kind for topic, kind in sorted(TOPICS.items()) if personal_shape(kind)}
SEALED = [
    f"{topic}.v{version}.json" for topic, kind in PERSONAL.items() for version in range(1, kind.VERSION + 1)
]


def counted() -> Callable[[], bytes]:
    numbers = count(1)
    return lambda: next(numbers).to_bytes(12, "big")


def plain(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / name).read_text())
    return event


def sealed(name: str) -> tuple[str, bytes]:
    """The topic and the stored bytes of a sealed golden file."""
    event = json.loads((EVENTS / "sealed" / name).read_text())
    return event["topic"], orjson.dumps(event["state"])


def read(name: str, key: AESGCM | None, version: int = VERSION) -> Fact:
    topic, state = sealed(name)
    return decode(topic, state, place_of(STREAM, version, topic), lambda p, v: open_value(key, p, v))


def sealed_again(name: str) -> dict[str, Any]:
    """What the sealed golden file of a plain one holds."""
    event = plain(name)
    place = place_of(STREAM, VERSION, event["topic"])
    seal_fields(event["state"], personal_shape(TOPICS[event["topic"]]), place, KEY, counted())
    return event


def test_every_golden_file_with_personal_data_stands_there_sealed_too() -> None:
    assert sorted(file.name for file in (EVENTS / "sealed").iterdir()) == SEALED


@pytest.mark.parametrize("name", SEALED)
def test_a_sealed_fact_decodes_to_the_plain_one(name: str) -> None:
    event = plain(name)
    assert read(name, KEY) == decode(event["topic"], orjson.dumps(event["state"]))


@pytest.mark.parametrize("name", SEALED)
def test_without_its_key_it_is_the_same_fact_of_somebody_erased(name: str) -> None:
    erased = read(name, None)
    assert erased == without_personal(read(name, KEY)) != read(name, KEY)


@pytest.mark.parametrize("name", SEALED)
def test_nothing_personal_is_left_in_the_stored_bytes(name: str) -> None:
    _, state = sealed(name)
    texts: list[str] = []
    event = plain(name)
    shape = personal_shape(TOPICS[event["topic"]])
    change_personal(event["state"], shape, lambda _, text: texts.append(text))
    assert texts
    assert [text for text in texts if text.encode() in state] == []


@pytest.mark.parametrize("name", [f"{topic}.v{kind.VERSION}.json" for topic, kind in PERSONAL.items()])
def test_sealing_is_still_done_in_the_same_way(name: str) -> None:
    assert orjson.dumps(sealed_again(name)["state"]) == sealed(name)[1]


@pytest.mark.parametrize("name", SEALED)
def test_sealed_data_belong_to_one_place(name: str) -> None:
    """Copied into another fact they are a fault, never somebody erased."""
    with pytest.raises(SealBroken, match=f"'{STREAM}:8:"):
        read(name, KEY, version=8)
    with pytest.raises(SealBroken):
        read(name, AESGCM(bytes(32)))


def test_a_changed_byte_is_a_fault_and_so_is_what_was_never_sealed() -> None:
    topic, state = sealed("NoteAdded.v1.json")
    text = json.loads(state)["text"]["sealed"]
    for wrong in (text[:-4] + "AAA=", "AAAA", "no base64!"):
        changed = state.replace(text.encode(), wrong.encode())
        with pytest.raises(SealBroken):
            decode(topic, changed, place_of(STREAM, VERSION, topic), lambda p, v: open_value(KEY, p, v))


def test_a_sealed_fact_cannot_be_read_where_there_are_no_keys() -> None:
    with pytest.raises(NoKeyRing, match="arrears keys import"):
        decode(*sealed("NoteAdded.v1.json"))


def test_a_text_that_looks_sealed_is_a_text() -> None:
    fields = {"text": '{"sealed":"abc"}', "because": None}
    assert MARK not in orjson.dumps(fields)


def test_tables_keep_a_value_sealed_with_its_place() -> None:
    kept = keep_sealed("account-a:b:7:NoteAdded:/text", "QUJD")
    assert parts_of(kept) == ("account-a:b", "account-a:b:7:NoteAdded:/text", "QUJD")


class _Person(Value):
    called: Personal[str]
    age: int


class _Family(Value):
    parents: tuple[_Person, ...]
    dog: _Person | None = None
    street: Personal[str] | None = None


def test_personal_data_are_found_however_deep_they_lie() -> None:
    shape = personal_shape(_Family)
    assert shape == {"parents": {"called": None}, "dog": {"called": None}, "street": None}
    ada, ben, rex = (_Person(called=name, age=4) for name in ("Ada", "Ben", "Rex"))
    fields = _Family(parents=(ada, ben), dog=rex).model_dump(mode="json")
    paths: list[tuple[str, str]] = []

    def erase(path: str, value: str) -> dict[str, bool]:
        paths.append((path, value))
        return {"erased": True}

    change_personal(fields, shape, erase)
    assert paths == [("/parents/0/called", "Ada"), ("/parents/1/called", "Ben"), ("/dog/called", "Rex")]
    assert [one.called for one in _Family.model_validate(fields).parents] == [Erased(), Erased()]


def _make_what_is_missing() -> None:
    for name in SEALED:
        file = EVENTS / "sealed" / name
        if not file.exists():
            file.write_text(json.dumps(sealed_again(name), indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    _make_what_is_missing()
