"""Decisions on promises: judged at their due moment, and judged again when what came turns out otherwise."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from engine.domain.account import Promise
from engine.domain.facts.accounts import WHY_SEGMENT, DebtorDetailsChanged
from engine.domain.facts.base import Fact
from engine.domain.facts.promises import PromiseBroken, PromiseKept, PromiseWithdrawn
from policies.because import because, by, decision_id
from policies.calendar import local_day
from policies.promises import Verdict, rejudged_at, verdicts
from policies.settling import STEP, claimed_again, given_up
from policies.view import View

__all__ = ["STEP", "judgements", "next_judgement"]


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
            verdict = _verdicts(view, promise.currency)[promise.id]
            return list(_judged(view, promise, promise.terms.judge_at, verdict))
    for promise_id, trigger in sorted(view.account.to_rejudge.items(), key=lambda pair: (pair[1], pair[0])):
        promise = view.account.promises[promise_id]
        due_at = rejudged_at(promise, trigger, view.zone)
        if due_at > view.at:
            continue
        verdict = _verdicts(view, promise.currency)[promise_id]
        if verdict.differs_from(promise):
            return list(_decided(view, promise, due_at, verdict))
    return []


def _verdicts(view: View, currency: str) -> dict[str, Verdict]:
    """The verdicts as at the moment of each: what the day before it had brought."""
    return verdicts(
        view.account, currency, lambda each: local_day(_due_at(view, each), view.zone) - timedelta(1)
    )


def _due_at(view: View, promise: Promise) -> datetime:
    """When the promise is or was judged last."""
    if (trigger := view.account.to_rejudge.get(promise.id)) is not None:
        return rejudged_at(promise, trigger, view.zone)
    return promise.judged_at or promise.terms.judge_at


def _judged(view: View, promise: Promise, due_at: datetime, verdict: Verdict) -> Iterator[Fact]:
    if verdict.moot:
        yield _withdrawal(view, promise.id, promise, due_at, "moot: credited, written off or disputed")
        return
    yield from _decided(view, promise, due_at, verdict)


def _decided(view: View, promise: Promise, due_at: datetime, verdict: Verdict) -> Iterator[Fact]:
    """The judgement, and what a promise that was not kept triggers: its plan ends, and the segment changes,
    unless a person gave it.

    The step to which it leads falls due by itself: see `policies.leading`.
    """
    yield _judgement(view, promise, due_at, verdict)
    if promise.discount is not None:
        follows = given_up if verdict.kind is PromiseKept else claimed_again
        yield from follows(view, promise, due_at)
    if verdict.kind is PromiseKept:
        return
    if promise.plan and promise.ends_plan:
        others = (view.account.pending.get(name) for name in view.account.plans[promise.plan])
        if any(other is not None and other is not promise for other in others):
            yield _withdrawal(view, promise.plan, promise, due_at, f"instalment {promise.id} was missed")
    rules = view.policy.promise.broken
    broken = verdict.kind is PromiseBroken or rules.partly_kept
    account = view.account
    if broken and rules.segment not in (None, account.segment) and not account.segment_pinned:
        yield _new_segment(view, str(rules.segment), promise, due_at)


def _new_segment(view: View, segment: str, promise: Promise, due_at: datetime) -> Fact:
    decision = decision_id(view, STEP, promise.items, due_at, promise.id, "segment", segment)
    figures = {
        WHY_SEGMENT: f"promise {promise.id} was not kept",
        "promise": promise.id,
        "segment before": view.account.segment or "none",
    }
    return DebtorDetailsChanged(
        changed_on=local_day(due_at, view.zone), segment=segment, by=by(view),
        because=because(view, STEP, due_at, decision, figures),
    )  # fmt: skip


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
