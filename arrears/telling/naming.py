"""Whether a fact names something: an invoice, a payment, a promise, a contact."""

from typing import Any

from engine.domain.facts.base import Fact
from engine.domain.facts.personal import Shape, personal_shape

STAMP = {"because", "by", "basis", "recorded_at", "known_at"}


def names(fact: Fact, name: str) -> bool:
    """Whether that is the whole of one of the fact's values, however deep; what is personal is not looked at,
    nor who recorded it, nor why."""
    return _holds(fact.model_dump(mode="json", exclude=STAMP), personal_shape(type(fact)), name)


def _holds(value: Any, shape: Shape, name: str) -> bool:
    if isinstance(value, dict):
        open_ = {key: part for key, part in value.items() if key not in shape or shape[key] is not None}
        return any(_holds(part, shape.get(key) or {}, name) for key, part in open_.items())
    if isinstance(value, list):
        return any(_holds(part, shape, name) for part in value)
    return bool(value == name)
