"""What a payment, its return, and money that waits do to the ladder."""

from decimal import Decimal

import pytest

from engine.domain.facts.contacts import CallScheduled, ReminderIssued
from tests.stories import Story, on_sqlite, shipped, table


def demanded(story: Story, step: str) -> str:
    """What the contact of that step asked for."""
    contacts = [fact for fact, _ in story.decided() if isinstance(fact, ReminderIssued | CallScheduled)]
    return str(next(fact.demand[0].amount for fact in contacts if fact.step == step))


@on_sqlite
@pytest.mark.parametrize(
    ("paid_at", "sent"),
    [("2026-02-09T08:59:59", []), ("2026-02-09T09:00:01", ["2026-02-09 ReminderIssued notice INV-1"])],
)
def test_a_payment_that_came_a_second_earlier_wins(story: Story, paid_at: str, sent: list[str]) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-08")
    for moment in sorted([paid_at, "2026-02-09T09:00:00"]):
        if moment == paid_at:
            story.at(moment)
            story.pay("100.00")
        else:
            story.tick(moment)
    story.until("2026-02-28")
    assert story.decisions(since="2026-02-08T00:00") == sent


def test_a_payment_between_decision_and_call_takes_the_call_back(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-16")
    story.at("2026-02-16T15:00")
    story.pay("100.00")
    story.until("2026-03-31")
    assert story.decisions(since="2026-02-16T00:00") == table("""
        2026-02-16  CallScheduled      first-call  INV-1
        2026-02-17  ReminderCancelled  first-call  paid
    """)
    assert not story.account.calls_due


def test_a_call_that_was_taken_back_is_no_contact_that_others_wait_for(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.invoice("INV-2", due="2026-01-18")
    story.until("2026-02-16")
    story.pay("100.00", "INV-1")
    story.until("2026-02-20")
    assert story.decisions(since="2026-02-16T00:00") == table("""
        2026-02-16  CallScheduled      first-call  INV-1
        2026-02-16  ReminderCancelled  first-call  paid
        2026-02-17  ReminderIssued     notice      INV-2
    """)


def test_a_payment_of_a_part_is_a_response_and_lowers_the_demand(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-05")
    story.pay("30.00")
    story.until("2026-02-12")
    story.pay("20.00")
    story.until("2026-02-28")
    assert story.decisions(since="2026-02-05T00:00") == table("""
        2026-02-09  ReminderIssued  notice      INV-1
        2026-02-16  StepWithheld    first-call  INV-1 response
        2026-02-19  CallScheduled   first-call  INV-1
    """)
    assert (demanded(story, "notice"), demanded(story, "first-call")) == ("70.00", "50.00")


def test_a_bounced_payment_reopens_the_invoice_and_breaks_the_kept_promise(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-10")
    story.promise("100.00", by="2026-02-12")
    story.until("2026-02-12")
    story.pay("100.00", payment="P-1")
    story.until("2026-02-24")
    story.bounce("P-1")
    story.until("2026-03-05")
    assert story.decisions(since="2026-02-10T00:00") == table("""
        2026-02-17  PromiseKept     promise     100.00
        2026-02-24  PromiseBroken   promise     0
        2026-02-24  ReminderIssued  notice      INV-1
        2026-03-03  CallScheduled   first-call  INV-1
    """)
    assert story.account.broken_promises == 1
    assert story.account.open_items["INV-1"].open == Decimal(100)


def test_a_bounced_invoice_starts_a_new_cycle_and_the_days_it_was_paid_do_not_count(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-01-25")
    story.pay("100.00", payment="P-1")
    story.until("2026-02-20")
    story.bounce("P-1")
    story.until("2026-03-31")
    # Fifteen days had passed when it was paid; fifteen more pass before the notice.
    assert story.decisions() == table("""
        2026-01-07  ReminderIssued  friendly-reminder  INV-1
        2026-03-07  ReminderIssued  notice             INV-1
        2026-03-14  CallScheduled   first-call         INV-1
    """)
    assert story.account.open_items["INV-1"].cycle == 2


def test_a_write_off_that_is_reversed_starts_a_new_cycle_at_the_notice(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-16")
    story.call("refused")
    story.write_off("INV-1")
    story.until("2026-03-10")
    story.reverse_write_off("INV-1")
    story.until("2026-03-20")
    assert story.decisions(since="2026-02-17T00:00") == table("""
        2026-03-10  ReminderIssued  notice      INV-1
        2026-03-17  CallScheduled   first-call  INV-1
    """)


def test_a_policy_may_let_a_reopened_invoice_enter_at_a_call(story: Story) -> None:
    story.publish(shipped("notice-calls-agency", ('on_reopen = "notice"', 'on_reopen = "first-call"')))
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-12")
    story.pay("100.00", payment="P-1")
    story.until("2026-02-20")
    story.bounce("P-1")
    story.until("2026-02-22")
    story.call("no_answer")
    story.until("2026-03-01")
    assert story.decisions(since="2026-02-12T00:00") == table("""
        2026-02-20  CallScheduled  first-call   INV-1
        2026-02-27  CallScheduled  second-call  INV-1
    """)


def test_a_part_that_bounces_starts_no_new_cycle(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-10")
    story.pay("40.00", payment="P-1")
    story.until("2026-02-12")
    story.bounce("P-1")
    story.until("2026-02-28")
    assert story.contacts(since="2026-02-10T00:00") == table("2026-02-17 CallScheduled first-call INV-1")
    assert demanded(story, "first-call") == "100.00"


def test_unapplied_money_covers_the_debt_and_the_fact_says_so(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-01-15")
    story.pay("100.00", "INV-9")
    story.until("2026-03-31")
    assert story.decisions(since="2026-01-15T00:00") == table("""
        2026-02-09  StepWithheld  notice  INV-1 nothing_to_demand
    """)
    [(_, why)] = story.decided("StepWithheld")
    assert (why.figures["demand EUR"], why.figures["unapplied EUR"]) == ("0.00", "100.00")


def test_unapplied_money_that_covers_a_part_lowers_the_demand(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-01-15")
    story.pay("99.99", "INV-9")
    story.until("2026-02-10")
    assert demanded(story, "notice") == "0.01"


def test_what_was_covered_is_demanded_on_the_day_another_invoice_is_overdue(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.invoice("INV-2", "300.00", due="2026-02-20")
    story.until("2026-01-15")
    story.pay("100.00", "INV-9")
    story.until("2026-03-01")
    assert story.decisions(since="2026-01-15T00:00") == table("""
        2026-02-09  StepWithheld    notice             INV-1 nothing_to_demand
        2026-02-17  ReminderIssued  friendly-reminder  INV-2
        2026-02-21  ReminderIssued  notice             INV-1
        2026-02-28  CallScheduled   first-call         INV-1
    """)
    assert demanded(story, "notice") == "300.00"
