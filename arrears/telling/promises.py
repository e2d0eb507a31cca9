"""Promises in one answer: how many were kept, by number and by amount, and each of them."""

from collections.abc import Collection
from typing import Any

from arrears.telling.asking import Question, noted
from arrears.telling.rows import exact, promise_row
from projections.promise_sums import By, PromiseSummary, promise_summaries
from projections.promises import Status, promise_list

RATES = ("kept_rate_by_number", "kept_rate_by_amount")


def promises_answer(
    asked: Question, by: By | None = None, statuses: Collection[Status | str] = ()
) -> dict[str, Any]:
    """How promises turned out, in all or by something; listed are those of some statuses (or all)."""
    promises = promise_list(asked.book.database, asked.as_of, asked.as_known)
    listed = [promise_row(one) for one in promises if not statuses or one.status in statuses]
    summaries = promise_summaries(asked.book.database, asked.as_of, asked.as_known, by)
    answer = {**asked.clocks, "by": by, "rows": [_summary_row(one) for one in summaries], "promises": listed}
    return noted(answer, asked.note(one.rests_on_backfill for one in promises))


def _summary_row(summary: PromiseSummary) -> dict[str, Any]:
    rates = {name: getattr(summary, name) for name in RATES}
    return {
        "key": summary.key, "currency": summary.currency, "count": sum(summary.counts.values()),
        **{str(status): count for status, count in summary.counts.items()},
        "promised": exact(summary.promised, summary.currency),
        "received_in_time": exact(summary.received, summary.currency),
        "received_late": exact(summary.received_late, summary.currency),
        **{name: None if rate is None else str(rate) for name, rate in rates.items()},
    }  # fmt: skip
