"""Whenever the engine is woken it decides the same; late, it leaves steps out by name, and adds none."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.facts.base import Stored
from engine.domain.facts.contacts import CallOutcome, CallScheduled, ReminderIssued, StepLapsed
from engine.domain.facts.promises import Judgement, PromiseWithdrawn
from policies.book import PolicyBook
from tests.histories import OFTEN, OPENED, History, histories
from tests.rehearsals import DAY, HOUR, SHIPPED, Rehearsal, done, ladders, not_done, policies

Cycle = tuple[str, str, int]
"""An item of an account in one of its cycles."""

UNDER_ONE_POLICY = tuple(what for what in OFTEN if what != "change_policy")


@settings(max_examples=40)
@given(histories(), st.integers(0, 60))
def test_waking_exactly_when_something_is_due_decides_what_daily_wake_ups_decide(
    history: History, days: int
) -> None:
    check_exact(history, days, SHIPPED)


@settings(max_examples=25)
@given(ladders(), histories(often=UNDER_ONE_POLICY, accounts="A"), st.integers(0, 60))
def test_so_it_does_under_any_ladder(ladder: str, history: History, days: int) -> None:
    check_exact(history, days, policies(ladder, default="drawn"))


def check_exact(history: History, days: int, policies: PolicyBook) -> None:
    until = history[-1].at + timedelta(days)
    daily, exact = lived(history, days, DAY, policies), Rehearsal(policies)
    exact.play(history, until)
    check_same(exact, daily)


@settings(max_examples=12)
@given(histories(size=12), st.integers(0, 30))
def test_hourly_wake_ups_decide_what_daily_ones_decide(history: History, days: int) -> None:
    check_same(lived(history, days, HOUR), lived(history, days, DAY))


def lived(history: History, days: int, every: timedelta, policies: PolicyBook = SHIPPED) -> Rehearsal:
    """A book that lived through the history and so many days after it, woken at that interval."""
    rehearsal = Rehearsal(policies)
    rehearsal.live(history, every)
    rehearsal.sleep_until(history[-1].at + timedelta(days), every)
    return rehearsal


def check_same(one: Rehearsal, other: Rehearsal) -> None:
    for account in OPENED:
        assert done(one.facts(account)) == done(other.facts(account))
        assert not_done(one.facts(account)) == not_done(other.facts(account))


# --- late -------------------------------------------------------------------------------------------------

OUTCOMES = st.sampled_from([CallOutcome.NO_ANSWER, CallOutcome.REACHED, CallOutcome.WRONG_NUMBER])


@settings(max_examples=40)
@given(histories(), st.integers(2, 21), OUTCOMES)
def test_late_wake_ups_add_and_reorder_no_contact(history: History, every: int, calls: CallOutcome) -> None:
    check_late(history, every, calls, SHIPPED)


@settings(max_examples=25)
@given(ladders(), histories(often=UNDER_ONE_POLICY, accounts="A"), st.integers(2, 21), OUTCOMES)
def test_nor_do_they_under_any_ladder(ladder: str, history: History, every: int, calls: CallOutcome) -> None:
    check_late(history, every, calls, policies(ladder, default="drawn"))


def check_late(history: History, every: int, calls: CallOutcome, policies: PolicyBook) -> None:
    """After a history: woken every so many days, each item sees some of the steps of daily wake-ups, in their
    order, what is missing has lapsed by name, and promises are judged as they would have been."""
    daily, late = silence(history, 1, calls, policies), silence(history, every, calls, policies)
    assert judged(late) == judged(daily)
    assert max(contacts_by_wake_up(late).values(), default=0) <= 1
    in_time, overtaken = steps(daily), lapsed(late)
    for cycle, taken in steps(late).items():
        assert is_part_in_order(taken, in_time[cycle])
    for cycle, due in in_time.items():
        assert set(due) <= set(steps(late)[cycle]) | overtaken[cycle]


def silence(history: History, every: int, calls: CallOutcome, policies: PolicyBook) -> list[Stored]:
    """What is decided in the 200 days after a history in which nothing comes from outside, but that each
    call is made, with that outcome.

    Of accounts with unapplied money nothing is said: what it covers depends on what is with the agency by
    then, so there the demand itself goes other ways.
    """
    rehearsal = Rehearsal(policies)
    rehearsal.live(history, DAY)
    rehearsal.make_calls(calls)
    before = len(rehearsal.work.staged)
    rehearsal.sleep_until(history[-1].at + timedelta(200), timedelta(every), calls)
    covered = {one.id for one in rehearsal.work.accounts.values() if any(one.unapplied.values())}
    return [stored for stored in islice(rehearsal.work.staged, before, None) if stored.stream not in covered]


def steps(log: Iterable[Stored]) -> dict[Cycle, list[str]]:
    """The contact steps that each item saw, in order."""
    seen: dict[Cycle, list[str]] = defaultdict(list)
    for stored in log:
        if isinstance(stored.fact, ReminderIssued | CallScheduled):
            for line in stored.fact.lines:
                seen[stored.stream, line.item, line.cycle].append(line.step)
    return seen


def lapsed(log: Iterable[Stored]) -> dict[Cycle, set[str]]:
    named: dict[Cycle, set[str]] = defaultdict(set)
    for stored in log:
        if isinstance(stored.fact, StepLapsed):
            for item in stored.fact.items:
                named[stored.stream, item, stored.fact.cycle].add(stored.fact.step)
    return named


def judged(log: Iterable[Stored]) -> list[tuple[Any, ...]]:
    """How promises were judged, and as at when."""
    found: list[tuple[Any, ...]] = []
    for stream, fact in ((stored.stream, stored.fact) for stored in log):
        if isinstance(fact, Judgement):
            found.append((stream, fact.TOPIC, fact.promise, fact.judged_at, fact.counted))
        elif isinstance(fact, PromiseWithdrawn):
            found.append((stream, fact.TOPIC, fact.promise, fact.withdrawn_on))
    return sorted(found, key=repr)


def contacts_by_wake_up(log: Iterable[Stored]) -> Counter[tuple[str, str]]:
    return Counter(
        (stored.stream, stored.fact.because.wake_up)
        for stored in log
        if isinstance(stored.fact, ReminderIssued | CallScheduled) and stored.fact.because
    )


@pytest.mark.parametrize(
    ("taken", "due", "expected"),
    [("", "ab", True), ("ac", "abc", True), ("ca", "abc", False), ("a", "", False)],
)
def test_part_in_order(taken: str, due: str, expected: bool) -> None:
    assert is_part_in_order(list(taken), list(due)) is expected


def is_part_in_order(taken: list[str], due: list[str]) -> bool:
    """Whether all that was taken was due, in this order."""
    left = iter(due)
    return all(step in left for step in taken)
