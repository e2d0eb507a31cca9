"""Decisions on disputes whose deadline has passed: somebody is told, once a dispute."""

from datetime import datetime

from engine.domain.account import Dispute
from engine.domain.decisions.contacts import line
from engine.domain.facts.base import Fact
from engine.domain.facts.escalation import EscalationRaised
from policies.because import because, by, decision_id
from policies.calendar import ONE_DAY, local_moment
from policies.ladder import MIDNIGHT
from policies.view import View

STEP = "dispute-deadline"


def overdue_disputes(view: View) -> list[Fact]:
    """The first dispute whose deadline has passed and of which nobody has been told; the next is the next
    turn's. A policy that names nobody tells nobody."""
    level = view.policy.dispute.escalate_to
    if level is None:
        return []
    due = sorted((_due_at(view, one), one.id) for one in _waiting(view))
    return [_raised(view, view.account.disputes[name], level, at) for at, name in due[:1] if at <= view.at]


def next_dispute_deadline(view: View) -> datetime | None:
    """The next moment at which the deadline of an open dispute will have passed."""
    if view.policy.dispute.escalate_to is None:
        return None
    moments = (_due_at(view, dispute) for dispute in _waiting(view))
    return min((moment for moment in moments if moment > view.at), default=None)


def _waiting(view: View) -> list[Dispute]:
    disputes = view.account.disputes.values()
    return [one for one in disputes if one.deadline and one.resolved_on is None and not one.raised]


def _due_at(view: View, dispute: Dispute) -> datetime:
    """The end of the day by which it was to be settled; not before the version that says whom to tell."""
    assert dispute.deadline is not None
    return max(local_moment(dispute.deadline + ONE_DAY, MIDNIGHT, view.zone), view.in_force.since)


def _raised(view: View, dispute: Dispute, level: str, due_at: datetime) -> Fact:
    items = [item for name in dispute.items if (item := view.account.item(name))]
    figures = {
        "dispute": dispute.id, "opened on": dispute.opened_on, "deadline": dispute.deadline,
        "owner": dispute.owner or "nobody",
    }  # fmt: skip
    decision = decision_id(view, STEP, dispute.items, due_at, dispute.id)
    return EscalationRaised(
        level=level, step=STEP, lines=tuple(line(item, STEP, view.today) for item in items),
        dispute=dispute.id, by=by(view), because=because(view, STEP, due_at, decision, figures),
    )  # fmt: skip
