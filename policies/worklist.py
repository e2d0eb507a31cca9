"""What a policy ranks the worklist by: points for what is owed, for how long, and for what waits.

The points of an account add up; each says what it is for, so that every row can say why it stands where it
does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, NamedTuple

from pydantic import Field

from engine.domain.money import ZERO, money
from policies.part import Part

Points = Annotated[int, Field(ge=0, le=10_000)]
Days = Annotated[int, Field(ge=1)]
Full = Annotated[Decimal, Field(gt=0)]


class WorklistRules(Part):
    """How much each thing weighs. What grows (an amount, days) gives its points in proportion, and all of
    them from the `full` value on."""

    amount_points: Points = 40
    amount_full: Full = Decimal(10_000)
    amount_full_in: dict[Annotated[str, Field(pattern=r"^[A-Z]{3}$")], Full] = Field(default_factory=dict)
    age_points: Points = 30
    age_full_days: Days = 90
    broken_promise_points: Points = 25
    broken_promise_days: Days = 30
    follow_up_points: Points = 20
    waiting_points_a_day: Points = 1
    waiting_points_at_most: Points = 10
    segment_points: dict[str, Annotated[int, Field(ge=-10_000, le=10_000)]] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An account on the worklist, as far as it is ranked. Days count from the day asked for; None: not so.

    `open` is what is owed by currency, `days_past_due` the age of the oldest of it, `broken_days` counts from
    the last broken promise, `follow_up_days` from the day somebody wanted to look again, `waiting_days` from
    what has waited longest.
    """

    open: Mapping[str, Decimal]
    days_past_due: int | None
    broken_days: int | None
    follow_up_days: int | None
    waiting_days: int
    segment: str | None


class Scored(NamedTuple):
    """So many points, and what for."""

    points: int
    why: str


def points(rules: WorklistRules, waiting: Waiting) -> int:
    """What the account is ranked by."""
    return sum(_points(rules, waiting).values())


def scores(rules: WorklistRules, waiting: Waiting) -> list[Scored]:
    """The points one by one with what they are for, most first; what gives none is left out."""
    words = _words(rules, waiting)
    given = [Scored(number, words[name]) for name, number in _points(rules, waiting).items() if number]
    return sorted(given, key=lambda one: -one.points)


def _points(rules: WorklistRules, waiting: Waiting) -> dict[str, int]:
    was_broken = waiting.broken_days is not None and waiting.broken_days < rules.broken_promise_days
    days, full_days = Decimal(waiting.days_past_due or 0), Decimal(rules.age_full_days)
    return {
        "amount": max((_of_amount(rules, *owed) for owed in waiting.open.items()), default=0),
        "age": _share(rules.age_points, days, full_days),
        "broken_promise": rules.broken_promise_points if was_broken else 0,
        "follow_up": 0 if waiting.follow_up_days is None else rules.follow_up_points,
        "waiting": min(rules.waiting_points_a_day * waiting.waiting_days, rules.waiting_points_at_most),
        "segment": rules.segment_points.get(waiting.segment or "", 0),
    }


def _of_amount(rules: WorklistRules, currency: str, amount: Decimal) -> int:
    return _share(rules.amount_points, amount, rules.amount_full_in.get(currency, rules.amount_full))


def _share(points: int, value: Decimal, full: Decimal) -> int:
    """All the points from the full value on, and below it in proportion, rounded down."""
    return int(points * min(max(value, ZERO), full) / full)


def _words(rules: WorklistRules, waiting: Waiting) -> dict[str, str]:
    """What the points of each name are for; of several currencies the one that gives most of them."""
    currency, amount = max(
        waiting.open.items(), key=lambda owed: _of_amount(rules, *owed), default=("EUR", ZERO)
    )
    return {
        "amount": f"{money(amount, currency)} {currency} owed",
        "age": f"{waiting.days_past_due} days past due",
        "broken_promise": f"a promise was broken {_ago(waiting.broken_days or 0)}",
        "follow_up": f"to be looked at again, due {_ago(waiting.follow_up_days or 0)}",
        "waiting": f"waiting for {waiting.waiting_days} days",
        "segment": f"segment {waiting.segment}",
    }


def _ago(days: int) -> str:
    return "today" if days == 0 else "yesterday" if days == 1 else f"{days} days ago"
