"""Payers told apart by their own history: entering, staying, leaving, and what each segment is asked for."""

from datetime import date
from decimal import Decimal

import pytest

from engine.domain.account import Account
from engine.domain.decisions.accounts import open_account
from engine.domain.decisions.items import raise_invoice, write_off
from engine.domain.decisions.payments import issue_credit_note, receive_payment
from engine.domain.evolve import evolve
from engine.domain.facts.accounts import WHY_SEGMENT
from engine.domain.facts.base import Fact
from policies.segmenting import Limits, Segment, Segmenting
from policies.segments import fitting, history, unmet
from tests.stories import Story, day, table

SEGMENTS = """
[segmenting]
min_days = 10

[[segmenting.segments]]
name = "slow"
enter = { average_days_late_at_least = 15 }
stay = { average_days_late_at_least = 5 }
policy = "thirty-sixty-ninety"

[[segmenting.segments]]
name = "reliable"
enter = { invoices_at_least = 1, percent_paid_late_at_most = 0 }
"""
TOLD_APART = SEGMENTS.join(
    [
        'name = "notice-calls-agency"\n\n[contact]\nmin_gap_days = 3\nunknown_zone = "book"\n',
        """
[[steps]]
id = "hello"
days_before_due = 3
if = { segment = ["slow"] }
remind = { channel = "email", template = "friendly-reminder" }

[[steps]]
id = "notice"
days_past_due = 20
remind = { channel = "letter", template = "collection-notice" }
""",
    ]
)


# --- the figures ------------------------------------------------------------------------------------------


def told(*facts: list[Fact]) -> Account:
    """An account opened on 1 January 2026 that lived through these."""
    account = Account("account-1")
    for fact in [fact for group in ([*open_account(account, number="A", opened_on=day("2026-01-01"))], *facts)
                 for fact in group]:  # fmt: skip
        evolve(account, fact)
    return account


def owe(account: Account, number: str, due: str, amount: str = "100.00", currency: str = "EUR") -> None:
    for fact in raise_invoice(
        account, invoice=number, amount=Decimal(amount), currency=currency, issued_on=day("2026-01-01"),
        due_on=day(due),
    ):  # fmt: skip
        evolve(account, fact)


def pay(account: Account, number: str, on: str, amount: str = "100.00") -> None:
    for fact in receive_payment(
        account, payment=f"P-{number}-{on}", amount=Decimal(amount), currency="EUR", received_on=day(on),
        designated=[number],
    ):  # fmt: skip
        evolve(account, fact)


def test_the_history_counts_what_was_paid_in_the_window_and_what_is_overdue() -> None:
    account = told()
    owe(account, "early", due="2026-02-10")
    pay(account, "early", on="2026-02-01")
    owe(account, "late", due="2026-02-10")
    pay(account, "late", on="2026-02-20")
    owe(account, "overdue", due="2026-02-18", currency="USD", amount="250.00")
    owe(account, "not yet due", due="2026-03-31")
    owe(account, "given up", due="2026-02-23")
    for fact in write_off(account, invoice="given up", written_off_on=day("2026-02-24")):
        evolve(account, fact)
    owe(account, "credited", due="2026-02-01")
    for fact in issue_credit_note(
        account, credit="C", amount=Decimal(100), currency="EUR", issued_on=day("2026-02-25"),
        designated=["credited"],
    ):  # fmt: skip
        evolve(account, fact)
    figures = history(account, day("2026-02-28"), window_days=365)
    assert figures.invoices == 4
    assert figures.average_days_late == Decimal("6.3")  # 0, 10, 10 so far, 5 so far
    assert figures.percent_paid_late == Decimal("75.0")
    assert (figures.account_age_days, figures.exposure) == (58, Decimal("250.00"))


@pytest.mark.parametrize(
    ("on", "counted"), [("2026-02-19", 0), ("2026-02-20", 1), ("2026-02-27", 1), ("2026-02-28", 0)]
)
def test_what_was_paid_counts_while_it_lies_in_the_window(on: str, counted: int) -> None:
    account = told()
    owe(account, "I", due="2026-02-20")
    pay(account, "I", on="2026-02-20")
    assert history(account, day(on), window_days=7).invoices == counted


