"""Whenever the engine is woken it decides the same; late, it leaves out and adds nothing."""

from collections import defaultdict
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from arrears.wiring import shipped_policies
from engine.domain.facts.contacts import CallScheduled, ReminderIssued
from policies.document import parse
from tests.histories import OPENED, History, histories
from tests.rehearsals import DAY, HOUR, Rehearsal


def lived(history: History, days: int, every: timedelta) -> Rehearsal:
    """The history, woken at that interval, and so many days more."""
    rehearsal = Rehearsal()
    rehearsal.live(history, every)
    rehearsal.sleep_until(rehearsal.woken_at + timedelta(days), every)
    return rehearsal


LADDERS = [[step.id for step in parse(text).steps] for text in shipped_policies().values()]


@settings(max_examples=12)
@given(histories(), st.integers(0, 40))
def test_daily_and_hourly_wake_ups_decide_the_same(history: History, days: int) -> None:
    assert lived(history, days, DAY).told() == lived(history, days, HOUR).told()


def contacts(rehearsal: Rehearsal, account: str) -> list[ReminderIssued | CallScheduled]:
    facts = rehearsal.facts(account)
    return [fact for fact in facts if isinstance(fact, ReminderIssued | CallScheduled)]


def steps(rehearsal: Rehearsal, account: str) -> dict[tuple[str, int], list[str]]:
    """The contact steps of each item and cycle, in the order in which they were taken."""
    taken: dict[tuple[str, int], list[str]] = defaultdict(list)
    for fact in contacts(rehearsal, account):
        for line in fact.lines:
            taken[line.item, line.cycle].append(line.step)
    return taken


@settings(max_examples=12)
@given(histories(), st.integers(0, 60), st.integers(2, 45))
def test_late_wake_ups_add_no_contact_and_reorder_none(history: History, days: int, late: int) -> None:
    """What falls due in between is gathered: never more contacts, one a wake-up, each item going up only."""
    daily, rare = lived(history, days, DAY), lived(history, days, timedelta(late))
    for account in OPENED:
        for climbed in steps(rare, account).values():
            taken = list(dict.fromkeys(climbed))  # a call that was taken back is scheduled again
            assert taken in [[step for step in ladder if step in taken] for ladder in LADDERS]
        acted = [fact.because.acted_at for fact in contacts(rare, account) if fact.because]
        assert len(acted) == len(set(acted)) <= len(contacts(daily, account))
