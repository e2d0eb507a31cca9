"""What waits for approval in one answer: who asked for what, since when, and who may approve it."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from arrears.telling.asking import Question, noted
from arrears.telling.rows import exact
from policies.approval_rules import ApprovalRules, exceeded
from policies.approvals import approvers
from policies.book import PolicyBook
from projections.approvals import WaitingRow, waiting_list
from projections.paged import Page

Row = dict[str, Any]


def approvals_answer(asked: Question, by: str | None = None, role: str | None = None) -> Row:
    """All that waits; with a role only what somebody of that role (and, named, that very person) may
    approve."""
    rows = waiting_list(asked.book.database, asked.as_of, asked.as_known)
    rules = rules_at(asked.policies, asked.end)
    shown = [row for row in rows if role is None or may_approve(rules(row), row, by, role)]
    answer = {**asked.clocks, "rows": list(approval_rows(asked, shown))}
    return noted(answer, asked.note(row.rests_on_backfill for row in rows))


def approvals_page(asked: Question, after: tuple[int] | None, size: int) -> list[tuple[tuple[int], Row]]:
    """At most so many of what waits, behind a key, each with its own."""
    found = waiting_list(asked.book.database, asked.as_of, asked.as_known, Page(after, size))
    return [(row.key, told) for row, told in zip(found, approval_rows(asked, found), strict=True)]


def approval_rows(asked: Question, rows: Iterable[WaitingRow]) -> Iterable[Row]:
    """Each request, and the roles that may approve it."""
    rules = rules_at(asked.policies, asked.end)
    for row in rows:
        yield {
            "account": row.number, "name": row.name, "request": row.request, "matter": row.matter,
            "amount": exact(row.amount, row.currency), "currency": row.currency,
            "share_percent": None if row.share_percent is None else str(row.share_percent),
            "days": row.days, "items": list(row.items), "asked_by": row.asked_by, "role": row.role,
            "may_alone": row.may, "asked_on": row.asked_on, "waiting_days": row.waiting_days,
            "lapses_on": row.lapses_on, "may_be_approved_by": approvers(rules(row), row),
        }  # fmt: skip


def rules_at(policies: PolicyBook, at: datetime) -> Callable[[WaitingRow], ApprovalRules]:
    """The limits that the policy of a row's account has at that moment."""

    def rules(row: WaitingRow) -> ApprovalRules:
        policy = policies.policy_of(row.policy, row.segment, at)
        return policy.approvals if policy else ApprovalRules()

    return rules


def may_approve(rules: ApprovalRules, row: WaitingRow, by: str | None, role: str) -> bool:
    """Whether somebody of that role, who did not ask for it, may approve the request."""
    limit = exceeded(rules, role, row.matter, row.amount, row.currency, row.share_percent, row.days)
    return limit is None and row.asked_by != by
