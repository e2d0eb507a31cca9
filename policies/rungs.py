"""The steps of the ladder that lie before each open item, with when they are due and what stops them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from engine.domain.account import Item
from policies.calendar import ONE_DAY, local_day, local_moment
from policies.conditions import Gate, gate
from policies.document import Step
from policies.ladder import climbs, due_moment
from policies.leading import led_to
from policies.view import View

DUE_DATE = "due date"


@dataclass(slots=True)
class Rung:
    """One step for one item. `overtaken_by`: the later step (or the due date) that made it too late."""

    item: Item
    step: Step
    place: int
    due_at: datetime
    gate: Gate | None = None
    overtaken_by: str | None = None


def rungs(view: View) -> Iterator[Rung]:
    """Every step that is or will be due for an open item, as things stand; gates only where it is due."""
    for item in view.account.open_items.values():
        if item.placement is not None or not climbs(view, item):
            continue
        below: Rung | None = None
        entry, led = view.entry(item), led_to(view, item)
        for place, step in enumerate(view.policy.steps):
            if step.id in item.fired or (step.climbs and place < entry):
                continue
            due_at = _in_order(view, below, step, due_moment(view, item, step))
            if led is not None and place == led[0]:
                due_at = min(led[1], due_at or led[1])
            if due_at is None:
                continue
            rung = _rung(view, item, step, place, due_at)
            if led is not None and step.climbs and place < led[0] and led[1] <= view.at:
                rung.overtaken_by = view.policy.steps[led[0]].id
            if step.climbs and step.days_past_due is not None:
                below = rung
            yield rung


def _in_order(view: View, below: Rung | None, step: Step, due_at: datetime | None) -> datetime | None:
    """A step that would come before the one below it, which had to be moved, keeps its distance from that."""
    if below is None or due_at is None or step.days_past_due is None or due_at >= below.due_at:
        return due_at
    gap = step.days_past_due - (below.step.days_past_due or 0)
    return local_moment(local_day(below.due_at, view.zone) + timedelta(gap), view.send_at, view.zone)


def _rung(view: View, item: Item, step: Step, place: int, due_at: datetime) -> Rung:
    rung = Rung(item, step, place, due_at)
    if due_at <= view.at:
        rung.gate = gate(view, item, step)
        rung.overtaken_by = _overtaken_by(view, rung)
    return rung


def _overtaken_by(view: View, rung: Rung) -> str | None:
    if rung.step.days_before_due is not None and view.today > rung.item.due_on:
        return DUE_DATE
    reached, fired = view.top_fired(rung.item)
    if rung.step.climbs and fired is not None and rung.place < reached:
        return fired.step
    return None


def lapses_at(view: View, rung: Rung) -> datetime | None:
    """When a reminder before the due date comes too late; None for other steps."""
    if rung.step.days_before_due is None:
        return None
    return local_moment(rung.item.due_on + ONE_DAY, time.min, view.zone)


def choose(due: list[Rung]) -> tuple[Rung | None, list[tuple[Rung, str]]]:
    """Of the steps due and free for one item: the one to take, and those that it overtakes.

    A late wake-up takes the step that fell due last and names the others; steps that fell due at the
    same moment (a promise ended, a policy changed) are taken from the lowest up, each in its own time: where
    a contact limit keeps the lowest, those above it wait for it.
    """
    open_ = [rung for rung in due if rung.overtaken_by is None]
    ready = [rung for rung in open_ if rung.gate is None]
    if not ready:
        return None, []
    # In time a placement would have ended the ladder: what fell due after it is not taken in its stead.
    last = min((rung.due_at for rung in ready if rung.step.place), default=None)
    latest = max(rung.due_at for rung in ready if last is None or rung.due_at <= last)
    together = [rung for rung in open_ if rung.due_at == latest and (rung.gate is None or rung.gate.limit)]
    taken = min(together, key=lambda rung: rung.place)
    if taken.gate is not None:
        return None, []
    passed = [(rung, taken.step.id) for rung in ready if rung.place < taken.place]
    return taken, passed