@pytest.mark.parametrize(
    ("limits", "met"),
    [
        (Limits(average_days_late_at_least=Decimal("10.1")), False),
        (Limits(average_days_late_at_least=Decimal(10)), True),
        (Limits(average_days_late_at_most=Decimal(10)), True),
        (Limits(average_days_late_at_most=Decimal("9.9")), False),
        (Limits(invoices_at_least=2), False),
        (Limits(invoices_at_least=1), True),
        (Limits(account_age_days_at_least=61), False),
        (Limits(account_age_days_at_least=60), True),
        (Limits(account_age_days_at_most=59), False),
        (Limits(exposure_at_least=Decimal("0.01")), False),
        (Limits(percent_paid_late_at_least=Decimal(100), broken_promises_at_most=0), True),
        (Limits(percent_paid_late_at_least=Decimal(100), broken_promises_at_least=1), False),
        (Limits(), True),
    ],
)
def test_each_limit_below_at_and_above(limits: Limits, met: bool) -> None:
    account = told()
    owe(account, "I", due="2026-02-10")
    pay(account, "I", on="2026-02-20")
    assert (unmet(limits, history(account, day("2026-03-02"), 365)) == []) is met


def test_the_present_segment_is_left_only_when_its_limits_of_staying_are_not_met() -> None:
    slow = Segment(
        name="slow", enter=Limits(average_days_late_at_least=Decimal(15)),
        stay=Limits(average_days_late_at_least=Decimal(5)),
    )  # fmt: skip
    rules = Segmenting(segments=(slow, Segment(name="usual")))
    account = told()
    owe(account, "I", due="2026-02-10")
    seen = []
    current: str | None = None
    for on in (24, 25):  # 14, then 15 days late
        current, _ = fitting(rules, current, history(account, date(2026, 2, on), 365))
        seen.append(current)
    pay(account, "I", on="2026-02-25")
    for number, late in (("II", 0), ("III", 0), ("IV", 0)):
        owe(account, number, due="2026-02-26")
        pay(account, number, on=f"2026-02-{26 + late}")
        current, _ = fitting(rules, current, history(account, date(2026, 2, 26), 365))
        seen.append(current)
    # 15 days on average, then 7.5, 5.0, 3.8
    assert seen == ["usual", "slow", "slow", "slow", "usual"]


# --- the ladder -------------------------------------------------------------------------------------------


def test_a_payer_who_was_slow_follows_the_policy_of_its_segment(story: Story) -> None:
    story.publish(TOLD_APART)
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-01-31")
    story.pay("100.00", "INV-1")
    story.invoice("INV-2", due="2026-02-20")
    story.until("2026-04-25")
    assert story.decisions() == table("""
        2026-01-30  DebtorDetailsChanged  segment
        2026-03-22  ReminderIssued        letter  INV-2
        2026-04-21  CallScheduled         call    INV-2
    """)
    _, why = story.decided("DebtorDetailsChanged")[0]
    assert why.figures[WHY_SEGMENT] == "average days late 20.0, at least 15"
    assert story.account.segment == "slow"


def test_a_segment_that_a_person_gave_holds_until_it_is_handed_back(story: Story) -> None:
    story.publish(TOLD_APART)
    story.learn(segment="key-account")
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-05")
    assert (story.account.segment, story.account.segment_why) == ("key-account", "given by hand")
    [(_, why), *_] = story.decided("ReminderIssued", "CallScheduled")
    assert why.figures[WHY_SEGMENT] == "given by hand"
    story.learn(segment="")
    story.invoice("INV-2", due="2026-02-10")
    story.until("2026-03-05")
    assert (story.account.segment, story.account.segment_pinned) == ("slow", False)
    assert story.account.segment_why == "average days late 28.0, at least 15"
