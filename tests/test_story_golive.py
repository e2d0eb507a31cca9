"""A book whose history was brought in: left alone until somebody says from when, and how, it is escalated."""

import pytest

from tests.stories import Story, on_sqlite, shipped, table


def backfilled(story: Story) -> None:
    """On 1 January 2026 the old system's INV-1 comes in: issued on 1 November, due on 1 December."""
    with story.known_on("2025-11-01"):
        story.invoice("INV-1", due="2025-12-01")


def test_a_backfilled_account_is_left_alone_until_it_goes_live(story: Story) -> None:
    backfilled(story)
    story.until("2026-03-31")
    assert story.decisions() == []
    assert story.book.not_live() == 1


def test_fresh_old_invoices_climb_as_though_they_fell_due_on_the_day(story: Story) -> None:
    backfilled(story)
    story.until("2026-01-15")
    story.go_live("fresh", on="2026-01-20")
    story.until("2026-02-28")
    assert story.decisions() == table("""
        2026-02-19  ReminderIssued  notice      INV-1
        2026-02-26  CallScheduled   first-call  INV-1
    """)


@on_sqlite
@pytest.mark.parametrize(
    ("step", "first"),
    [
        ("notice", "2026-01-20 ReminderIssued notice INV-1"),
        ("first-call", "2026-01-20 CallScheduled first-call INV-1"),
        ("second-call", "2026-01-20 CallScheduled second-call INV-1"),
        ("agency", "2026-01-20 PlacementProposed agency INV-1"),
    ],
)
def test_from_step_old_invoices_enter_at_that_step(story: Story, step: str, first: str) -> None:
    backfilled(story)
    story.until("2026-01-15")
    story.go_live("from-step", step, on="2026-01-20")
    story.until("2026-01-22")
    assert story.decisions() == [first]


def test_from_step_the_ladder_goes_on_above_the_step(story: Story) -> None:
    backfilled(story)
    story.go_live("from-step", "first-call", on="2026-01-20")
    story.until("2026-01-21")
    story.call("no_answer")
    story.until("2026-01-30")
    assert story.decisions() == table("""
        2026-01-20  CallScheduled  first-call   INV-1
        2026-01-26  CallScheduled  second-call  INV-1
    """)


def test_as_imported_old_invoices_stand_where_their_contacts_left_them(story: Story) -> None:
    backfilled(story)
    with story.known_on("2025-12-31"):
        story.remind("notice", "INV-1")
    story.until("2026-01-15")
    story.go_live("as-imported", on="2026-01-20")
    story.until("2026-01-22")
    assert story.decisions() == table("""
        2026-01-20  StepLapsed     friendly-reminder  INV-1 due date
        2026-01-20  CallScheduled  first-call         INV-1
    """)


def test_as_imported_what_was_never_contacted_starts_at_the_bottom(story: Story) -> None:
    story.publish(shipped("gentle-to-firm"))
    with story.known_on("2025-11-01"):
        story.invoice("INV-1", due="2025-12-16")
        story.follow("gentle-to-firm")
    story.go_live("as-imported", on="2026-01-20")
    story.until("2026-03-31")
    # On day 35 the gentle reminder goes first, and each other keeps its distance from it.
    assert story.contacts() == table("""
        2026-01-20  ReminderIssued  gentle-reminder  INV-1
        2026-02-03  ReminderIssued  firm-reminder    INV-1
        2026-02-27  ReminderIssued  urgent-reminder  INV-1
        2026-03-14  ReminderIssued  final-demand     INV-1
    """)


def test_an_invoice_raised_after_going_live_climbs_from_the_start(story: Story) -> None:
    backfilled(story)
    story.go_live("fresh", on="2026-01-05")
    story.until("2026-01-10")
    story.invoice("INV-2", due="2026-01-20")
    story.until("2026-01-31")
    assert story.decisions() == table("2026-01-17 ReminderIssued friendly-reminder INV-2")


def test_nothing_is_sent_before_the_day_of_going_live(story: Story) -> None:
    backfilled(story)
    story.go_live("fresh", on="2026-01-20")
    story.invoice("INV-2", due="2026-01-12")
    story.invoice("INV-3", due="2026-01-22")
    story.until("2026-01-20")
    assert story.decisions() == table("""
        2026-01-20  StepLapsed      friendly-reminder  INV-2 due date
        2026-01-20  ReminderIssued  friendly-reminder  INV-3
    """)


def test_a_payment_of_the_backfill_is_no_response_to_what_was_sent_since(story: Story) -> None:
    backfilled(story)
    with story.known_on("2025-12-20"):
        story.pay("40.00")
    story.go_live("from-step", "notice", on="2026-01-05")
    story.until("2026-01-15")
    assert story.decisions() == table("""
        2026-01-05  ReminderIssued  notice      INV-1
        2026-01-12  CallScheduled   first-call  INV-1
    """)
