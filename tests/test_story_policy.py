"""Policies that change while invoices climb, and wake-ups that come late."""

from tests.stories import Story, shipped, table

FIRST_CALL = '[[steps]]\nid = "first-call"'
NOTICE = '[[steps]]\nid = "notice"'


def letter(step: str, days_past_due: int) -> str:
    """One more step of a policy."""
    action = f'remind = {{ channel = "letter", template = "{step}" }}'
    return f'[[steps]]\nid = "{step}"\ndays_past_due = {days_past_due}\n{action}\n\n'


# --- a policy published in mid-flight ---------------------------------------------------------------------


def test_a_policy_published_in_mid_flight_repeats_no_step_and_loses_none(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-13")
    story.publish(shipped(
        "notice-calls-agency",
        (NOTICE, letter("nudge", 14) + NOTICE),
        (FIRST_CALL, letter("second-notice", 33) + FIRST_CALL),
        ("days = 7\nif = { no_response_since = \"notice\" }", "days = 10"),
    ))  # fmt: skip
    story.until("2026-02-20")
    # The nudge of day 14 was overtaken by the notice; the second notice of day 33 falls due with version 2.
    assert story.decisions(since="2026-02-09T00:00") == table("""
        2026-02-09  ReminderIssued  notice         INV-1
        2026-02-14  StepLapsed      nudge          INV-1 notice
        2026-02-14  ReminderIssued  second-notice  INV-1
        2026-02-19  CallScheduled   first-call     INV-1
    """)
    assert [why.policy_version for _, why in story.decided()] == [1, 1, 2, 2, 2]


def test_a_version_published_ahead_holds_from_its_moment(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-01-20")
    sooner = ("days_past_due = 30", "days_past_due = 24")
    story.publish(shipped("notice-calls-agency", sooner), start="2026-02-05T00:00")
    story.until("2026-02-20")
    # Day 24 was 3 February, under version 1, which says day 30; version 2 makes it due when it takes effect.
    assert story.contacts(since="2026-01-20T00:00") == table("""
        2026-02-05  ReminderIssued  notice      INV-1
        2026-02-12  CallScheduled   first-call  INV-1
    """)


def test_a_version_that_waits_longer_takes_nothing_back(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.invoice("INV-2", due="2026-01-20")
    story.until("2026-02-10")
    story.publish(shipped("notice-calls-agency", ("days_past_due = 30", "days_past_due = 40")))
    story.until("2026-03-05")
    assert story.contacts(since="2026-02-01T00:00") == table("""
        2026-02-09  ReminderIssued  notice      INV-1
        2026-02-16  CallScheduled   first-call  INV-1
        2026-03-01  ReminderIssued  notice      INV-2
    """)


def test_an_account_put_under_another_policy_climbs_its_steps_one_by_one(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-12")
    story.follow("gentle-to-firm")
    story.until("2026-04-30")
    # Days 7 and 21 have passed: the gentle reminder goes at once, and each other keeps its distance from it.
    assert story.decisions(since="2026-02-10T00:00") == table("""
        2026-02-13  StepLapsed        coming-due       INV-1 due date
        2026-02-13  ReminderIssued    gentle-reminder  INV-1
        2026-02-27  ReminderIssued    firm-reminder    INV-1
        2026-03-23  ReminderIssued    urgent-reminder  INV-1
        2026-04-07  ReminderIssued    final-demand     INV-1
        2026-04-17  EscalationRaised  manager          INV-1 manager
    """)


def test_another_default_policy_concerns_accounts_without_their_own(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-01-15")
    story.make_default("gentle-to-firm")
    story.until("2026-02-01")
    assert story.contacts(since="2026-01-15T00:00") == table("""
        2026-01-17  ReminderIssued  gentle-reminder  INV-1
        2026-01-31  ReminderIssued  firm-reminder    INV-1
    """)


# --- late wake-ups ----------------------------------------------------------------------------------------


def test_a_wake_up_a_week_late_makes_one_contact_and_names_what_lapsed(story: Story) -> None:
    story.follow("gentle-to-firm")
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-01-16")
    story.tick("2026-02-07")
    assert story.decisions(since="2026-01-16T00:00") == table("""
        2026-02-07  StepLapsed      gentle-reminder  INV-1 firm-reminder
        2026-02-07  ReminderIssued  firm-reminder    INV-1
    """)
    [*_, (_, why)] = story.decided()
    assert f"{why.due_at:%Y-%m-%d %H:%M}" == "2026-01-31 09:00"


def test_a_late_contact_moves_what_counts_from_it(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-08")
    story.tick("2026-02-16")
    story.until("2026-02-28")
    assert story.contacts(since="2026-02-08T00:00") == table("""
        2026-02-16  ReminderIssued  notice      INV-1
        2026-02-23  CallScheduled   first-call  INV-1
    """)


def test_a_late_wake_up_makes_one_contact_for_all_invoices(story: Story) -> None:
    for number, due in (("INV-1", "2026-01-08"), ("INV-2", "2026-01-12"), ("INV-3", "2026-01-20")):
        story.invoice(number, due=due)
    story.until("2026-02-06")
    story.tick("2026-02-13")
    assert story.decisions(since="2026-02-06T00:00") == table("""
        2026-02-13 ReminderIssued notice INV-1 INV-2
    """)


def test_a_promise_is_judged_before_the_ladder_goes_on_however_late(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-10")
    story.promise("100.00", by="2026-02-20")
    story.tick("2026-03-10")
    assert story.decisions(since="2026-02-10T00:00") == table("""
        2026-03-10  PromiseBroken  promise     0
        2026-03-10  CallScheduled  first-call  INV-1
    """)
    assert [f"{why.due_at:%Y-%m-%d %H:%M}" for _, why in story.decided()][-2:] == [
        "2026-02-25 00:00",
        "2026-02-25 09:00",
    ]


def test_a_second_wake_up_at_the_same_moment_does_nothing(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-09")
    before = story.decisions()
    tally = story.tick("2026-02-09")
    assert (tally.by_kind, story.decisions()) == ({}, before)


def test_a_note_changes_nothing(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-12")
    story.note()
    story.until("2026-02-20")
    assert story.contacts(since="2026-02-10T00:00") == table("2026-02-16 CallScheduled first-call INV-1")
