"""The worklist as the policies rank it, and why each account stands where it does."""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache

from arrears.telling.rows import step_title
from policies.book import PolicyBook
from policies.worklist import Scored, Waiting, WorklistRules, points, scores
from projections.waiting import Entry
from projections.worklist import Due


def ranking(policies: PolicyBook, at: datetime) -> Callable[[Entry], int]:
    """How many points the policy of its account gives an entry at that moment."""
    rules = _rules(policies, at)
    return lambda entry: points(rules(entry.policy, entry.segment), waiting(entry, at.date()))


def why(policies: PolicyBook, due: Due, at: datetime) -> list[Scored]:
    """What the row has its points for, most first."""
    entry = due.entry
    return scores(_rules(policies, at)(entry.policy, entry.segment), waiting(entry, at.date()))


def reasons(policies: PolicyBook, due: Due) -> list[str]:
    """What the account waits for, each in a few words."""
    about = f" ({due.oldest_item} is {due.days_past_due} days past due)" if due.oldest_item else ""
    said = []
    if due.calls:
        said.append(step_title(policies.versions.get(due.policy or "", []), due.step) + about)
    if due.entry.follow_up:
        said.append(f"to be looked at again on {due.entry.follow_up.due_on}")
    if due.entry.broken_on:
        said.append(f"a promise was not kept ({due.entry.broken_on})")
    return said


def waiting(entry: Entry, on: date) -> Waiting:
    """The entry as far as it is ranked on that day."""
    return Waiting(
        open=entry.open,
        days_past_due=(on - entry.concerned[0]).days if entry.concerned else None,
        broken_days=(on - entry.broken_on).days if entry.broken_on else None,
        follow_up_days=(on - entry.follow_up.due_on).days if entry.follow_up else None,
        waiting_days=max((on - entry.since).days, 0),
        segment=entry.segment,
    )


def _rules(policies: PolicyBook, at: datetime) -> Callable[[str | None, str | None], WorklistRules]:
    """The rules for accounts that were given that policy and are in that segment."""

    @cache
    def found(assigned: str | None, segment: str | None) -> WorklistRules:
        policy = policies.policy_of(assigned, segment, at)
        return policy.worklist if policy else WorklistRules()

    return found
