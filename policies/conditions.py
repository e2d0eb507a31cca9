"""Whether a step that is due may be taken now, and if not, why and until when."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from engine.domain.account import Fired, Item
from engine.domain.facts.contacts import RIGHT_PARTY
from engine.domain.facts.stops import Effect
from engine.domain.money import ZERO
from engine.domain.permit import Refusal
from policies.calendar import local_day, local_moment, next_at
from policies.contact_limits.permits import ERASED
from policies.document import If, Step
from policies.view import View


@dataclass(frozen=True, slots=True)
class Gate:
    """Why a due step is not taken: a reason to be recorded (`silent`: a branch of the ladder not taken).

    `until` is the moment at which it may be otherwise without a further fact. `limit`: a contact limit.
    `refusal` is what a contact limit says for itself.
    """

    reason: str
    reference: str = ""
    until: datetime | None = None
    limit: bool = False
    silent: bool = False
    refusal: Refusal | None = None


NOT_THIS_BRANCH = Gate("branch", silent=True)


def gate(view: View, item: Item, step: Step) -> Gate | None:
    """What keeps the step from being taken for the item now; None: nothing."""
    return next(gates(view, item, step), None)


def gates(view: View, item: Item, step: Step) -> Iterator[Gate]:
    """All that keeps the step from being taken for the item now; the first is what counts."""
    if item.placement is not None:
        yield Gate("placed", item.placement, silent=True)
    if step.trace and view.account.trace is not None:
        yield Gate("being_traced", view.account.trace, silent=True)
    if step.trace and view.account.trace_failed:
        yield Gate("trace_failed", silent=True)
    unmet = _unmet(view, item, step)
    if unmet is not None and unmet.silent:
        yield unmet
    if erased := _erased(view):
        yield erased
    if stopped := _stopped(view, item, step):
        yield stopped
    if promised := _promised(view, item, step):
        yield promised
    if unmet is not None and not unmet.silent:
        yield unmet
    if step.climbs and (settled := _nothing_to_demand(view, item)):
        yield settled
    if step.is_contact and (limited := _limited(view, item, step)):
        yield limited


def _erased(view: View) -> Gate | None:
    """Nobody is reminded, traced or placed whom nobody can name any more."""
    erased_on = view.account.erased_on
    return Gate(ERASED, erased_on.isoformat()) if erased_on else None


def _stopped(view: View, item: Item, step: Step) -> Gate | None:
    if item.disputes and (item.undisputed == ZERO or step.place):  # no agency takes what is in dispute
        return Gate("disputed", ",".join(sorted(item.disputes)))
    effects: tuple[Effect, ...] = ("contact", "ladder") if step.is_contact else ("ladder",)
    hold = view.held_by(item, *effects)
    if hold is None:
        return None
    until = local_moment(hold.days.end, view.send_at, view.zone) if hold.days.end else None
    return Gate("held", hold.id, until)


def _promised(view: View, item: Item, step: Step) -> Gate | None:
    """A promise stops the ladder while it is pending, and, judged at midnight, until the hour of contacts."""
    if any("pending" in (condition.promise or ()) for condition in step.conditions):
        return None
    for promise in view.promises.get(item.id, ()):
        over_at = next_at(promise.judged_at, view.send_at, view.zone) if promise.judged_at else None
        if promise.status == "pending" or (over_at is not None and over_at > view.at):
            return Gate("promise_pending", promise.plan or promise.id, over_at)
    return None


def _nothing_to_demand(view: View, item: Item) -> Gate | None:
    if view.demand(item.currency, [item]) > ZERO:
        return None
    return Gate("nothing_to_demand", item.currency, view.demand_grows_at)


def _limited(view: View, item: Item, step: Step) -> Gate | None:
    refused = view.refused(step, item)
    if refused is None:
        return _still_deferred(view, item, step)
    first = refused.first_allowed_at
    return Gate(refused.rule, refused.why, first, limit=first is not None, refusal=refused)


def _still_deferred(view: View, item: Item, step: Step) -> Gate | None:
    """What was put off to the next hours of contact is decided when they begin, not in the night before."""
    until = view.account.deferred.get((item.id, item.cycle, step.id))
    waits = until is not None and view.at < until <= view.leaves_at
    return Gate("deferred", until=until, limit=True) if waits else None


def _unmet(view: View, item: Item, step: Step) -> Gate | None:
    """None where one of the step's tables of conditions holds, else the best reason why none does."""
    if not step.conditions:
        return None
    gates = [_first_unmet(view, item, condition) for condition in step.conditions]
    if None in gates:
        return None
    named = [found for found in gates if found is not None and not found.silent]
    if not named:
        return NOT_THIS_BRANCH
    ends = [found.until for found in named if found.until is not None]
    return replace(named[0], until=min(ends, default=None))


