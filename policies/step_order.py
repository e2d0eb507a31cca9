"""Whether the steps of a policy fit together: each after those that it refers to, and no circles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policies.document import Policy, Step


def order_faults(policy: Policy) -> Iterator[str]:
    """All that is wrong with how the steps refer to each other, a sentence each."""
    if not policy.steps:
        yield "expected at least one step"
    yield from _references(policy.steps)
    yield from _descents(policy.steps)
    led = policy.promise.broken.step
    if any(step.id == led and not step.climbs for step in policy.steps):
        yield f"expected promise.broken.step to be a contact or a placement, not '{led}'"
    since = {table.no_response_since for step in policy.steps for table in step.conditions}
    named = {*since, policy.on_reopen, led} - {None, *(step.id for step in policy.steps)}
    yield from (f"expected the id of a step, not '{name}'" for name in sorted(map(str, named)))


def _references(steps: Sequence[Step]) -> Iterator[str]:
    """Steps that stand twice, that count from one not before them, or that count from each other."""
    after = {step.id: step.after for step in steps}
    seen: set[str] = set()
    circled: set[str] = set()
    for step in steps:
        if step.id in seen:
            yield f"expected each step once; '{step.id}' stands twice"
        circle = _circle(step.id, after)
        if circle and step.id not in circled:
            circled.update(circle)
            yield f"expected no circle among after: {' → '.join(circle)}"
        elif not circle and step.after is not None and step.after not in seen:
            yield f"expected step '{step.id}' to come after an earlier step, not '{step.after}'"
        seen.add(step.id)


def _circle(step: str, after: dict[str, str | None]) -> list[str]:
    """The way from the step over those from which it counts back to it; empty: there is none."""
    way = [step]
    while (below := after.get(way[-1])) is not None and below not in way:
        way.append(below)
    return [*way, step] if below == step else []


def _descents(steps: Sequence[Step]) -> Iterator[str]:
    """The ladder goes up: a later rung cannot lie on an earlier day."""
    days = [
        (step.id, step.days_past_due or -(step.days_before_due or 0))
        for step in steps
        if step.climbs and not step.after
    ]
    for (lower, earlier), (upper, later) in pairwise(days):
        if later < earlier:
            yield f"expected step '{upper}' not to be due before step '{lower}' below it"
