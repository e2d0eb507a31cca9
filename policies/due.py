"""The two questions of a wake-up: what is to be done on this account now, and when is the next time?"""

from collections.abc import Iterable
from datetime import datetime

from engine.domain.account import Account
from engine.domain.facts.base import Fact
from policies.approvals import lapsed_requests, next_lapse
from policies.book import PolicyBook
from policies.dispute_deadlines import next_dispute_deadline, overdue_disputes
from policies.interest.charging import interest, next_charge
from policies.judgements import judgements, next_judgement
from policies.moot import taken_back
from policies.recalls import next_recall, recalls
from policies.rungs import Rung, lapses_at, rungs
from policies.segments import segment_changes
from policies.steps import ladder
from policies.tracing import found_unreachable
from policies.view import View


def is_asleep(account: Account) -> bool:
    """Whether the engine leaves the account alone: not opened, or backfilled and not yet live."""
    return not account.exists or account.awaits_go_live


def decide(account: Account, policies: PolicyBook, at: datetime) -> list[Fact]:
    """What is to be recorded at this moment, one turn at a time; ask again after folding it, until nothing
    comes back. Judgements and charges first, each as at its own moment, then the segment, what is moot, and
    the ladder."""
    if is_asleep(account) or not policies.has_policy(account, at):
        return []
    view = View(account, policies, at)
    return before_ladder(view) or ladder(view, rungs(view))


def decide_or_wait(
    account: Account, policies: PolicyBook, at: datetime
) -> tuple[list[Fact], datetime | None]:
    """What `decide` says, or, where that is nothing, what `next_due_at` says: of one look at the account."""
    if is_asleep(account):
        return [], None
    if not policies.has_policy(account, at):
        return [], policies.next_change(account, at)
    view = View(account, policies, at)
    if facts := before_ladder(view):
        return facts, None
    ahead = list(rungs(view))
    facts = ladder(view, ahead)
    return facts, None if facts else _next_moment(view, ahead)


def before_ladder(view: View) -> list[Fact]:
    """What is decided before the ladder is looked at, one turn at a time."""
    turns = (
        *(judgements, interest, found_unreachable, segment_changes, recalls, taken_back),
        *(overdue_disputes, lapsed_requests),
    )
    return next(filter(None, (decided(view) for decided in turns)), [])


def next_due_at(account: Account, policies: PolicyBook, after: datetime) -> datetime | None:
    """The first moment after this one at which something may be due if no further fact comes; None: never.

    It may be early, never late. A step that is due but stopped waits for its stop to end.
    """
    if is_asleep(account):
        return None
    if not policies.has_policy(account, after):
        return policies.next_change(account, after)
    view = View(account, policies, after)
    return _next_moment(view, rungs(view))


def _next_moment(view: View, ahead: Iterable[Rung]) -> datetime | None:
    after = view.at
    moments = [next_judgement(view), view.book.next_change(view.account, after), view.hold_begins_at]
    moments += [next_recall(view), next_charge(view), next_dispute_deadline(view), next_lapse(view)]
    for rung in ahead:
        if rung.due_at > after:
            moments.append(rung.due_at)
        elif rung.gate is not None:
            moments += [rung.gate.until, lapses_at(view, rung)]
    return min((moment for moment in moments if moment is not None and moment > after), default=None)