def _first_unmet(view: View, item: Item, condition: If) -> Gate | None:
    return next((check.gate for check in checks(view, item, condition) if check.gate), None)


# --- conditions -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Check:
    """One condition of a step: what the document asks, what was seen, and the gate where it does not hold."""

    condition: str
    asks: object
    saw: object
    gate: Gate | None

    @property
    def holds(self) -> bool:
        """Whether what was seen is what the document asks."""
        return self.gate is None


def checks(view: View, item: Item, condition: If) -> Iterator[Check]:
    """Each condition that the table states, those that choose a branch of the ladder first."""
    for find in _CHECKS:
        if (check := find(view, item, condition)) is not None:
            yield check


def _branch(condition: str, asks: object, saw: object, holds: bool) -> Check:
    return Check(condition, asks, saw, None if holds else NOT_THIS_BRANCH)


def _calls_reached(view: View, item: Item, condition: If) -> Check | None:
    asks, saw = condition.not_reached, _not_reached(view, item)
    return None if asks is None else _branch("not_reached", asks, saw, saw is asks)


def _promise_stands(view: View, item: Item, condition: If) -> Check | None:
    if condition.promise is None:
        return None
    saw = promise_state(view, item)
    return _branch("promise", condition.promise, saw, saw in condition.promise)


def _of_segment(view: View, _: Item, condition: If) -> Check | None:
    if condition.segment is None:
        return None
    saw = view.account.segment
    return _branch("segment", condition.segment, saw, saw in condition.segment)


def _is_unreachable(view: View, _: Item, condition: If) -> Check | None:
    asks, saw = condition.unreachable, view.account.cannot_be_located
    return None if asks is None else _branch("unreachable", asks, saw, saw is asks)


def _trace_failed(view: View, _: Item, condition: If) -> Check | None:
    asks, saw = condition.trace_failed, view.account.trace_failed
    return None if asks is None else _branch("trace_failed", asks, saw, saw is asks)


def _broken_promises(view: View, _: Item, condition: If) -> Check | None:
    asks, saw = condition.broken_promises_at_least, view.account.broken_promises
    return None if asks is None else _branch("broken_promises_at_least", asks, saw, saw >= asks)


def _balance(view: View, item: Item, condition: If) -> Check | None:
    least = condition.balance_at_least
    if least is None:
        return None
    saw = view.demand(item.currency, [item])
    wanting = Gate("balance_below", f"{least} {item.currency}", view.demand_grows_at) if saw < least else None
    return Check("balance_at_least", f"{least} {item.currency}", f"{saw} {item.currency}", wanting)


def _response(view: View, item: Item, condition: If) -> Check | None:
    """Something came since the step named, about this item or none; it gives `patience_days` from then."""
    if condition.no_response_since is None:
        return None
    since = item.fired.get(condition.no_response_since)
    heard = [on for on in (item.heard_on, view.account.heard_on) if on is not None]
    response, gate = max(heard, default=None), None
    if response is not None and since is not None and response >= local_day(since.at, view.zone):
        until = local_moment(response + timedelta(condition.patience_days), view.send_at, view.zone)
        gate = Gate("response", response.isoformat(), until) if until > view.at else None
    return Check("no_response_since", condition.no_response_since, response, gate)


_CHECKS: tuple[Callable[[View, Item, If], Check | None], ...] = (
    *(_calls_reached, _promise_stands, _of_segment, _is_unreachable, _trace_failed, _broken_promises),
    *(_balance, _response),
)


def promise_state(view: View, item: Item) -> str:
    """How the latest promise for the item stands; an instalment missed counts as the plan's state."""
    promises = [p for p in view.promises.get(item.id, ()) if p.status != "withdrawn" or p.plan is None]
    return promises[-1].status if promises else "none"


def _not_reached(view: View, item: Item) -> bool | None:
    """Whether the calls of this cycle reached nobody; None where none was made.

    A call that became part of a letter, because another item was due for one, has reached nobody.
    """
    reached = [_reached(view, fired) for fired in item.fired.values()]
    return not any(reached) if any(answer is not None for answer in reached) else None


def _reached(view: View, fired: Fired) -> bool | None:
    contact = view.account.contacts.get(fired.contact or "")
    if contact is None:
        return None
    if contact.outcome is not None:
        return contact.outcome in RIGHT_PARTY
    step = view.policy.step(fired.step)
    return False if step and step.call and contact.channel != "call" else None
