"""By whose leave something was decided that costs money, and the request for it where one person was not
enough."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar, Literal

from engine.domain.facts.base import TOPICS, Amount, Fact, Personal, Value

STAMP = frozenset(Fact.model_fields)

Matter = Literal["write_off", "waiver", "settlement", "plan", "placement"]


def as_text(wanted: Iterable[Fact]) -> str:
    """What is to be recorded once it is approved, as JSON: each fact with its topic and without a stamp."""
    return json.dumps([_fields(fact) for fact in wanted], ensure_ascii=False)


def _fields(fact: Fact) -> dict[str, Any]:
    said = fact.model_dump(mode="json", exclude=set(STAMP), exclude_none=True)
    return {"topic": fact.TOPIC, "class_version": fact.VERSION, **said}


def from_text(wanted: str) -> list[Fact]:
    """The facts that `as_text` wrote, brought up to the present form as stored ones are."""
    return [_fact(fields) for fields in json.loads(wanted)]


def _fact(fields: dict[str, Any]) -> Fact:
    kind = TOPICS[fields.pop("topic")]
    for version in range(fields.pop("class_version"), kind.VERSION):
        if upcast := kind.UPCASTS.get(version):
            upcast(fields)
    return kind.model_validate(fields)


class Concerned(Value):
    """An item as it stood when leave was asked for: what is owed of it, and what then stopped it."""

    item: str
    currency: str
    owed: Amount
    stop: str | None = None
    placement: str | None = None


class ApprovalRequested(Fact):
    """Somebody wants to decide what their role may not decide alone: `wanted` (see `as_text`) is recorded
    once a second person approves it, and nothing before.

    `limit` is what the role may decide, in words. After `lapses_on` the request no longer stands.
    """

    request: str
    matter: Matter
    asked_by: str
    role: str
    asked_on: date
    lapses_on: date
    limit: str
    amount: Amount
    currency: str
    share_percent: Amount | None = None
    days: int | None = None
    concerned: tuple[Concerned, ...]
    wanted: Personal[str]

    @property
    def happened_on(self) -> date:
        return self.asked_on


class ApprovalEnd(Fact):
    """What all ends of a request say."""

    IS_PART_OF_OTHERS: ClassVar[bool] = True

    request: str


class ApprovalGiven(ApprovalEnd):
    """A second person approved the request; what it was for is recorded with it."""

    approved_by: str
    role: str
    approved_on: date

    @property
    def happened_on(self) -> date:
        return self.approved_on


class ApprovalRefused(ApprovalEnd):
    refused_by: str
    refused_on: date
    reason: Personal[str] | None = None

    @property
    def happened_on(self) -> date:
        return self.refused_on


class ApprovalWithdrawn(ApprovalEnd):
    """The request no longer stands: who asked took it back, or, where the engine says so, it lapsed."""

    withdrawn_on: date
    reason: Personal[str] | None = None

    @property
    def happened_on(self) -> date:
        return self.withdrawn_on
