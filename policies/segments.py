"""Which segment a payer belongs to: judged over its own history, as at the moment at which a step fell due.

Whoever wakes the engine later comes to the same answer, since what lies after that moment is left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import chain

from engine.domain.account import Account, Item
from engine.domain.facts.accounts import WHY_SEGMENT, DebtorDetailsChanged
from engine.domain.facts.base import Fact
from engine.domain.money import ZERO
from policies.because import because, by, decision_id
from policies.calendar import local_day
from policies.rungs import rungs
from policies.segmenting import Limits, Segmenting
from policies.view import View

STEP = "segment"
TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class History:
    """How a payer paid, up to a day: the figures that `Limits` are held against, by the names used there."""

    invoices: int
    average_days_late: Decimal
    percent_paid_late: Decimal
    broken_promises: int
    account_age_days: int
    exposure: Decimal


def history(account: Account, on: date, window_days: int) -> History:
    """The payer's history up to a day: what was paid in the window before it, and what is overdue on it.

    An overdue invoice counts as late by the days it is past due so far. Disputed ones do not count.
    """
    since = on - timedelta(window_days)
    late = list(_days_late(account, since, on))
    broken = (
        promise
        for promise in account.promises.values()
        if promise.status == "broken" and promise.judged_at and since <= promise.judged_at.date() <= on
    )
    return History(
        invoices=len(late),
        average_days_late=_rounded(Decimal(sum(late)), len(late)),
        percent_paid_late=_rounded(Decimal(100 * sum(days > 0 for days in late)), len(late)),
        broken_promises=sum(1 for _ in broken),
        account_age_days=(on - (account.opened_on or on)).days,
        exposure=max(account.balance.values(), default=ZERO),
    )


def _rounded(total: Decimal, count: int) -> Decimal:
    return (total / count).quantize(TENTH, ROUND_HALF_UP) if count else ZERO


def _days_late(account: Account, since: date, on: date) -> Iterator[int]:
    for item in chain(account.open_items.values(), account.closed_items.values()):
        if item.kind != "invoice" or item.disputes:
            continue
        closed_on = item.closed_on or date.max
        if closed_on > on or item.written_off:
            if item.due_on < on and closed_on >= since:
                yield (on - item.due_on).days
        elif closed_on >= since and _was_paid(account, item):
            yield max(0, (closed_on - item.due_on).days)


def _was_paid(account: Account, item: Item) -> bool:
    """Whether money closed it, not a credit note alone."""
    return any(part > ZERO and receipt in account.receipts for receipt, part in item.paid_by.items())


def unmet(limits: Limits, figures: History) -> list[str]:
    """Each limit that the history does not meet, in words."""
    return [words for met, words in _compared(limits, figures) if not met]


def _compared(limits: Limits, figures: History) -> Iterator[tuple[bool, str]]:
    for key, limit in limits.model_dump(exclude_none=True).items():
        name, _, bound = key.rpartition("_at_")
        value = getattr(figures, name)
        met = value >= limit if bound == "least" else value <= limit
        yield met, f"{name.replace('_', ' ')} {value}, at {bound} {limit}"


def fitting(rules: Segmenting, current: str | None, figures: History) -> tuple[str | None, str]:
    """The first segment whose limits the history meets (those of staying for the current one), and why."""
    for segment in rules.segments:
        limits = segment.limits_of_staying if segment.name == current else segment.enter
        if not unmet(limits, figures):
            return segment.name, "; ".join(words for _, words in _compared(limits, figures)) or "any payer"
    return None, "no segment fits"


def segment_changes(view: View) -> list[Fact]:
    """The first change of segment that the steps due by now bring; the next is the next turn's.

    A segment that a person gave is left as it is.
    """
    rules = view.in_force.base.segmenting
    if not rules.segments or view.account.segment_pinned:
        return []
    for due_at in sorted({rung.due_at for rung in rungs(view) if rung.due_at <= view.at}):
        if _may_change(view, rules, due_at) and (found := _change(view, rules, due_at)):
            return [found]
    return []


def _may_change(view: View, rules: Segmenting, due_at: datetime) -> bool:
    since = view.account.segment_since
    if since is None:
        return True
    return local_day(due_at, view.zone) >= local_day(since, view.zone) + timedelta(rules.min_days)


def _change(view: View, rules: Segmenting, due_at: datetime) -> Fact | None:
    account, on = view.account, local_day(due_at, view.zone)
    figures = history(account, on, rules.window_days)
    segment, why = fitting(rules, account.segment, figures)
    if segment == account.segment:
        return None
    seen: dict[str, object] = {
        WHY_SEGMENT: why,
        "segment before": account.segment or "none",
        "invoices counted": figures.invoices,
        "average days late": figures.average_days_late,
        "percent paid late": figures.percent_paid_late,
        "broken promises": figures.broken_promises,
        "account age in days": figures.account_age_days,
        "exposure": figures.exposure,
    }
    decision = decision_id(view, STEP, (), due_at, segment or "")
    return DebtorDetailsChanged(
        changed_on=on, segment=segment or "", by=by(view),
        because=because(view, STEP, due_at, decision, seen),
    )  # fmt: skip
