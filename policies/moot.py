"""Decisions to take back what nothing is left of: scheduled calls and proposed placements."""

from engine.domain.account import Contact, Placement
from engine.domain.facts.base import Fact
from engine.domain.facts.contacts import Line, ReminderCancelled
from engine.domain.facts.escalation import PlacementRecalled
from engine.domain.money import ZERO
from policies.because import because, by, decision_id
from policies.calendar import local_moment
from policies.contact_limits.permits import ERASED
from policies.ladder import MIDNIGHT
from policies.view import View


def taken_back(view: View) -> list[Fact]:
    """Every call and every proposal of which nothing is left."""
    return [*moot_calls(view), *moot_proposals(view)]


def moot_calls(view: View) -> list[Fact]:
    """Takes back each scheduled call, and each message that has not left yet, of which nothing is left."""
    unsent = [one for one in view.account.unsent.values() if one.leaves_at and one.leaves_at > view.at]
    calls = sorted([*view.account.calls_due.values(), *unsent], key=lambda call: call.id)
    return [_cancel(view, call, reason) for call in calls if (reason := _moot(view, call)) is not None]


def _moot(view: View, call: Contact) -> str | None:
    """Why the call need not be made: the debtor is erased, or every item is settled, stopped, promised,
    placed or covered."""
    if view.account.erased_on is not None:
        return ERASED
    reasons = set()
    for part in call.lines:
        reason = why_settled(view, part)
        if reason is None:
            return None
        reasons.add(reason)
    return ", ".join(sorted(reasons)) or None


def why_settled(view: View, part: Line) -> str | None:
    """Why this line of a contact need not be said any more: paid, stopped, promised or covered."""
    item = view.account.open_items.get(part.item)
    if item is None:
        return "paid"
    if not view.demandable(item):
        return "disputed" if item.undisputed == ZERO else "placed" if item.placement else "held"
    if any(promise.status == "pending" for promise in view.promises.get(item.id, ())):
        return "promised"
    return "covered by unapplied money" if view.demand(item.currency, [item]) <= ZERO else None


def _cancel(view: View, call: Contact, reason: str) -> Fact:
    decision = decision_id(view, call.step, [part.item for part in call.lines], call.at, "cancelled", reason)
    figures = {currency: amount for currency, amount in view.account.balance.items() if amount}
    return ReminderCancelled(
        contact=call.id, cancelled_at=view.at, reason=reason, by=by(view),
        because=because(view, call.step, call.at, decision, figures),
    )  # fmt: skip


def moot_proposals(view: View) -> list[Fact]:
    """Takes back each proposed placement of an erased debtor, and those all of whose items were settled."""
    proposed = [p for p in view.account.placements.values() if p.status == "proposed"]
    is_erased = view.account.erased_on is not None
    return [
        _decline(view, placement)
        for placement in sorted(proposed, key=lambda placement: placement.id)
        if is_erased or not any(part.item in view.account.open_items for part in placement.lines)
    ]


def _decline(view: View, placement: Placement) -> Fact:
    step, names = placement.lines[0].step, [part.item for part in placement.lines]
    closed = [item.closed_on for name in names if (item := view.account.item(name)) and item.closed_on]
    erased_on = view.account.erased_on
    since = max(closed, default=view.today) if erased_on is None else erased_on
    due_at = local_moment(since, MIDNIGHT, view.zone)
    reason = "settled before it was placed" if erased_on is None else None
    decision = decision_id(view, step, names, due_at, placement.id)
    return PlacementRecalled(
        placement=placement.id, recalled_on=view.today, declined=True, reason=reason, by=by(view),
        because=because(view, step, due_at, decision, {"agency": placement.agency}),
    )  # fmt: skip
