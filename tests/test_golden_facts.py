"""Stored facts stay readable: one golden file per topic and class version under `tests/events/`.

`TOPIC.vN.json` fills every field, `TOPIC.vN.minimal.json` only what is required. They are data: a file is
never changed once facts of its form have been stored. A fact that changes raises its version, brings an
upcast, and gets two more files.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from engine.codec import UnknownTopic, decode, encode
from engine.domain.facts.base import TOPICS, Erased, Fact, Personal, PersonalMark
from engine.domain.facts.catalogue import TOPICS as CATALOGUE

EVENTS = Path(__file__).with_name("events")
# A kind that others derive from is never stored itself.
STORED = {topic: kind for topic, kind in sorted(CATALOGUE.items()) if not kind.__subclasses__()}
FORMS = [
    f"{topic}.v{version}{form}.json"
    for topic, kind in STORED.items()
    for version in range(1, kind.VERSION + 1)
    for form in ("", ".minimal")
]
CURRENT = [f"{topic}.v{kind.VERSION}" for topic, kind in STORED.items()]
ERASED = {"erased": True}


def golden(name: str) -> tuple[str, dict[str, Any]]:
    """The topic and the stored fields of a golden file."""
    event = json.loads((EVENTS / name).read_text())
    return event["topic"], event["state"]


def revive(topic: str, state: dict[str, Any]) -> Fact:
    return decode(topic, json.dumps(state).encode())


def is_personal(annotation: Any) -> bool:
    marked = any(isinstance(mark, PersonalMark) for mark in getattr(annotation, "__metadata__", ()))
    return marked or any(is_personal(part) for part in get_args(annotation))


def personal_fields(kind: type[Fact]) -> list[str]:
    return [name for name, hint in get_type_hints(kind, include_extras=True).items() if is_personal(hint)]


def test_every_topic_has_a_golden_file_of_every_version_and_no_file_stands_alone() -> None:
    assert sorted(file.name for file in EVENTS.glob("*.json")) == sorted(FORMS)


@pytest.mark.parametrize("name", FORMS)
def test_a_stored_fact_of_any_version_decodes(name: str) -> None:
    topic, state = golden(name)
    assert revive(topic, state).TOPIC == topic == name.split(".")[0]


@pytest.mark.parametrize("form", ["", ".minimal"])
@pytest.mark.parametrize("name", CURRENT)
def test_the_current_form_encodes_back_to_the_same_json(name: str, form: str) -> None:
    topic, state = golden(f"{name}{form}.json")
    assert json.loads(encode(revive(topic, state))) == state


@pytest.mark.parametrize("name", CURRENT)
def test_the_golden_file_fills_every_field(name: str) -> None:
    """A field that is not in the file is new: raise the version, so that the old form stays on record."""
    topic, state = golden(f"{name}.json")
    assert state.keys() - {"class_version"} == STORED[topic].model_fields.keys()


@pytest.mark.parametrize("name", [name for name in CURRENT if personal_fields(STORED[name.split(".")[0]])])
def test_erased_personal_data_decodes_and_stays_erased(name: str) -> None:
    topic, state = golden(f"{name}.json")
    fields = personal_fields(STORED[topic])
    state.update(dict.fromkeys(fields, ERASED))
    fact = revive(topic, state)
    assert [getattr(fact, field) for field in fields] == [Erased()] * len(fields)
    assert json.loads(encode(fact)) == state


def test_a_topic_that_nobody_knows_is_refused_by_its_name() -> None:
    with pytest.raises(UnknownTopic, match="'SkyFallen'"):
        decode("SkyFallen", b"{}")


def _say_who_greeted(state: dict[str, Any]) -> None:
    state["greeter"] = state.pop("said_by", None)


def _greet_in_words(state: dict[str, Any]) -> None:
    state["words"] = "good day" if state.pop("polite") else "hey"


@pytest.fixture
def greeting() -> Iterator[type[Fact]]:
    """A fact in its third form; its topic is taken off the catalogue afterwards."""

    class GreetingGiven(Fact):
        VERSION = 3
        UPCASTS = {1: _say_who_greeted, 2: _greet_in_words}  # noqa: RUF012 - a ClassVar by its base

        words: str
        greeter: Personal[str] | None = None

    yield GreetingGiven
    del TOPICS["GreetingGiven"]


@pytest.mark.parametrize(
    ("stored", "words", "greeter"),
    [
        ({"said_by": "Ada Example", "polite": True}, "good day", "Ada Example"),
        ({"said_by": ERASED, "polite": False}, "hey", Erased()),
        ({"greeter": "Ada Example", "polite": True, "class_version": 2}, "good day", "Ada Example"),
        ({"greeter": "Ada Example", "words": "hello", "class_version": 3}, "hello", "Ada Example"),
    ],
)
def test_an_older_form_is_brought_up_step_by_step(
    greeting: type[Fact], stored: dict[str, Any], words: str, greeter: object
) -> None:
    fact = revive("GreetingGiven", stored)
    assert (type(fact), getattr(fact, "words"), getattr(fact, "greeter")) == (greeting, words, greeter)  # noqa: B009
    assert json.loads(encode(fact))["class_version"] == 3
