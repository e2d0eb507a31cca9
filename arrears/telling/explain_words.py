"""Explanations in sentences and for programs: gates, conditions and limits, each from what it says itself."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, tzinfo
from typing import Any

from arrears.telling.rows import exact
from arrears.telling.sentences import REASONS, clock, short
from engine.domain.permit import Permit, Refusal
from engine.replay.explaining import Done, StepExplained
from policies.conditions import Check, Gate
from policies.standings import ItemState, Pending, Standing

Row = dict[str, Any]

OWN_KEYS = frozenset({"rule", "why", "first_allowed_at"})
"""The keys of a refusal that stand under names of their own in a gate; all others are given as they are."""

_WAITS = {
    "after_step": "it comes after step {by}, which has not been taken",
    "came_back": "what was sent at the step before it came back ({by})",
    "call_not_made": "the call before it has not been made ({by})",
    "follows": "it is demanded with invoice {by}, and gets no reminders of its own (charges_climb)",
    "entered_later": "the invoice entered the ladder after the moment for it",
}
_PLAIN = {
    "settled": "nothing is owed on it",
    "placed": "it is with an agency or proposed for one ({by})",
    "below_entry": "the invoice entered the ladder above it, at step {by}",
    "overtaken": "it came too late, overtaken by {by}",
    "behind": "it waits for what comes before it: a lower step due at the same moment, or a placement",
}
_LIMIT_WORDS = "a contact limit"


# --- for programs -----------------------------------------------------------------------------------------


def gate_row(gate: Gate) -> Row:
    """What stopped a step; a contact limit adds all that its rule says, source and counted facts too."""
    row: Row = {
        "reason": gate.reason, "reference": gate.reference, "until": gate.until, "limit": gate.limit,
        "branch": gate.silent,
    }  # fmt: skip
    return row | ({"rule": limit_row(gate.refusal)} if gate.refusal else {})


def limit_row(leave: Permit | Refusal) -> Row:
    """A leave to contact, or the rule that refused it, with all that it carries."""
    return {"allowed": isinstance(leave, Permit), **asdict(leave)}


def check_row(check: Check) -> Row:
    """A condition, what the document asks, what was seen, and whether it held."""
    asks = list(check.asks) if isinstance(check.asks, tuple) else check.asks
    return {"condition": check.condition, "asks": asks, "saw": check.saw, "holds": check.holds}


def tables_rows(tables: tuple[tuple[Check, ...], ...]) -> list[list[Row]]:
    """The tables of conditions of a step; all conditions of one of them must hold."""
    return [[check_row(check) for check in table] for table in tables]


def done_row(done: Done) -> Row:
    """The decision that took a step."""
    why = done.because
    return {
        "version": done.version, "topic": done.topic, "policy": why.policy,
        "policy_version": why.policy_version, "due_at": why.due_at, "acted_at": why.acted_at,
        "late_seconds": int((why.acted_at - why.due_at).total_seconds()),
    }  # fmt: skip


# --- for people -------------------------------------------------------------------------------------------


def gate_words(gate: Gate, zone: tzinfo, item: ItemState | None = None) -> str:
    """Why a step was stopped, and until when."""
    said = _gate(gate, zone, item)
    return f"{said}; first possible on {clock(gate.until, zone)}" if gate.until else said


def _gate(gate: Gate, zone: tzinfo, item: ItemState | None) -> str:
    if gate.refusal is not None:
        return limit_words(gate.refusal)
    said = REASONS.get(gate.reason, gate.reason.replace("_", " "))
    hold = next((one for one in item.holds if one.id == gate.reference), None) if item else None
    if hold is not None:
        until = f"until {hold.days.end}" if hold.days.end else "until it is released"
        return f"{said} ({hold.id}, {hold.kind}, from {hold.days.start} {until})"
    if gate.reason == "promise_pending" and item and item.promises:
        return f"{said} ({'; '.join(_pending(promise, zone) for promise in item.promises)})"
    return f"{said} ({short(gate.reference)})" if gate.reference else said


def _pending(promise: Pending, zone: tzinfo) -> str:
    amount = exact(promise.amount, promise.currency)
    judged = f"to be judged on {clock(promise.judge_at, zone)}"
    return f"{promise.promise}: {amount} {promise.currency} by {promise.promised_on}, {judged}"


def limit_words(refusal: Refusal) -> str:
    """The contact limit that refused a contact, with its source where it names one and what it counted."""
    rest = {name: value for name, value in asdict(refusal).items() if name not in OWN_KEYS and value}
    more = "; ".join(f"{name.replace('_', ' ')}: {_listed(value)}" for name, value in rest.items())
    return f"{_LIMIT_WORDS}, {refusal.rule}: {refusal.why}{f' [{more}]' if more else ''}"


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def check_words(check: Check) -> str:
    """A condition with what it asks and what it saw."""
    saw = "nothing" if check.saw is None else check.saw
    verdict = "holds" if check.holds else "does not hold"
    return f"{check.condition} = {_listed(check.asks)}: saw {saw}, {verdict}"


def tables_words(tables: tuple[tuple[Check, ...], ...]) -> Iterator[str]:
    """Each table of conditions in a line."""
    for number, table in enumerate(tables, start=1):
        which = f"conditions {number} of {len(tables)}" if len(tables) > 1 else "conditions"
        yield f"{which}: {'; '.join(map(check_words, table)) or 'none'}"


def standing_words(standing: Standing, item: ItemState, zone: tzinfo) -> list[str]:
    """Why a step was not taken as it stood at one moment; at least one reason."""
    if standing.state == "stopped":
        return [gate_words(gate, zone, item) for gate in standing.gates]
    if standing.state == "off_branch":
        return [_branch_words(standing, zone)]
    if standing.state in ("taken", "lapsed"):
        was = "had been taken" if standing.state == "taken" else "had lapsed"
        return [f"it {was} on {_on(standing.taken_at, zone)}"]
    if standing.state == "not_due":
        overdue = (
            "" if item.days_past_due > 0 else f": the invoice is not overdue, its due date is {item.due_on}"
        )
        return [f"it is not due before {_on(standing.due_at, zone)}{overdue}"]
    if standing.state == "settled" and item.closed_on:
        return [f"nothing is owed on it since {item.closed_on}"]
    words = _WAITS if standing.state == "waits" else _PLAIN
    key = standing.why if standing.state == "waits" else standing.state
    return [words.get(key, key).format(by=short(standing.by))]


def _branch_words(standing: Standing, zone: tzinfo) -> str:
    failed = [check for table in standing.checks for check in table if not check.holds]
    if failed:
        return f"it belongs to another branch: {'; '.join(map(check_words, failed))}"
    return gate_words(standing.gates[0], zone) if standing.gates else "it belongs to another branch"


def _on(moment: datetime | None, zone: tzinfo) -> str:
    return clock(moment, zone) if moment else "a moment that nobody knows"


def reasons(step: StepExplained, item: ItemState, zone: tzinfo) -> list[str]:
    """Why the step was not taken on that day, nearest reason first; none for one that was."""
    if step.taken:
        return []
    said = (
        _not_awake(step, zone) if step.standing.state == "due" else standing_words(step.standing, item, zone)
    )
    for at, other in step.elsewhen if step.standing.state in _TELLING else ():
        said += [f"at {clock(at, zone)}: {reason}" for reason in standing_words(other, item, zone)]
    return list(dict.fromkeys(said))


_TELLING = frozenset({"due", "stopped", "behind", "overtaken"})
"""Where a step stood like this at one moment of the day, people want to know how it stood at others."""


def counted(count: int, name: str) -> str:
    """So many of them, in words."""
    return f"{count} {name}{'' if count == 1 else 's'}"


def _not_awake(step: StepExplained, zone: tzinfo) -> list[str]:
    when = "then" if step.elsewhen else "on that day"
    free = f"nothing stopped it at {clock(step.at, zone)}"
    said = f"{free}, but the engine did not look at the account {when}"
    if step.later is None:
        return [f"{said}; it has not been taken since"]
    why = step.later.because
    late = (why.acted_at - why.due_at).days
    how = "it lapsed" if step.later.topic == "StepLapsed" else "it was taken"
    days = f", {counted(late, 'day')} after it was due" if late else ""
    return [f"{said}; {how} on {clock(why.acted_at, zone)}{days} (fact {step.later.version})"]
