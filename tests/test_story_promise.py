"""Promises and repayment plans: what they stop, and how they are judged."""

import pytest

from tests.stories import Story, day, moment, on_sqlite, shipped, table


def begun(story: Story) -> None:
    """INV-1 over 100.00 had its notice on 9 February; it is now noon of the 10th."""
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-10")


def test_a_pending_promise_withholds_the_step_once_and_the_ladder_resumes_at_the_next(story: Story) -> None:
    begun(story)
    story.promise("100.00", by="2026-02-20")
    story.until("2026-02-28")
    assert story.decisions(since="2026-02-10T00:00") == table("""
        2026-02-16  StepWithheld   first-call  INV-1 promise_pending
        2026-02-25  PromiseBroken  promise     0
        2026-02-25  CallScheduled  first-call  INV-1
    """)


def test_a_promise_kept_in_full_ends_the_matter(story: Story) -> None:
    begun(story)
    story.promise("100.00", by="2026-02-20")
    story.until("2026-02-20")
    story.pay("100.00")
    story.until("2026-03-31")
    assert story.decisions(since="2026-02-17T00:00") == table("2026-02-25 PromiseKept promise 100.00")


def test_a_promise_partly_kept_lets_the_ladder_resume(story: Story) -> None:
    begun(story)
    story.promise("100.00", by="2026-02-20")
    story.until("2026-02-15")
    story.pay("40.00")
    story.until("2026-02-28")
    assert story.decisions(since="2026-02-17T00:00") == table("""
        2026-02-25  PromisePartlyKept  promise     40.00
        2026-02-25  CallScheduled      first-call  INV-1
    """)


def test_a_promise_for_one_invoice_suspends_only_that_one(story: Story) -> None:
    story.invoice("INV-2", due="2026-01-10")
    begun(story)
    story.promise("100.00", "INV-1", by="2026-02-20")
    story.until("2026-02-16")
    assert story.decisions(since="2026-02-10T00:00") == table("""
        2026-02-16  StepWithheld   first-call  INV-1 promise_pending
        2026-02-16  CallScheduled  first-call  INV-2
    """)


def test_a_promise_taken_back_lets_the_ladder_resume(story: Story) -> None:
    begun(story)
    story.promise("100.00", by="2026-03-20")
    story.until("2026-02-20")
    story.withdraw()
    story.until("2026-04-30")
    assert story.decisions(since="2026-02-17T00:00") == table("2026-02-20 CallScheduled first-call INV-1")


def test_a_promise_whose_invoice_is_credited_is_moot(story: Story) -> None:
    begun(story)
    story.promise("100.00", by="2026-02-20")
    story.until("2026-02-12")
    story.credit("100.00", "INV-1")
    story.until("2026-02-28")
    assert story.decisions(since="2026-02-12T00:00") == table("""
        2026-02-25 PromiseWithdrawn promise moot: credited, written off or disputed
    """)


def test_a_promise_whose_invoice_is_disputed_is_moot(story: Story) -> None:
    begun(story)
    story.promise("100.00", by="2026-02-20")
    story.until("2026-02-12")
    story.dispute("INV-1")
    story.until("2026-02-28")
    assert story.decisions(since="2026-02-12T00:00") == table("""
        2026-02-16  StepWithheld      first-call  INV-1 disputed
        2026-02-25  PromiseWithdrawn  promise     moot: credited, written off or disputed
    """)


def test_money_received_in_time_and_recorded_late_is_judged_again(story: Story) -> None:
    begun(story)
    story.promise("100.00", by="2026-02-20")
    story.until("2026-02-27")
    story.pay("100.00", on="2026-02-23")
    story.until("2026-02-28")
    assert story.decisions(since="2026-02-17T00:00") == table("""
        2026-02-25  PromiseBroken      promise     0
        2026-02-25  CallScheduled      first-call  INV-1
        2026-02-27  PromiseKept        promise     100.00
        2026-02-27  ReminderCancelled  first-call  paid
    """)
    assert story.account.broken_promises == 0


