"""What was recorded, for programs."""

from collections.abc import Iterable
from typing import Any

from engine.domain.facts.base import Fact

STAMP = frozenset(Fact.model_fields)


def fields(fact: Fact) -> dict[str, Any]:
    """What the fact says, without its stamp; amounts, dates and moments as text."""
    return fact.model_dump(mode="json", exclude=set(STAMP), exclude_none=True)


def recorded(facts: Iterable[Fact]) -> list[dict[str, Any]]:
    """Each fact with its topic."""
    return [{"topic": fact.TOPIC, **fields(fact)} for fact in facts]
