"""Disputes and holds: the ladder stops, and the days of the stop do not count."""

import pytest

from engine.domain.errors import HoldOver
from engine.domain.facts.contacts import ReminderIssued
from engine.domain.facts.stops import HoldReleased
from tests.stories import Story, day, table


def test_a_dispute_stops_the_ladder_and_its_days_do_not_count(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-01-30")
    story.dispute("INV-1")
    story.until("2026-02-19")
    story.resolve()
    story.until("2026-03-02")
    # Disputed for 20 days: the notice of day 30 comes on day 50, and the invoice is 50 days past due by then.
    assert story.decisions(since="2026-01-30T00:00") == table("""
        2026-02-09  StepWithheld    notice  INV-1 disputed
        2026-03-01  ReminderIssued  notice  INV-1
    """)
    [_, (notice, _)] = story.decided("ReminderIssued")
    assert isinstance(notice, ReminderIssued)
    assert notice.lines[0].days_past_due == 50


def test_a_dispute_between_two_steps_moves_the_next_by_its_days(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-12")
    story.dispute("INV-1")
    story.until("2026-02-22")
    story.resolve()
    story.until("2026-02-27")
    assert story.decisions(since="2026-02-12T00:00") == table("""
        2026-02-16  StepWithheld   first-call  INV-1 disputed
        2026-02-26  CallScheduled  first-call  INV-1
    """)


def test_a_dispute_starts_no_new_cycle_and_stops_no_other_invoice(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.invoice("INV-2", due="2026-01-10")
    story.until("2026-02-10")
    story.dispute("INV-1")
    story.until("2026-02-16")
    story.resolve()
    story.until("2026-02-24")
    assert story.decisions(since="2026-02-10T00:00") == table("""
        2026-02-16  StepWithheld   first-call  INV-1 disputed
        2026-02-16  CallScheduled  first-call  INV-2
        2026-02-22  CallScheduled  first-call  INV-1
    """)


def test_a_dispute_takes_the_scheduled_call_back_and_it_is_scheduled_again(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-16")
    story.at("2026-02-17T10:00")
    story.dispute("INV-1")
    story.until("2026-02-27")
    story.resolve()
    story.until("2026-03-10")
    assert story.decisions(since="2026-02-16T00:00") == table("""
        2026-02-16  CallScheduled      first-call  INV-1
        2026-02-17  ReminderCancelled  first-call  disputed
        2026-02-18  StepWithheld       first-call  INV-1 disputed
        2026-02-27  CallScheduled      first-call  INV-1
    """)


def test_a_hold_stops_the_ladder_until_its_end(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-01-30")
    story.hold(until="2026-02-19")
    story.until("2026-03-02")
    assert story.decisions(since="2026-01-30T00:00") == table("""
        2026-02-09  StepWithheld    notice  INV-1 held
        2026-03-01  ReminderIssued  notice  INV-1
    """)


def test_a_hold_released_early_counts_until_its_release(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-01-30")
    story.hold(until="2026-06-30")
    story.until("2026-02-19")
    story.release()
    story.until("2026-03-02")
    assert story.contacts(since="2026-01-30T00:00") == table("2026-03-01 ReminderIssued notice INV-1")


def test_a_hold_released_after_its_end_counts_until_its_end(story: Story) -> None:
    """It is refused by now; books have such facts, and they load."""
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-01-20")
    story.hold(until="2026-01-25")
    story.until("2026-02-10")
    with pytest.raises(HoldOver):
        story.release()
    story.recorded(HoldReleased(hold="hold", released_on=day("2026-02-10")))
    story.until("2026-02-20")
    assert story.contacts(since="2026-01-20T00:00") == table("2026-02-14 ReminderIssued notice INV-1")


def test_a_hold_that_overlaps_a_dispute_is_not_counted_twice(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-01-30")
    story.dispute("INV-1")
    story.until("2026-02-09")
    story.hold(until="2026-02-19")
    story.until("2026-02-14")
    story.resolve()
    story.until("2026-03-02")
    # 15 days of dispute and 10 of hold, 5 of them the same: 20 days.
    assert story.contacts(since="2026-01-30T00:00") == table("2026-03-01 ReminderIssued notice INV-1")


def test_only_the_days_of_a_hold_that_are_past_the_due_date_move_the_ladder(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.hold(until="2026-01-15")
    story.until("2026-02-14")
    # The hold covers four days past due, 11 to 14 January. The friendly reminder came to nothing.
    assert story.decisions() == table("""
        2026-01-07  StepWithheld    friendly-reminder  INV-1 held
        2026-01-11  StepLapsed      friendly-reminder  INV-1 due date
        2026-02-13  ReminderIssued  notice             INV-1
    """)


def test_a_hold_that_begins_takes_the_scheduled_call_back(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-16")
    story.hold(start="2026-02-20", until="2026-02-25")
    story.until("2026-02-28")
    assert story.decisions(since="2026-02-16T00:00") == table("""
        2026-02-16  CallScheduled      first-call  INV-1
        2026-02-20  ReminderCancelled  first-call  held
        2026-02-21  StepWithheld       first-call  INV-1 held
        2026-02-25  CallScheduled      first-call  INV-1
    """)
