"""The steps of the ladder that lie before each open item, with when they are due and what stops them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from engine.domain.account import Item
from engine.domain.money import ZERO
from policies.alike import Alike
from policies.calendar import ONE_DAY, local_day, local_moment
from policies.conditions import Gate, gate
from policies.document import Step
from policies.ladder import climbs, due_moment
from policies.leading import led_to
from policies.view import View

DUE_DATE = "due date"


@dataclass(slots=True)
class Rung:
    """One step for items that stand alike. `overtaken_by`: the later step (or the due date) that made it too
    late."""

    items: Alike
    step: Step
    place: int
    due_at: datetime
    gate: Gate | None = None
    overtaken_by: str | None = None

    @property
    def item(self) -> Item:
        """One of the items, for what holds for all of them."""
        return self.items[0]


def rungs(view: View) -> Iterator[Rung]:
    """Every step that is or will be due for an open item, as things stand; gates only where it is due."""
    for items in view.alike:
        if items[0].placement is not None or not climbs(view, items[0]):
            continue
        ahead = list(_ahead(view, items))
        for part in _parts(view, items) if any(rung.due_at <= view.at for rung in ahead) else [items]:
            for rung in ahead:
                yield _gated(view, rung, part)


def _parts(view: View, items: Alike) -> Iterable[Alike]:
    """The items apart where not the same may be demanded: what is not due yet counts for itself alone."""
    if len(items) == 1 or items[0].due_on < view.demand_day:
        return [items]
    parts: dict[tuple[bool, ...], Alike] = defaultdict(list)
    for item in items:
        demand = view.demand(item.currency, [item])
        parts[demand > ZERO, *(demand >= least for least in view.policy.balances_asked)].append(item)
    return parts.values()


def _gated(view: View, rung: Rung, items: Alike) -> Rung:
    """The step for these of its items, with what stops it if it is due."""
    if items is not rung.items:
        rung = replace(rung, items=items)
    if rung.due_at <= view.at:
        rung.gate = gate(view, rung.item, rung.step)
    return rung


def _ahead(view: View, items: Alike) -> Iterator[Rung]:
    """The steps that lie before items that stand alike, without what stops them."""
    item, below = items[0], None
    entry, led = view.entry(item), led_to(view, item)
    for place, step in enumerate(view.policy.steps):
        if step.id in item.fired or (step.climbs and place < entry):
            continue
        due_at = _in_order(view, below, step, due_moment(view, item, step))
        if led is not None and place == led[0]:
            due_at = min(led[1], due_at or led[1])
        if due_at is None:
            continue
        rung = Rung(items, step, place, due_at)
        if due_at <= view.at:
            rung.overtaken_by = _overtaken_by(view, rung)
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
    """Of the steps due and free for items that stand alike: the one to take, and those that it overtakes.

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
