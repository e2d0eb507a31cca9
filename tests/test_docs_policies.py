"""docs/policies.md shows every key that a policy document may have, in an example that is published there.

The keys are those of the models; the examples are the TOML files of the page, which `test_readme` publishes
by the commands that stand under them.
"""

import shlex
import tomllib
import types
from collections.abc import Iterator
from inspect import get_annotations
from operator import attrgetter
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel

from arrears.wiring import shipped_limits
from policies.contact_limits.documents import pin
from policies.contact_limits.profile import Profile
from policies.document import Policy, parse
from tests.test_readme import files_of

PAGE = (Path(__file__).parent.parent / "docs" / "policies.md").read_text(encoding="utf-8")
FILES = {name: text for name, text in files_of(PAGE).items() if name.endswith(".toml")}

Key = tuple[type[BaseModel], str]


def declared(model: type[BaseModel], name: str) -> Key:
    """The field as written in TOML, with the model that declares it."""
    owner = next(base for base in model.__mro__ if name in get_annotations(base))
    return owner, model.model_fields[name].alias or name


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a field's type speaks of, within lists, tables, unions and annotations."""
    if isinstance(annotation, type) and not get_origin(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    elif isinstance(annotation, types.UnionType) or get_args(annotation):
        for part in get_args(annotation):
            yield from models_in(part)


def keys_of(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[Key]:
    """Every key of the model and of those within it, as written in TOML."""
    if model in seen:
        return
    seen.add(model)
    for name, field in model.model_fields.items():
        yield declared(model, name)
        for part in models_in(field.annotation):
            yield from keys_of(part, seen)


KEYS: set[Key] = {key for model in (Policy, Profile) for key in keys_of(model, set())}


def given_in(part: object) -> Iterator[Key]:
    """The keys that a document really has, not those that it leaves to their defaults."""
    if isinstance(part, BaseModel):
        for name in part.model_fields_set:
            yield declared(type(part), name)
            yield from given_in(getattr(part, name))
    elif isinstance(part, dict):
        for inner in part.values():
            yield from given_in(inner)
    elif isinstance(part, tuple | list):
        for inner in part:
            yield from given_in(inner)


def shown() -> set[Key]:
    """The keys that the examples of the page have; profiles count that are written there, not pinned ones."""
    found: set[Key] = set()
    for name, text in FILES.items():
        found.update(given_in(parse(pin(text, shipped_limits()), name)))
        for profile in tomllib.loads(text).get("profiles", {}).values():
            found.update(given_in(Profile.model_validate(profile)))
    return found


SHOWN = shown()


MODELS = sorted({model for model, _ in KEYS}, key=attrgetter("__name__"))


@pytest.mark.parametrize("model", MODELS, ids=attrgetter("__name__"))
def test_each_key_of_a_policy_stands_in_an_example(model: type[BaseModel]) -> None:
    missing = sorted(name for owner, name in KEYS - SHOWN if owner is model)

    assert not missing, (
        f"docs/policies.md shows no example of {', '.join(missing)} ({model.__module__}.{model.__name__}). "
        f"Set it, with a comment that says what it does and its default, in one of {', '.join(FILES)}."
    )


def test_each_example_is_published_by_a_command_of_the_page() -> None:
    """Which `test_readme` runs, as it runs every command of the page."""
    typed = [shlex.split(line) for line in PAGE.splitlines() if line.startswith("arrears policy publish ")]

    assert FILES
    assert FILES.keys() - {words[3] for words in typed} == set()
