"""Where each invoice stands on the ladder at a moment: for each step what became of it or what stops it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from engine.domain.account import Account, Hold, Item
from engine.domain.facts.base import Fact
from engine.domain.facts.contacts import Channel, Line, StepLapsed
from engine.domain.facts.stops import EFFECTS
from engine.domain.permit import Permit, Refusal
from policies.book import PolicyBook, Version
from policies.conditions import Check, Gate, checks, gates
from policies.contact_limits.permits import permit
from policies.document import Step
from policies.ladder import waits_for
from policies.rungs import Rung, rungs
from policies.steps import ladder
from policies.view import View

State = Literal[
    "taken", "lapsed", "settled", "placed", "below_entry", "waits", "not_due", "overtaken", "off_branch",
    "stopped", "behind", "due",
]  # fmt: skip
"""What became of a step for an invoice: see docs/explain.md. `due` is what the engine would do now."""

Asleep = Literal["unknown", "not_live", "no_policy"]


@dataclass(frozen=True, slots=True)
class Pending:
    """A promise that was still to be judged, at `judge_at`."""

    promise: str
    plan: str | None
    amount: Decimal
    currency: str
    promised_on: date
    judge_at: datetime


@dataclass(frozen=True, slots=True)
class ItemState:
    """An invoice or charge as it stood: what is open, what stops it, and the highest step it had reached."""

    item: str
    kind: str
    currency: str
    open: Decimal
    issued_on: date
    due_on: date
    days_past_due: int
    cycle: int
    closed_on: date | None
    disputes: tuple[tuple[str, date], ...]
    holds: tuple[Hold, ...]
    promises: tuple[Pending, ...]
    placement: str | None
    reached: str | None
    reached_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """One step for one invoice. `checks`: its tables of conditions, one of which must hold as a whole.

    `by`: the step, contact or due date that it waits for or that overtook it. `taken_at`: when it was taken.
    """

    item: str
    step: Step
    state: State
    due_at: datetime | None = None
    taken_at: datetime | None = None
    by: str = ""
    why: str = ""
    gates: tuple[Gate, ...] = ()
    checks: tuple[tuple[Check, ...], ...] = ()

    @property
    def first_possible_at(self) -> datetime | None:
        """The first moment at which it may be taken if no further fact comes; None: nobody knows."""
        ends = [gate.until for gate in self.gates]
        known = [end for end in ends if end is not None]
        if self.state not in ("stopped", "not_due") or len(known) < len(ends):
            return None
        return max([*known, *([self.due_at] if self.due_at else [])], default=None)


@dataclass(frozen=True, slots=True)
class Look:
    """The account as the engine saw it at `at`, just before it would have decided on the ladder.

    `asleep`: why it would have decided nothing at all. `would`: what it would have decided.
    `leaves`: what the contact limits answered for each channel of the policy's steps.
    """

    at: datetime
    asleep: Asleep | None
    version: Version | None = None
    items: tuple[ItemState, ...] = ()
    standings: tuple[Standing, ...] = ()
    would: tuple[Fact, ...] = ()
    leaves: Mapping[Channel, Permit | Refusal] = field(default_factory=dict)


def asleep(account: Account, policies: PolicyBook, at: datetime) -> Asleep | None:
    """Why the engine leaves the account alone; None: it does not."""
    if not account.exists:
        return "unknown"
    if account.awaits_go_live:
        return "not_live"
    return None if policies.has_policy(account, at) else "no_policy"


def look(account: Account, policies: PolicyBook, at: datetime) -> Look:
    """The account at that moment, judgements due by then having been made."""
    if why := asleep(account, policies, at):
        return Look(at, why)
    view = View(account, policies, at)
    would = tuple(ladder(view, rungs(view)))
    states = tuple(_state(view, item) for item in _items(account))
    stood = tuple(standings(view, would))
    leaves = {
        view.channel(step): permit(account, policies, view.policy, view.proposal(step, ()))
        for step in view.policy.steps
        if step.is_contact
    }
    return Look(at, None, view.in_force.version, states, stood, would, leaves)


def standings(view: View, would: Iterable[Fact]) -> Iterator[Standing]:
    """Every step of the policy for every invoice; `would` is what the ladder decides at that moment."""
    ahead = {(item.id, rung.step.id): rung for rung in rungs(view) for item in rung.items}
    decided = _Decided(would)
    for item in _items(view.account):
        for step in view.policy.steps:
            yield _standing(view, item, step, ahead.get((item.id, step.id)), decided)


def _items(account: Account) -> Iterator[Item]:
    yield from account.open_items.values()
    yield from account.closed_items.values()


class _Decided:
    """What the ladder decides: which steps it takes for which invoices, and which it lets lapse."""

    def __init__(self, would: Iterable[Fact]) -> None:
        self.taken: set[tuple[str, str]] = set()
        self.lapsed: dict[tuple[str, str], str] = {}
        for fact in would:
            lines: tuple[Line, ...] = getattr(fact, "lines", ())
            self.taken |= {(line.item, line.step) for line in lines}
            if isinstance(fact, StepLapsed):
                self.lapsed |= {(item, fact.step): fact.overtaken_by for item in fact.items}


def _standing(view: View, item: Item, step: Step, rung: Rung | None, decided: _Decided) -> Standing:
    if rung is None:
        return _not_ahead(view, item, step)
    tables = tuple(tuple(checks(view, item, condition)) for condition in step.conditions)
    if rung.due_at > view.at:
        return Standing(item.id, step, "not_due", rung.due_at, checks=tables)
    found = tuple(gates(view, item, step))
    state, by = _due_state(rung, found, decided)
    return Standing(item.id, step, state, rung.due_at, by=by, gates=found, checks=tables)


def _due_state(rung: Rung, found: tuple[Gate, ...], decided: _Decided) -> tuple[State, str]:
    key = rung.item.id, rung.step.id
    if found and found[0].silent:
        return "off_branch", ""
    if overtaken_by := decided.lapsed.get(key) or rung.overtaken_by:
        return "overtaken", overtaken_by
    if found:
        return "stopped", ""
    return ("due", "") if key in decided.taken else ("behind", "")


def _not_ahead(view: View, item: Item, step: Step) -> Standing:
    """A step that is behind the invoice, or of which nobody knows when it will be due."""
    if fired := item.fired.get(step.id):
        return Standing(item.id, step, "lapsed" if fired.lapsed else "taken", taken_at=fired.at)
    if item.id not in view.account.open_items:
        return Standing(item.id, step, "settled")
    if item.placement is not None:
        return Standing(item.id, step, "placed", by=item.placement)
    if step.climbs and view.order[step.id] < view.entry(item):
        return Standing(item.id, step, "below_entry", by=view.policy.steps[view.entry(item)].id)
    why, by = waits_for(view, item, step)
    return Standing(item.id, step, "waits", why=why, by=by)


def _state(view: View, item: Item) -> ItemState:
    _, fired = view.top_fired(item)
    holds = {hold.id: hold for effect in EFFECTS if (hold := view.held_by(item, effect))}
    disputes = tuple((name, view.account.disputes[name].opened_on) for name in sorted(item.disputes))
    pending = (
        Pending(p.id, p.plan, p.amount, p.currency, p.promised_on, p.terms.judge_at)
        for p in view.promises.get(item.id, ())
        if p.status == "pending"
    )
    return ItemState(
        item=item.id, kind=item.kind, currency=item.currency, open=item.open, issued_on=item.issued_on,
        due_on=item.due_on, days_past_due=(view.today - item.due_on).days, cycle=item.cycle,
        closed_on=item.closed_on, disputes=disputes,
        holds=tuple(replace(hold, days=replace(hold.days)) for hold in holds.values()),
        promises=tuple(pending), placement=item.placement,
        reached=fired.step if fired else None, reached_at=fired.at if fired else None,
    )  # fmt: skip
