"""The answer to "why was nothing sent to ACME on 3 May?": a day of an account, step by step."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from arrears.telling.explain_words import (
    counted,
    done_row,
    gate_row,
    reasons,
    standing_words,
    tables_rows,
    tables_words,
)
from arrears.telling.rows import exact
from arrears.telling.sentences import clock, listed, sentence
from engine.domain.account import Hold
from engine.domain.decisions.items import known_item
from engine.domain.facts.base import Stored
from engine.domain.facts.contacts import CallMade, CallScheduled, ReminderIssued
from engine.replay.explaining import DayExplained, StepExplained
from engine.replay.knowledge import Knowledge
from policies.standings import ItemState

Row = dict[str, Any]

QUIET = frozenset({"taken_before", "lapsed_before", "below_entry", "settled", "placed"})
"""The states of a step that people need not read about one by one."""
WAITING = frozenset({"not_due", "waits"})
"""The states of a step whose time has not come; of them only the first of an invoice is told."""

_ASLEEP = {
    "unknown": "the account was not known yet",
    "not_live": "its history had been taken over and nobody had let it go live yet",
    "no_policy": "no version of a policy was in force for it",
}


@dataclass(frozen=True)
class Shown:
    """A day of one account, narrowed to the invoices and the channel asked for (none: all).

    `most`: so many invoices are told in sentences, and the others counted; None: all are told.
    """

    number: str
    day: DayExplained
    invoices: Sequence[str] = ()
    channel: str | None = None
    most: int | None = None

    def check_invoices(self, knowledge: Knowledge) -> None:
        """Raises ItemUnknown for an invoice that never was on the account."""
        account = knowledge.fold(len(knowledge.facts))
        for name in self.invoices:
            known_item(account, name)

    @property
    def items(self) -> list[ItemState]:
        """The invoices asked for that were known on that day, those with something open first."""
        found = [one for one in self.day.items.values() if not self.invoices or one.item in self.invoices]
        return sorted(found, key=lambda one: (one.closed_on is not None, one.due_on, one.item))

    def steps(self, item: ItemState) -> list[StepExplained]:
        """The steps asked for of an invoice, in the order of the ladder."""
        found = self._steps[item.item]
        return [step for step in found if self.channel is None or self._is_on_channel(step)]

    @cached_property
    def _steps(self) -> dict[str, list[StepExplained]]:
        found: dict[str, list[StepExplained]] = defaultdict(list)
        for step in self.day.steps:
            found[step.item].append(step)
        return found

    def _is_on_channel(self, step: StepExplained) -> bool:
        return step.standing.step.is_contact and step.standing.step.channel == self.channel

    @property
    def unknown_then(self) -> list[str]:
        """The invoices asked for that were not known on that day."""
        return [name for name in self.invoices if name not in self.day.items]

    @property
    def acted(self) -> list[Stored]:
        """The decisions of the day about the invoices asked for."""
        return [one for one in self.day.acted if not self.invoices or self._is_about(one)]

    def _is_about(self, one: Stored) -> bool:
        lines = getattr(one.fact, "lines", ())
        named = {*getattr(one.fact, "items", ()), *(line.item for line in lines)}
        return not named or bool(named & set(self.invoices))


# --- for programs -----------------------------------------------------------------------------------------


def day_answer(shown: Shown) -> Row:
    """The day under names that stay; see docs/explain.md."""
    day = shown.day
    return {
        "account": shown.number, "date": day.asked.day, "zone": str(day.zone), "as_known": day.asked.as_known,
        "policy": _policy(day), "contacted": any(_is_contact(one) for one in shown.acted),
        "asleep": day.asleep, "awake_from": day.awake_from,
        "looked_at": [look.at for look in day.looks],
        "acted": [_fact_row(one, shown) for one in shown.acted],
        "happened": [_fact_row(one, shown) for one in day.happened],
        "invoices": [_item_row(item, shown) for item in shown.items],
        "not_known_then": shown.unknown_then,
        "learnt_later": [_fact_row(one, shown) for one in day.learnt],
        "as_known_now": [_change_row(change) for change in day.changes],
        "next_decision_at": day.next_wake_up,
        "sentences": list(day_sentences(shown)),
    }  # fmt: skip


def _policy(day: DayExplained) -> Row | None:
    version = next((look.version for look in day.looks if look.version), None)
    if version is None:
        return None
    return {"name": version.name, "version": version.version, "sha256": version.sha256}


def _is_contact(one: Stored) -> bool:
    return isinstance(one.fact, ReminderIssued | CallScheduled | CallMade)


def _fact_row(one: Stored, shown: Shown) -> Row:
    fact, why = one.fact, one.fact.because
    row: Row = {
        "version": one.version, "topic": fact.TOPIC, "happened_on": fact.happened_on,
        "known_at": fact.known_at, "recorded_at": fact.recorded_at,
        "sentence": sentence(fact, shown.day.zone),
    }  # fmt: skip
    if why is not None:
        late = int((why.acted_at - why.due_at).total_seconds())
        row |= {"step": why.step, "due_at": why.due_at, "acted_at": why.acted_at, "late_seconds": late}
    return row


def _item_row(item: ItemState, shown: Shown) -> Row:
    return {
        "item": item.item, "kind": item.kind, "currency": item.currency,
        "open": exact(item.open, item.currency), "issued_on": item.issued_on, "due_on": item.due_on,
        "days_past_due": item.days_past_due, "cycle": item.cycle, "closed_on": item.closed_on,
        "disputes": [{"id": name, "opened_on": opened_on} for name, opened_on in item.disputes],
        "promises_pending": [asdict(promise) for promise in item.promises], "placement": item.placement,
        "holds": [_hold_row(hold) for hold in item.holds],
        "reached": item.reached, "reached_at": item.reached_at,
        "steps": [_step_row(step, item, shown) for step in shown.steps(item)],
    }  # fmt: skip


def _hold_row(hold: Hold) -> Row:
    return {
        "id": hold.id, "kind": hold.kind, "from": hold.days.start, "until": hold.days.end, "stops": hold.stops
    }  # fmt: skip


def _step_row(step: StepExplained, item: ItemState, shown: Shown) -> Row:
    standing = step.standing
    return {
        "step": standing.step.id, "title": standing.step.title, "state": step.state,
        "seen_at": step.at, "due_at": standing.due_at, "taken_at": standing.taken_at,
        "taken_by": step.taken and done_row(step.taken), "later": step.later and done_row(step.later),
        "waits_for": standing.by or None, "first_possible_at": standing.first_possible_at,
        "stopped_by": [] if step.taken else [gate_row(gate) for gate in step.gates],
        "conditions": tables_rows(standing.checks),
        "reasons": reasons(step, item, shown.day.zone),
    }  # fmt: skip


def _change_row(change: Any) -> Row:
    return {
        "item": change.item, "step": change.step, "then": change.then.state, "now": change.now.state,
        "due_then": change.then.due_at, "due_now": change.now.due_at,
        "stopped_by_now": [gate_row(gate) for gate in change.now.gates],
    }  # fmt: skip


# --- for people -------------------------------------------------------------------------------------------


def day_sentences(shown: Shown) -> Iterator[str]:
    """The day in sentences: what was done, then each invoice with what was not and why."""
    day = shown.day
    yield _heading(shown)
    for one in shown.acted:
        yield f"  fact {one.version}: {sentence(one.fact, day.zone)}{_lateness(one)}"
    if day.asked.day > day.asked.now.astimezone(day.zone).date():
        yield "That day lies ahead: this is how it stands by what is known now, as in a forecast of one day."
    if day.asleep:
        yield _asleep(day)
        yield from _learnt(shown)
        return
    for name in shown.unknown_then:
        yield f"{name} was not known yet on that day."
    items = shown.items
    told = [one for one in items if _is_told(one, shown)]
    for item in told[: shown.most]:
        yield from _item_sentences(item, shown)
    if left_out := len(told) - len(told[: shown.most]):
        yield f"{left_out} further invoices or charges are told where they are asked for by their number."
    if settled := len(items) - len(told):
        yield f"{settled} further invoices or charges had nothing open."
    if not items and not shown.unknown_then:
        yield "No invoice or charge was known on that day."
    yield from _learnt(shown)


def _is_told(item: ItemState, shown: Shown) -> bool:
    """Whether an invoice is told by itself: where something was open of it or done about it, or it is asked
    for."""
    return item.closed_on is None or bool(shown.invoices) or any(one.taken for one in shown.steps(item))


def _heading(shown: Shown) -> str:
    day = shown.day
    known = (
        f"as known on {clock(day.asked.as_known, day.zone)}" if day.asked.as_known else "as known on that day"
    )
    policy = _policy(day)
    under = f", under policy {policy['name']}, version {policy['version']}" if policy else ""
    about = f" about {listed(shown.invoices)}" if shown.invoices else ""
    contacts = sum(_is_contact(one) for one in shown.acted)
    done = f"{counted(len(shown.acted), 'thing')} decided" if shown.acted else "nothing decided"
    sent = f"{counted(contacts, 'contact')} made" if contacts else "nothing was sent"
    when = f"on {day.asked.day} ({day.zone}), {known}"
    return f"{shown.number} {when}{under}: {sent}{about}, {done} by the engine."


def _lateness(one: Stored) -> str:
    why = one.fact.because
    days = (why.acted_at - why.due_at).days if why else 0
    return f" ({counted(days, 'day')} late)" if days else ""


def _asleep(day: DayExplained) -> str:
    since = f" until {clock(day.awake_from, day.zone)}" if day.awake_from else ""
    return f"The engine left the account alone: {_ASLEEP[str(day.asleep)]}{since}."


def _item_sentences(item: ItemState, shown: Shown) -> Iterator[str]:
    zone = shown.day.zone
    reached = (
        f"reached step {item.reached} on {clock(item.reached_at, zone)}"
        if item.reached_at
        else "no step taken"
    )
    overdue = counted(item.days_past_due, "day") + " past due" if item.days_past_due > 0 else "not overdue"
    open_ = f"{exact(item.open, item.currency)} {item.currency} open"
    yield f"{item.item}: {open_}, due on {item.due_on}, {overdue}, {reached}."
    told_waiting = False
    for step in shown.steps(item):
        waiting = step.state in WAITING
        if step.state in QUIET or (waiting and told_waiting):
            continue
        told_waiting = told_waiting or (waiting and step.standing.step.climbs)
        yield from _step_sentences(step, item, shown)


def _step_sentences(step: StepExplained, item: ItemState, shown: Shown) -> Iterator[str]:
    zone, name = shown.day.zone, step.standing.step.id
    if step.taken:
        why = step.taken.because
        when = f"at {clock(why.acted_at, zone)}, due {clock(why.due_at, zone)}"
        yield f"  {name} was taken {when} (fact {step.taken.version})"
    else:
        due = step.standing.due_at
        since = f", due since {clock(due, zone)}," if due and due <= step.at else ""
        yield f"  {name}{since} was not taken: {'; '.join(reasons(step, item, zone))}"
        possible = step.standing.first_possible_at
        if possible and step.standing.state == "stopped" and len(step.gates) > 1:
            yield f"    all of that is over on {clock(possible, zone)} if nothing new comes"
    if step.standing.step.conditions and step.state not in WAITING:
        yield from (f"    {line}" for line in tables_words(step.standing.checks))


def _learnt(shown: Shown) -> Iterator[str]:
    day = shown.day
    if not day.learnt:
        return
    yield "Learnt later, about that day or days before it:"
    for one in day.learnt:
        known = f"fact {one.version}, known since {clock(one.fact.known_at, day.zone)}"
        yield f"  {known}: {sentence(one.fact, day.zone)}"
    states = {one.item: one for one in day.items.values()}
    for change in day.changes:
        if change.item in states and (not shown.invoices or change.item in shown.invoices):
            said = "; ".join(standing_words(change.now, states[change.item], day.zone))
            yield f"  as known today {change.item} would have stood otherwise at step {change.step}: {said}"
