"""When each step falls due for an item."""

from datetime import date, datetime, time, timedelta

from engine.domain.account import Fired, Item
from policies.calendar import counted_days_later, local_day, local_moment, next_at
from policies.document import Step
from policies.view import View

MIDNIGHT = time(0)


def due_moment(view: View, item: Item, step: Step) -> datetime | None:
    """The moment at which a step not yet taken is due for the item, None while that is open."""
    natural = _natural_moment(view, item, step)
    if natural is None:
        return None
    due = max(natural, local_moment(item.issued_on, view.send_at, view.zone))
    for start in (item.cycle_from, view.account.live_on):
        if start is not None:
            due = max(due, local_moment(start, view.send_at, view.zone))
    if step.id in item.called_off:
        due = max(due, _counted(view, item, local_day(item.called_off[step.id], view.zone), 1))
    if due < view.in_force.since:
        due = next_at(view.in_force.since, view.send_at, view.zone)
    due = _after_promises(view, item, due)
    return _kept_apart(view, item, step, due) if item.fired else due


def _natural_moment(view: View, item: Item, step: Step) -> datetime | None:
    if step.days_before_due is not None:
        if item.ladder_from is not None and item.due_on < item.ladder_from:
            return None
        return local_moment(item.due_on - timedelta(step.days_before_due), view.send_at, view.zone)
    if step.days_past_due is not None:
        start = max(item.due_on, item.ladder_from or item.due_on)
        return _counted(view, item, start, step.days_past_due)
    below = item.fired.get(step.after or "")
    if below is None and item.cycle_from is not None and view.order.get(step.id) == view.entry(item):
        return local_moment(item.cycle_from, view.send_at, view.zone)
    base = _settled_at(view, below)
    if base is None:
        return None
    due = _counted(view, item, local_day(base, view.zone), step.days or 0)
    return max(due, base)


def _counted(view: View, item: Item, start: date, days: int) -> datetime:
    day = start + timedelta(days)
    if item.breaks or view.account.holds:
        day = counted_days_later(start, days, view.breaks(item))
    return local_moment(day, view.send_at, view.zone)


def _settled_at(view: View, fired: Fired | None) -> datetime | None:
    """The moment from which a step after this one counts: a call from when it was made, the rest from
    when it was taken; None for what came back, and for a call that nobody has made."""
    if fired is None:
        return None
    contact = view.account.contacts.get(fired.contact or "")
    if contact is None:
        return fired.at
    if contact.status == "failed":
        return None
    if contact.status == "scheduled":
        step = view.policy.step(contact.step)
        unmade = step.call.if_unmade_after if step and step.call else None
        return None if unmade is None else fired.at + timedelta(unmade)
    return contact.made_at or fired.at


def _after_promises(view: View, item: Item, due: datetime) -> datetime:
    """A step that fell due while a promise for the item was pending is due when the promise has ended."""
    for promise in view.promises.get(item.id, ()):
        if promise.status == "pending":
            continue
        ended = promise.judged_at
        if promise.withdrawn_on is not None:
            ended = local_moment(promise.withdrawn_on, MIDNIGHT, view.zone)
        if ended is not None and local_moment(promise.made_on, MIDNIGHT, view.zone) <= due < ended:
            due = next_at(ended, view.send_at, view.zone)
    return due


def _kept_apart(view: View, item: Item, step: Step, due: datetime) -> datetime | None:
    """A step whose day had passed when the rung below it was taken keeps its distance from that one; none
    is due above a call that nobody has made."""
    place = view.order.get(step.id)
    reached, fired = view.top_fired(item)
    if place is None or fired is None or place <= reached or step.after == fired.step:
        return due
    taken_at = _taken_at(view, fired)
    if taken_at is None:
        return None
    if due > taken_at:
        return due
    below = view.policy.step(fired.step)
    gap = view.policy.contact.min_gap_days
    if below and below.days_past_due is not None and step.days_past_due is not None:
        gap = max(gap, step.days_past_due - below.days_past_due)
    return local_moment(local_day(taken_at, view.zone) + timedelta(gap), view.send_at, view.zone)


def _taken_at(view: View, fired: Fired) -> datetime | None:
    """When a rung was taken, a letter also where it came back; None for a call that nobody has made.

    A reminder that became part of a call, because another item was due for one, keeps nobody waiting.
    """
    contact = view.account.contacts.get(fired.contact or "")
    came_back = contact is not None and contact.status == "failed"
    own = view.policy.step(fired.step)
    merged = own is not None and own.remind is not None and contact is not None and contact.channel == "call"
    return fired.at if came_back or merged else _settled_at(view, fired)


def climbs(view: View, item: Item) -> bool:
    """Interest and fees of an invoice follow it, with reminders of their own only where the policy says so; a
    charge that comes from no invoice is a debt of its own."""
    return item.kind == "invoice" or item.invoice is None or view.policy.charges_climb


def waits_for(view: View, item: Item, step: Step) -> tuple[str, str]:
    """Why nobody knows when the step will be due (`due_moment` is None): the cause, and what it is about."""
    if not climbs(view, item):
        return "follows", item.invoice or ""
    _, top = view.top_fired(item)
    below = item.fired.get(step.after) if step.after else top
    if below is None:
        return ("after_step", step.after) if step.after else ("entered_later", "")
    contact = view.account.contacts.get(below.contact or "")
    if contact is not None and contact.status == "failed":
        return "came_back", contact.id
    return "call_not_made", contact.id if contact else below.step
