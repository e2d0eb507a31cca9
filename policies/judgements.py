"""Decisions on promises: judged at their due moment, and judged again when what came turns out otherwise."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from engine.domain.account import Promise
from engine.domain.facts.base import Fact
from engine.domain.facts.promises import PromiseWithdrawn
from policies.because import because, by, decision_id
from policies.calendar import local_day
from policies.promises import Verdict, judge, rejudged_at
from policies.view import View

STEP = "promise"


def next_judgement(view: View) -> datetime | None:
    """The next moment after `view.at` at which a promise is to be judged."""
    return min((m for m in _moments(view) if m > view.at), default=None)


def _moments(view: View) -> Iterator[datetime]:
    for promise in view.account.pending.values():
        yield promise.terms.judge_at
    for promise_id, trigger in view.account.to_rejudge.items():
        yield rejudged_at(view.account.promises[promise_id], trigger, view.zone)


def judgements(view: View) -> list[Fact]:
    """The first judgement due, with what follows from it for its plan; the next is the next turn's."""
    for promise in sorted(view.account.pending.values(), key=lambda p: (p.terms.judge_at, p.made_on, p.id)):
        if promise.terms.judge_at <= view.at:
            due_at = promise.terms.judge_at
            return list(_judged(view, promise, due_at, _verdict(view, promise, due_at)))
    for promise_id, trigger in sorted(view.account.to_rejudge.items(), key=lambda pair: (pair[1], pair[0])):
        promise = view.account.promises[promise_id]
        due_at = rejudged_at(promise, trigger, view.zone)
        verdict = _verdict(view, promise, due_at)
        if due_at <= view.at and verdict.differs_from(promise):
            return [_judgement(view, promise, due_at, verdict)]
    return []


def _verdict(view: View, promise: Promise, due_at: datetime) -> Verdict:
    """The verdict as at its moment: what the day before it had brought."""
    return judge(view.account, promise, local_day(due_at, view.zone) - timedelta(1))


def _judged(view: View, promise: Promise, due_at: datetime, verdict: Verdict) -> Iterator[Fact]:
    if verdict.moot:
        yield _withdrawal(view, promise.id, promise, due_at, "moot: credited, written off or disputed")
        return
    judgement = _judgement(view, promise, due_at, verdict)
    yield judgement
    missed = promise.plan is not None and judgement.TOPIC != "PromiseKept"
    if promise.plan and missed and view.policy.promise.missed_instalment_ends_plan:
        others = (view.account.pending.get(name) for name in view.account.plans[promise.plan])
        if any(other is not None and other is not promise for other in others):
            yield _withdrawal(view, promise.plan, promise, due_at, f"instalment {promise.id} was missed")


def _judgement(view: View, promise: Promise, due_at: datetime, verdict: Verdict) -> Fact:
    decision = decision_id(view, STEP, promise.items, due_at, promise.id, str(verdict.received))
    figures = {
        "promised": f"{promise.amount} {promise.currency}",
        "needed": f"{verdict.needed} {promise.currency}",
        "received in time": f"{verdict.received} {promise.currency}",
        "tolerance": f"{promise.terms.tolerance} {promise.currency}",
        "made on": promise.made_on,
        "deadline": promise.terms.deadline,
    }
    return verdict.kind(
        promise=promise.id, received=verdict.received, counted=verdict.counted, judged_at=due_at,
        by=by(view), because=because(view, STEP, due_at, decision, figures),
    )  # fmt: skip


def _withdrawal(view: View, name: str, promise: Promise, due_at: datetime, reason: str) -> Fact:
    decision = decision_id(view, STEP, promise.items, due_at, name, "withdrawn")
    figures = {"promised": f"{promise.amount} {promise.currency}", "promise": promise.id}
    return PromiseWithdrawn(
        promise=name, withdrawn_on=local_day(due_at, view.zone), reason=reason, by=by(view),
        because=because(view, STEP, due_at, decision, figures),
    )  # fmt: skip
