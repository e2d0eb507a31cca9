"""The ladder as a calendar: what happens on which day to the sample invoice, and what has moved it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from engine.domain.facts.base import Because, Fact
from engine.domain.facts.contacts import CallScheduled, ContactDeferred, ReminderIssued, StepLapsed
from engine.domain.facts.escalation import (
    AccountPlaced,
    EscalationRaised,
    PlacementProposed,
    TraceRequested,
)
from engine.domain.facts.items import FeeCharged, InterestCharged
from engine.domain.money import ZERO
from policies.business_days import holiday_name
from policies.calendar import ONE_DAY, local_day
from policies.contact_limits.case import Case, Proposal
from policies.contact_limits.counting import counted
from policies.contact_limits.permits import MIN_GAP, profiles_of
from policies.document import Policy
from policies.linting.ladder import nominal_days
from policies.linting.rehearsal import Rehearsal
from policies.standings import Standing, standings
from policies.view import View

Step = ReminderIssued | CallScheduled | EscalationRaised | TraceRequested | PlacementProposed | AccountPlaced
WEEK = 7


@dataclass(frozen=True, slots=True)
class Push:
    """What put a step off until a moment: a rule and where it stands; holidays in between by name."""

    rule: str
    source: str
    why: str
    until: datetime | None
    holidays: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One day of the calendar. `meant_for`: the day on which the step would fall if nothing moved it.
    `follows`: the step below it that was moved, and moved this one with it."""

    on: date
    at: datetime
    days_past_due: int
    step: str
    channel: str
    says: str
    title: str
    meant_for: date
    pushes: tuple[Push, ...]
    follows: str | None = None
    holiday: str | None = None


def rows(rehearsal: Rehearsal) -> Iterator[Row]:
    """Every step that is taken, in order."""
    pushed: dict[str, list[Push]] = {}
    moved: list[str] = []
    for fact in rehearsal.facts:
        if isinstance(fact, ContactDeferred):
            pushed.setdefault(fact.step, []).append(_push(rehearsal, fact))
        elif isinstance(fact, Step) and fact.because is not None:
            row = _row(rehearsal, fact, fact.because, pushed.pop(fact.step, []), moved)
            if row.on != row.meant_for:
                moved.append(row.step)
            yield row


def _push(rehearsal: Rehearsal, fact: ContactDeferred) -> Push:
    sample = rehearsal.sample
    day, names = local_day(fact.known_at, sample.zone), []
    while day < local_day(fact.until, sample.zone) and fact.rule != MIN_GAP:
        if name := holiday_name(day, sample.country, sample.region):
            names.append(f"{name}, {day}")
        day += ONE_DAY
    return Push(fact.rule, fact.source, fact.why, fact.until, tuple(names))


def _row(rehearsal: Rehearsal, fact: Step, why: Because, pushes: list[Push], moved: Sequence[str]) -> Row:
    sample, policy = rehearsal.sample, _policy(rehearsal)
    step = policy.step(fact.step)
    at = _leaves_at(fact) or why.acted_at
    if at > why.acted_at:
        hours = policy.contact
        said = f"the policy's hours are {hours.send_at:%H:%M} to {hours.send_until:%H:%M}"
        pushes = [*pushes, Push("send_at", "the policy", said, at)]
    on, channel_says = local_day(at, sample.zone), _said(fact)
    nominal = nominal_days(policy).get(fact.step, 0)
    meant_for = max(sample.due_on + timedelta(nominal), sample.issued_on)
    below = step.after if step and step.after else next(iter(moved[::-1]), None)
    return Row(
        on, at, (on - sample.due_on).days, fact.step, *channel_says, step.title if step else "", meant_for,
        tuple(pushes), follows=below if below in moved and on != meant_for and not pushes else None,
        holiday=holiday_name(on, sample.country, sample.region),
    )  # fmt: skip


def _leaves_at(fact: Step) -> datetime | None:
    if isinstance(fact, CallScheduled):
        return fact.call_from
    return fact.leaves_at if isinstance(fact, ReminderIssued) else None