# --- grace ------------------------------------------------------------------------------------------------

DEADLINES = [
    # country, promised for, the last day in time (one business day of grace), judged at (one more, posting)
    (None, "2026-02-19", "2026-02-20", "2026-02-24T00:00"),  # Thursday: grace Friday, posting Monday
    (None, "2026-02-20", "2026-02-23", "2026-02-25T00:00"),  # a weekend lies between
    (None, "2026-02-21", "2026-02-23", "2026-02-25T00:00"),  # promised for a Saturday
    (None, "2026-04-02", "2026-04-03", "2026-04-07T00:00"),  # nobody knows where: Good Friday counts
    ("DE", "2026-04-02", "2026-04-07", "2026-04-09T00:00"),  # Good Friday and Easter Monday do not
    ("US", "2026-04-02", "2026-04-03", "2026-04-07T00:00"),  # Good Friday is no holiday there
]


@on_sqlite
@pytest.mark.parametrize(("country", "promised", "deadline", "judged"), DEADLINES)
def test_grace_and_posting_are_counted_in_business_days_of_the_debtor(
    story: Story, country: str | None, promised: str, deadline: str, judged: str
) -> None:
    story.open(country=country)
    begun(story)
    story.promise("100.00", by=promised)
    terms = story.account.promises["promise"].terms
    assert (terms.deadline, terms.judge_at) == (day(deadline), moment(judged))


@on_sqlite
@pytest.mark.parametrize(
    ("received", "verdict"),
    [
        ("2026-02-09", "PromiseBroken"),  # before it was made
        ("2026-02-10", "PromiseKept"),  # on the day it was made
        ("2026-04-02", "PromiseKept"),
        ("2026-04-06", "PromiseKept"),  # Easter Monday
        ("2026-04-07", "PromiseKept"),  # the deadline
        ("2026-04-08", "PromiseBroken"),
    ],
)
def test_a_promise_is_judged_by_money_received_from_its_making_to_its_deadline(
    story: Story, received: str, verdict: str
) -> None:
    story.open(country="DE")
    story.invoice("INV-1", "200.00", due="2026-01-10")
    story.at("2026-02-10")
    story.promise("100.00", by="2026-04-02")
    story.at(max(received, "2026-02-11"))
    story.pay("100.00", on=received)
    # A month late, it is judged as at its own moment.
    story.tick("2026-05-08")
    [(judgement, why)] = [(fact, why) for fact, why in story.decided() if why.step == "promise"]
    assert (judgement.TOPIC, why.due_at) == (verdict, moment("2026-04-09T00:00"))


# --- tolerance --------------------------------------------------------------------------------------------

AMOUNT = ("posting_lag_business_days = 1", "posting_lag_business_days = 1\ntolerance = 1.50")
PERCENT = ("posting_lag_business_days = 1", "posting_lag_business_days = 1\ntolerance_percent = 5")
BOTH = (AMOUNT[0], f"{AMOUNT[1]}\ntolerance_percent = 1")


@on_sqlite
@pytest.mark.parametrize(
    ("tolerance", "paid", "verdict"),
    [
        (None, "99.99", "PromisePartlyKept"),
        (None, "100.00", "PromiseKept"),
        (None, "100.01", "PromiseKept"),
        (AMOUNT, "98.49", "PromisePartlyKept"),
        (AMOUNT, "98.50", "PromiseKept"),
        (AMOUNT, "98.51", "PromiseKept"),
        (PERCENT, "94.99", "PromisePartlyKept"),
        (PERCENT, "95.00", "PromiseKept"),
        (PERCENT, "95.01", "PromiseKept"),
        (BOTH, "98.49", "PromisePartlyKept"),  # the larger counts
        (BOTH, "98.50", "PromiseKept"),
        (None, "0.01", "PromisePartlyKept"),
        (None, None, "PromiseBroken"),
    ],
)
def test_tolerance_one_cent_below_at_and_above(
    story: Story, tolerance: tuple[str, str] | None, paid: str | None, verdict: str
) -> None:
    story.publish(shipped("notice-calls-agency", *([tolerance] if tolerance else [])))
    story.invoice("INV-1", "500.00", due="2026-01-10")
    story.at("2026-02-10")
    story.promise("100.00", by="2026-02-20")
    if paid:
        story.pay(paid)
    story.tick("2026-02-25")
    assert [line.split()[1] for line in story.decisions() if "promise" in line] == [verdict]


