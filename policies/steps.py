"""Decisions on the ladder: which steps are taken now, which lapse, which are withheld or put off."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from operator import itemgetter
from typing import Any

from engine.domain.account import Account, Item
from engine.domain.decisions.contacts import line
from engine.domain.facts.accounts import WHY_SEGMENT
from engine.domain.facts.base import Because, Fact
from engine.domain.facts.contacts import (
    CallScheduled,
    ContactDeferred,
    Demanded,
    Line,
    ReminderIssued,
    StepLapsed,
    StepWithheld,
)
from engine.domain.facts.escalation import (
    AccountPlaced,
    EscalationRaised,
    PlacementProposed,
    TraceRequested,
)
from policies.because import because, by, decision_id
from policies.conditions import promise_state
from policies.contact_limits.case import Proposal
from policies.contact_limits.permits import end_of_day, time_barred
from policies.document import Step
from policies.rungs import Rung, choose
from policies.view import View


def ladder(view: View, ahead: Iterable[Rung]) -> list[Fact]:
    """All that the ladder decides now on the steps ahead: at most one contact, and what keeps the others."""
    groups = _due_groups(view, ahead)
    if not groups:
        return []
    taken: list[Rung] = []
    lapsed: list[tuple[Rung, str]] = []
    for due in groups:
        beside = [r for r in due if not r.step.climbs and r.gate is None]
        chosen, passed = choose([r for r in due if r.step.climbs])
        taken += [*beside, chosen] if chosen else beside
        lapsed += passed
        lapsed += [(r, r.overtaken_by) for r in due if r.overtaken_by and not (r.gate and r.gate.silent)]
    if placed := [rung for rung in taken if rung.step.place]:
        # First, and by themselves: what goes to the agency is no longer demanded in a contact of ours.
        names = {rung.item.id for rung in placed}
        return [*_lapses(view, [(r, by) for r, by in lapsed if r.item.id in names]), *_actions(view, placed)]
    stopped = [r for due in groups for r in due if r.gate and not r.overtaken_by]
    return [*_lapses(view, lapsed), *_stops(view, stopped), *_actions(view, taken)]


def _due_groups(view: View, ahead: Iterable[Rung]) -> list[list[Rung]]:
    """The steps that are due, together for items that stand alike, in the order of the account's items."""
    groups: dict[str, list[Rung]] = defaultdict(list)
    for rung in ahead:
        if rung.due_at <= view.at:
            groups[rung.item.id].append(rung)
    return sorted(groups.values(), key=lambda due: view.place_of[due[0].item.id])


def _actions(view: View, taken: list[Rung]) -> Iterator[Fact]:
    contacts = [rung for rung in taken if rung.step.is_contact]
    if contacts:
        yield _contact(view, contacts)
    others: dict[str, list[Rung]] = defaultdict(list)
    for rung in taken:
        if not rung.step.is_contact:
            others[rung.step.id].append(rung)
    for same_step in others.values():
        yield _further(view, same_step)


# --- not done ---------------------------------------------------------------------------------------------


def _lapses(view: View, lapsed: list[tuple[Rung, str]]) -> Iterator[Fact]:
    groups: dict[tuple[str, int, str], list[Rung]] = defaultdict(list)
    for rung, overtaken_by in lapsed:
        groups[rung.step.id, rung.item.cycle, overtaken_by].append(rung)
    for (step, cycle, overtaken_by), group in groups.items():
        yield StepLapsed(
            step=step, items=_items(view, group), cycle=cycle, overtaken_by=overtaken_by, by=by(view),
            because=_why(view, group, "lapsed", overtaken_by),
        )  # fmt: skip


def _stops(view: View, stopped: list[Rung]) -> Iterator[Fact]:
    """A reason is recorded once, not once per wake-up; branches not taken are no reason."""
    withheld: dict[tuple[str, int, str, str], list[Rung]] = defaultdict(list)
    deferred: dict[tuple[str, str, datetime], list[Rung]] = defaultdict(list)
    for rung in _unsaid(view, stopped):
        gate, step = rung.gate, rung.step.id
        assert gate is not None
        if gate.limit and gate.until is not None:
            deferred[step, gate.reason, gate.until].append(rung)
        else:
            withheld[step, rung.item.cycle, gate.reason, gate.reference].append(rung)
    for (step, cycle, reason, reference), group in withheld.items():
        yield StepWithheld(
            step=step, items=_items(view, group), cycle=cycle, reason=reason, reference=reference,
            **_of_limit(group), by=by(view), because=_why(view, group, reason, reference),
        )  # fmt: skip
    for (step, rule, until), group in deferred.items():
        refused = group[0].gate.refusal if group[0].gate else None
        yield ContactDeferred(
            step=step, items=_items(view, group), rule=rule, until=until, why=refused.why if refused else "",
            **_of_limit(group), by=by(view), because=_why(view, group, rule, until.isoformat()),
        )  # fmt: skip


def _unsaid(view: View, stopped: Iterable[Rung]) -> list[Rung]:
    """The steps that are stopped, each for those of its items for which that was not recorded yet, in the
    order of the items."""
    found = []
    for rung in stopped:
        items = [item for item in rung.items if not _is_said(view.account, rung, item)]
        found += [replace(rung, items=items)] if items else []
    return sorted(found, key=lambda rung: view.place_of[rung.item.id])