def _said(fact: Step) -> tuple[str, str]:
    """The channel or kind of a step, and what it says or to whom it goes."""
    if isinstance(fact, ReminderIssued):
        return fact.channel, fact.template
    if isinstance(fact, CallScheduled):
        return "call", fact.script
    if isinstance(fact, EscalationRaised):
        return "raise", fact.level
    if isinstance(fact, TraceRequested):
        return "trace", "looked for"
    return ("place" if isinstance(fact, AccountPlaced) else "propose"), fact.agency


def _policy(rehearsal: Rehearsal) -> Policy:
    return rehearsal.book.in_force(rehearsal.account, rehearsal.at).policy


# --- what was not done ------------------------------------------------------------------------------------


def not_taken(rehearsal: Rehearsal) -> dict[str, str]:
    """Each step that the unanswered debtor's invoice never came to, and why, in words."""
    view = View(rehearsal.account, rehearsal.book, rehearsal.at)
    overtaken = {f.step: f.overtaken_by for f in rehearsal.facts if isinstance(f, StepLapsed)}
    stood = [one for one in standings(view, ()) if one.item in view.account.open_items]
    invoices = (one for one in stood if view.account.open_items[one.item].kind == "invoice")
    return {one.step.id: _why_not(one, overtaken) for one in invoices if one.state != "taken"}


def _why_not(standing: Standing, overtaken: dict[str, str]) -> str:
    if standing.state == "lapsed":
        return f"overtaken by '{overtaken.get(standing.step.id, '')}'"
    if standing.state == "placed":
        return "the invoice is placed, or proposed for it, by then"
    if standing.state == "waits":
        return f"waits for {standing.by or 'what comes before it'}"
    if standing.state == "off_branch":
        unmet = (check for table in standing.checks for check in table if not check.holds)
        said = (f"{one.condition} asks {_plain(one.asks)}, not {_plain(one.saw)}" for one in unmet)
        return "; ".join(dict.fromkeys(said))
    refused = [f"{gate.reason}: {gate.reference}".rstrip(": ") for gate in standing.gates]
    return "; ".join(refused) or standing.state.replace("_", " ")


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return " or ".join(map(str, value)) if isinstance(value, tuple) else str(value or "none")


# --- how many ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fullest:
    """The span of days with most contacts on a channel, or of those that a rule limits to `allowed`."""

    what: str
    days: int
    count: int
    since: date | None
    allowed: int | None = None
    source: str = ""


def fullest_spans(rehearsal: Rehearsal) -> Iterator[Fullest]:
    """The fullest week of each channel, and for each rule that counts the span that comes closest to it."""
    sample = rehearsal.sample
    touches = [touch for touch in rehearsal.touches.values() if touch.expires_at is None]
    for channel in sorted({touch.channel for touch in touches}):
        days = [local_day(touch.at, sample.zone) for touch in touches if touch.channel == channel]
        yield Fullest(channel, WEEK, *_most(days, WEEK))
    case = Case(Proposal(rehearsal.at, "call"), touches, zones=(sample.zone,))
    for profile in profiles_of(rehearsal.account, _policy(rehearsal)):
        for limit in profile.frequency:
            days = [local_day(touch.at, sample.zone) for touch in counted(limit, case, sample.zone)]
            yield Fullest(limit.rule, limit.days, *_most(days, limit.days), limit.at_most, limit.source)


def _most(days: Sequence[date], span: int) -> tuple[int, date | None]:
    starts = [(sum(0 <= (day - first).days < span for day in days), first) for first in sorted(set(days))]
    return max(starts, key=lambda start: start[0], default=(0, None))


def charged(facts: Sequence[Fact]) -> dict[str, Decimal]:
    """What the invoice was charged on the way: interest and compensation, in its currency."""
    sums: dict[str, Decimal] = {}
    for fact in facts:
        if isinstance(fact, InterestCharged | FeeCharged):
            name = "interest" if isinstance(fact, InterestCharged) else "compensation"
            sums[name] = sums.get(name, ZERO) + fact.amount
    return sums