# --- instalments ------------------------------------------------------------------------------------------


@on_sqlite
@pytest.mark.parametrize(
    ("paid", "judged"),
    [
        (
            [("2026-02-20", "50.00")],
            ["2026-02-25 PromiseKept plan/1 50.00", "2026-03-25 PromiseBroken plan/2 0"],
        ),
        (  # one payment serves both
            [("2026-02-20", "100.00")],
            ["2026-02-25 PromiseKept plan/1 50.00", "2026-03-25 PromiseKept plan/2 50.00"],
        ),
        (  # each cent counts for one instalment only
            [("2026-02-20", "60.00")],
            ["2026-02-25 PromiseKept plan/1 50.00", "2026-03-25 PromisePartlyKept plan/2 10.00"],
        ),
        (
            [("2026-02-20", "60.00"), ("2026-03-20", "40.00")],
            ["2026-02-25 PromiseKept plan/1 50.00", "2026-03-25 PromiseKept plan/2 50.00"],
        ),
    ],
)
def test_two_instalments(story: Story, paid: list[tuple[str, str]], judged: list[str]) -> None:
    begun(story)
    story.plan(("50.00", "2026-02-20"), ("50.00", "2026-03-20"))
    for on, amount in paid:
        story.until(on)
        story.pay(amount)
    story.until("2026-03-26")
    assert [line for line in story.decisions() if "Promise" in line] == judged


def test_an_instalment_missed_ends_the_plan_and_later_money_keeps_nothing(story: Story) -> None:
    begun(story)
    story.plan(("50.00", "2026-02-20"), ("50.00", "2026-03-20"))
    story.until("2026-03-01")
    story.pay("50.00")
    story.until("2026-03-31")
    assert [line for line in story.decisions() if "Promise" in line] == table("""
        2026-02-25  PromiseBroken     plan/1  0
        2026-02-25  PromiseWithdrawn  plan    instalment plan/1 was missed
    """)


def test_the_first_instalment_kept_the_second_broken_and_the_ladder_resumes(story: Story) -> None:
    begun(story)
    story.plan(("50.00", "2026-02-20"), ("50.00", "2026-03-20"))
    story.until("2026-02-20")
    story.pay("50.00")
    story.until("2026-03-31")
    assert story.decisions(since="2026-02-10T00:00") == table("""
        2026-02-16  StepWithheld   first-call  INV-1 promise_pending
        2026-02-25  PromiseKept    plan/1      50.00
        2026-03-25  PromiseBroken  plan/2      0
        2026-03-25  CallScheduled  first-call  INV-1
    """)


@pytest.mark.parametrize(("agreed_under", "later"), [("true", "false"), ("false", "true")])
def test_whether_a_missed_instalment_ends_the_plan_was_settled_when_it_was_agreed(
    story: Story, agreed_under: str, later: str
) -> None:
    rule = "missed_instalment_ends_plan = {}\n"
    document = shipped("notice-calls-agency", ("[promise]\n", f"[promise]\n{rule.format(agreed_under)}"))
    story.publish(document)
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-01-20")
    story.plan(("50", "2026-01-23"), ("50", "2026-03-20"))
    story.until("2026-01-21")
    story.publish(document.replace(rule.format(agreed_under), rule.format(later)))
    story.until("2026-01-30")
    assert story.account.promises["plan/1"].status == "broken"
    assert story.account.promises["plan/2"].status == ("withdrawn" if agreed_under == "true" else "pending")
