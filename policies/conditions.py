"""Whether a step that is due may be taken now, and if not, why and until when."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from engine.domain.account import Fired, Item
from engine.domain.facts.contacts import RIGHT_PARTY
from engine.domain.facts.stops import Effect
from engine.domain.money import ZERO
from engine.domain.permit import Refusal
from policies.calendar import local_day, local_moment, next_at
from policies.document import If, Step
from policies.view import View


@dataclass(frozen=True, slots=True)
class Gate:
    """Why a due step is not taken: a reason to be recorded (`silent`: a branch of the ladder not taken).

    `until` is the moment at which it may be otherwise without a further fact. `limit`: a contact limit.
    """

    reason: str
    reference: str = ""
    until: datetime | None = None
    limit: bool = False
    silent: bool = False


NOT_THIS_BRANCH = Gate("branch", silent=True)


def gate(view: View, item: Item, step: Step) -> Gate | None:
    """What keeps the step from being taken for the item now; None: nothing."""
    if item.placement is not None or (
        step.trace and (view.account.trace is not None or view.account.trace_failed)
    ):
        return NOT_THIS_BRANCH
    unmet = _unmet(view, item, step)
    if unmet is not None and unmet.silent:
        return unmet
    return (
        _stopped(view, item, step)
        or _promised(view, item, step)
        or unmet
        or (_nothing_to_demand(view, item) if step.climbs else None)
        or (_limited(view, step) if step.is_contact else None)
    )


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


def _limited(view: View, step: Step) -> Gate | None:
    leave = view.leave(step)
    if not isinstance(leave, Refusal):
        return None
    return Gate(leave.rule, leave.why, leave.first_allowed_at, limit=leave.first_allowed_at is not None)


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
    if not _on_branch(view, item, condition):
        return NOT_THIS_BRANCH
    least = condition.balance_at_least
    if least is not None and view.demand(item.currency, [item]) < least:
        return Gate("balance_below", f"{least} {item.currency}", view.demand_grows_at)
    return _answered(view, item, condition)


def _answered(view: View, item: Item, condition: If) -> Gate | None:
    """Something came since the step named, about this item or none; it gives `patience_days` from then."""
    since = item.fired.get(condition.no_response_since or "")
    heard = [on for on in (item.heard_on, view.account.heard_on) if on is not None]
    if since is None or not heard or (response := max(heard)) < local_day(since.at, view.zone):
        return None
    until = local_moment(response + timedelta(condition.patience_days), view.send_at, view.zone)
    return Gate("response", response.isoformat(), until) if until > view.at else None


def _on_branch(view: View, item: Item, condition: If) -> bool:
    account = view.account
    if condition.not_reached is not None and _not_reached(view, item) is not condition.not_reached:
        return False
    if condition.promise is not None and promise_state(view, item) not in condition.promise:
        return False
    if condition.segment is not None and account.segment not in condition.segment:
        return False
    if condition.unreachable is not None and account.cannot_be_located is not condition.unreachable:
        return False
    if condition.trace_failed is not None and account.trace_failed is not condition.trace_failed:
        return False
    return account.broken_promises >= (condition.broken_promises_at_least or 0)


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