def _is_said(account: Account, rung: Rung, item: Item) -> bool:
    """Whether what stops the step is recorded for the item; branches not taken never are."""
    gate, step = rung.gate, rung.step.id
    if gate is None or gate.silent:
        return True
    if gate.limit and gate.until is not None:
        return account.deferred.get((item.id, item.cycle, step)) == gate.until
    return (item.id, item.cycle, step, gate.reason, gate.reference) in account.withheld


def _of_limit(group: list[Rung]) -> dict[str, Any]:
    """Where the rule stands that forbids the contact, and what it has counted."""
    refused = group[0].gate.refusal if group[0].gate else None
    return {"source": refused.source, "counted": refused.counted} if refused else {}


def _items(view: View, group: Iterable[Rung]) -> tuple[str, ...]:
    return tuple(sorted((item.id for item in _each(group)), key=view.place_of.__getitem__))


def _each(group: Iterable[Rung]) -> list[Item]:
    return [item for rung in group for item in rung.items]


# --- done -------------------------------------------------------------------------------------------------


def _contact(view: View, contacts: list[Rung]) -> Fact:
    """One contact at the highest step, with each invoice at its own."""
    top = max(contacts, key=lambda rung: rung.place)
    step = top.step
    at_top = [rung for rung in contacts if rung.step.id == step.id]
    why = _why(view, contacts, due_at=min(rung.due_at for rung in at_top), step=step.id)
    later = view.leaves_at if view.leaves_at > view.at else None
    shared: dict[str, Any] = {
        "contact": f"contact-{why.id}",
        "step": step.id,
        "lines": _lines(view, contacts),
        "demand": _demand(view, contacts),
        "time_barred": time_barred(view.account, view.book, view.policy, _proposal(view, contacts, step)),
        "by": by(view),
        "because": why,
    }
    if step.call:
        until = end_of_day(view.leaves_at, view.zone)
        return CallScheduled(
            script=step.call.script, scheduled_at=view.at, call_from=later, reserved_until=until, **shared
        )
    assert step.remind is not None
    return ReminderIssued(
        channel=view.channel(step), template=step.remind.template, issued_at=view.at, leaves_at=later,
        purpose=step.remind.purpose, **shared,
    )  # fmt: skip


def _proposal(view: View, contacts: list[Rung], step: Step) -> Proposal:
    return view.proposal(step, _each(contacts))


def _further(view: View, group: list[Rung]) -> Fact:
    """Raising, tracing or placing, for the items at that step and no others."""
    step = group[0].step
    why = _why(view, group)
    lines = _lines(view, group)
    if step.raise_:
        return EscalationRaised(level=step.raise_.level, step=step.id, lines=lines, by=by(view), because=why)
    if step.trace:
        return TraceRequested(trace=f"trace-{why.id}", step=step.id, lines=lines, by=by(view), because=why)
    assert step.place is not None
    placement, agency = f"placement-{why.id}", step.place.agency
    if step.place.automatic:
        return AccountPlaced(
            placement=placement, agency=agency, placed_on=view.today, step=step.id, lines=lines,
            terms=view.policy.agency_terms(agency, view.today), by=by(view), because=why,
        )  # fmt: skip
    return PlacementProposed(
        placement=placement, agency=agency, step=step.id, lines=lines, by=by(view), because=why
    )


def _lines(view: View, group: Sequence[Rung]) -> tuple[Line, ...]:
    found = [
        (item.due_on, item.issued_on, item.id, item, rung.step.id) for rung in group for item in rung.items
    ]
    oldest_first = sorted(found, key=itemgetter(0, 1, 2))
    return tuple(line(item, step, view.today) for *_, item, step in oldest_first)


def _demand(view: View, group: Sequence[Rung]) -> tuple[Demanded, ...]:
    items = _each(group)
    currencies = sorted({item.currency for item in items})
    return tuple(Demanded(currency=code, amount=view.demand(code, items)) for code in currencies)


def _why(
    view: View, group: Sequence[Rung], *more: str, due_at: datetime | None = None, step: str | None = None
) -> Because:
    step = step or group[0].step.id
    due_at = due_at or min(rung.due_at for rung in group)
    # A later cycle of an item is another decision, also where it is due at the same moment.
    cycles = [f"{item.id}#{item.cycle}" for item in _each(group)]
    decision = decision_id(view, step, cycles, due_at, *more)
    return because(view, step, due_at, decision, _figures(view, group))


def _figures(view: View, group: Sequence[Rung]) -> dict[str, object]:
    account = view.account
    figures: dict[str, object] = {}
    for demanded in _demand(view, group):
        figures[f"demand {demanded.currency}"] = demanded.amount
        if unapplied := account.unapplied.get(demanded.currency):
            figures[f"unapplied {demanded.currency}"] = unapplied
    oldest = min(rung.item.due_on for rung in group)
    figures["days past due of the oldest"] = (view.today - oldest).days
    states = sorted({promise_state(view, rung.item) for rung in group} - {"none"})
    figures["broken promises"] = account.broken_promises
    optional = {
        "promises for these": ", ".join(states),
        "last response": account.last_response_on,
        "last contact": account.last_contact_at.isoformat() if account.last_contact_at else None,
        "outcome of the last call": account.last_outcome,
        "segment": account.segment,
        WHY_SEGMENT: account.segment_why,
    }
    return figures | {name: value for name, value in optional.items() if value}
