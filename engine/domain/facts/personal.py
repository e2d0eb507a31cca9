"""Which fields of a kind of fact are personal data, however deep they lie, and the fact without them."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints

from pydantic import BaseModel

from engine.domain.facts.base import Erased, Fact, PersonalMark

Shape = Mapping[str, Any]
"""By field name: None where the field is personal, and the shape of its parts where some of those are."""

F = TypeVar("F", bound=Fact)
ERASED = Erased().model_dump(mode="json")


@cache
def personal_shape(kind: type[BaseModel]) -> Shape:
    """The personal fields of a kind of fact or of a part of one; empty for most kinds."""
    hints = get_type_hints(kind, include_extras=True)
    shapes = {name: _shape(hints[name]) for name in kind.model_fields}
    return {name: shape for name, shape in shapes.items() if shape is None or shape}


def _shape(annotation: Any) -> Shape | None:
    if _is_personal(annotation):
        return None
    parts = [part for part in _types(annotation) if part is not Erased]
    return {name: shape for part in parts for name, shape in personal_shape(part).items()}


def _is_personal(annotation: Any) -> bool:
    if any(isinstance(mark, PersonalMark) for mark in getattr(annotation, "__metadata__", ())):
        return True
    return any(_is_personal(part) for part in get_args(annotation))


def _types(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that the annotation names, in whatever tuple or union."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _types(part)


def change_personal(
    fields: dict[str, Any], shape: Shape, change: Callable[[str, Any], Any], path: str = ""
) -> None:
    """Replaces each personal value of a fact's JSON fields, in place; `change` is given its path, too."""
    for name, inner in shape.items():
        value = fields.get(name)
        if value is None:
            continue
        if inner is None:
            fields[name] = change(f"{path}/{name}", value)
        elif isinstance(value, list):
            for number, part in enumerate(value):
                change_personal(part, inner, change, f"{path}/{name}/{number}")
        else:
            change_personal(value, inner, change, f"{path}/{name}")


def without_personal(fact: F) -> F:
    """The fact with `Erased` where its personal data stood; itself where it has none."""
    shape = personal_shape(type(fact))
    if not shape:
        return fact
    fields = fact.model_dump(mode="json")
    change_personal(fields, shape, lambda _, __: ERASED)
    return type(fact).model_validate(fields)
