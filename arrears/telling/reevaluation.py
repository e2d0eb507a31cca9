"""A past period judged again, in one answer: promises under other terms, aging under other edges."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from arrears.telling.replay_diff import amounts, counts
from arrears.telling.rows import exact
from engine.replay.rejudging import Rejudged
from policies.supposing import SupposedPolicies
from projections.aging_edges import EdgesCompared

Row = dict[str, Any]

UNDONE = (
    "What a judgement led to is not undone by another one: a contact that was made, a plan that ended. "
    "Whether debtors would have promised otherwise cannot be known."
)


def promises_answer(
    found: Sequence[Rejudged],
    policies: SupposedPolicies,
    first: date | None,
    last: date | None,
    zone: ZoneInfo,
) -> Row:
    """All promises of the period as judged (`then`) and as they would be (`now`), under names that stay."""
    then: Counter[str] = Counter(one.then.status for one in found)
    now: Counter[str] = Counter(one.now.status for one in found)
    return {
        "policy": policies.name, "sha256": policies.versions[policies.name][-1].sha256,
        "for_all": policies.for_all, "from": first, "to": last, "zone": str(zone),
        "accounts": len({one.account for one in found}), "promises": len(found),
        "other_terms": sum(one.terms_differ for one in found),
        "judged_differently": sum(one.differs for one in found),
        "by_status": counts("status", then, now),
        "amounts": _amounts(found),
        "rows": [_row(one) for one in found],
        "adopted": None, "cannot_be_known": UNDONE,
    }  # fmt: skip


def _amounts(found: Sequence[Rejudged]) -> list[Row]:
    """The promised amounts by status and currency."""
    keys = [(one, (one.then.status, one.currency), (one.now.status, one.currency)) for one in found]
    then, now = Counter(key for _, key, _ in keys), Counter(key for _, _, key in keys)
    sums: tuple[dict[Any, Decimal], dict[Any, Decimal]] = ({}, {})
    for one, before, after in keys:
        for side, key in zip(sums, (before, after), strict=True):
            side[key] = side.get(key, Decimal(0)) + one.amount
    return amounts(("status", "currency"), then, now, *sums)


def _row(one: Rejudged) -> Row:
    return {
        "account": one.number, "promise": one.promise, "plan": one.plan, "made_on": one.made_on,
        "promised_on": one.promised_on, "currency": one.currency, "amount": exact(one.amount, one.currency),
        "then": one.then.status, "now": one.now.status,
        "received_then": exact(one.then.received, one.currency),
        "received_now": exact(one.now.received, one.currency),
        "deadline_then": one.then.deadline, "deadline_now": one.now.deadline,
        "tolerance_now": exact(one.terms.tolerance, one.currency), "judge_at_now": one.terms.judge_at,
        "other_terms": one.terms_differ, "differs": one.differs,
    }  # fmt: skip


def edges_answer(compared: Sequence[EdgesCompared], given: Sequence[int]) -> Row:
    """Each day by both sets of edges, and what stands in another bucket."""
    return {
        "edges": given,
        "days": [
            {
                "as_of": one.as_of, "present_edges": one.present_edges,
                "present": [row.as_json() for row in one.present],
                "given": [row.as_json() for row in one.given],
                "moved": moved_rows(one),
            }
            for one in compared
        ],
        "adopted": None,
    }  # fmt: skip


def moved_rows(one: EdgesCompared) -> list[Row]:
    """What stands in another bucket under the other edges."""
    return [
        {
            "as_of": one.as_of, "currency": moved.currency, "present": moved.present, "given": moved.given,
            "count": moved.count, "amount": exact(moved.amount, moved.currency),
        }
        for moved in one.moved
    ]  # fmt: skip
