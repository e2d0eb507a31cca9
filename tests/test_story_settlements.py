"""Settlements: less is paid by a day, and the rest is given up where it is, and only there."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from arrears.commands import approvals, invoices, promises
from arrears.commands.base import Request
from arrears.commands.carrying import carry_out
from engine.domain.errors import NothingGivenUp, SettlementPending
from policies.promise_limits import TooManyPending
from projections.promises import promise_list
from tests.replays import controlled, supposed
from tests.stories import CONTACTS, Story, day, moment, on_sqlite, shipped, table

KEPT = ("PromiseKept", "PromisePartlyKept", "PromiseBroken", "PromiseWithdrawn")
MOVED = (*KEPT, "InvoiceWrittenOff", "WriteOffReversed")


def settle(
    story: Story, amount: str, *names: str, by: str = "2026-02-20", who: str = "", role: str = "", **more: Any
) -> list[Any]:
    given: dict[str, Any] = {"amount": amount, "currency": "EUR", "promised_on": day(by), "invoices": names}
    return record(story, promises.Settle, who, role, settlement=more.pop("name", "S"), **given, **more)


def record(story: Story, command: type[Request], who: str = "", role: str = "", **given: Any) -> list[Any]:
    book = story.book.speaking_for(who, role) if who else story.book
    return list(carry_out(book, command.model_validate({"account": "A", **given})).facts)


@pytest.fixture
def owing(story: Story) -> Story:
    """INV-1 over 100.00 had its notice on 9 February; it is now noon of the 10th."""
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-10")
    return story


def open_of(story: Story, item: str = "INV-1") -> Decimal:
    found = story.account.item(item)
    assert found is not None
    return found.open


def test_a_settlement_that_is_kept_writes_the_rest_off_and_names_itself(owing: Story) -> None:
    settle(owing, "60.00")
    owing.until("2026-02-18")
    owing.pay("60.00")
    owing.until("2026-02-24")
    assert open_of(owing) == Decimal("40.00"), "nothing is given up before it is judged"
    owing.until("2026-03-31")
    assert owing.decisions(since="2026-02-10T00:00") == table("""
        2026-02-16  StepWithheld       first-call  INV-1 promise_pending
        2026-02-25  PromiseKept        S           60.00
        2026-02-25  InvoiceWrittenOff  promise
    """)
    [(fact, _)] = owing.decided("InvoiceWrittenOff")
    written_off: Any = fact
    assert (written_off.amount, written_off.settlement) == (Decimal("40.00"), "S")
    assert written_off.written_off_on == day("2026-02-25")
    assert owing.account.is_settled


def test_a_contact_about_another_invoice_does_not_ask_for_what_is_being_settled(owing: Story) -> None:
    owing.invoice("INV-2", "30.00", due="2026-01-15")
    settle(owing, "60.00", "INV-1")
    owing.until("2026-03-31")  # nobody pays: the settlement is broken, and the whole of it stands again
    asked: list[Any] = [fact for fact, _ in owing.decided(*CONTACTS, since="2026-02-10T12:00")]
    sums = [(tuple(line.item for line in one.lines), one.demand[0].amount) for one in asked]
    assert sums[0] == (("INV-2",), Decimal("30.00"))
    assert sums[-1][1] == Decimal("130.00")


@pytest.mark.parametrize(
    ("paid", "kept"), [("59.99", "PromisePartlyKept"), ("60.00", "PromiseKept"), ("60.01", "PromiseKept")]
)
@on_sqlite
def test_every_cent_of_it_is_to_be_paid(owing: Story, paid: str, kept: str) -> None:
    settle(owing, "60.00")
    owing.pay(paid)
    owing.until("2026-02-25")
    assert owing.decisions(*KEPT)[0].split()[1] == kept
    assert open_of(owing) == (0 if kept == "PromiseKept" else Decimal("40.01"))


@pytest.mark.parametrize(("on", "kept"), [("2026-02-22", True), ("2026-02-23", True), ("2026-02-24", False)])
@on_sqlite
def test_the_day_before_on_and_after_its_last_day(owing: Story, on: str, kept: bool) -> None:
    settle(owing, "60.00")  # by Friday the 20th; one business day of grace ends on Monday the 23rd
    owing.at(on)
    owing.pay("60.00")
    owing.until("2026-02-28")
    assert bool(owing.decided("InvoiceWrittenOff")) is kept


def test_broken_the_whole_claim_stands_and_the_ladder_resumes(owing: Story) -> None:
    settle(owing, "60.00")
    owing.until("2026-02-28")
    assert owing.decisions(since="2026-02-17T00:00") == table("""
        2026-02-25  PromiseBroken  S           0
        2026-02-25  CallScheduled  first-call  INV-1
    """)
    assert open_of(owing) == Decimal("100.00")


def test_a_payment_that_bounces_claims_again_what_was_written_off(owing: Story) -> None:
    settle(owing, "60.00")
    owing.pay("60.00", payment="P")
    owing.until("2026-02-26")
    owing.bounce("P")
    owing.until("2026-03-06")
    assert owing.decisions(*MOVED) == table("""
        2026-02-25  PromiseKept        S        60.00
        2026-02-25  InvoiceWrittenOff  promise
        2026-02-26  PromiseBroken      S        0
        2026-02-26  WriteOffReversed   promise
    """)
    assert open_of(owing) == Decimal("100.00")
    assert owing.account.item("INV-1").written_off == 0  # type: ignore[union-attr]
    assert owing.contacts(since="2026-02-26T00:00"), "it is demanded again"


def test_money_received_in_time_and_recorded_late_keeps_it_after_all(owing: Story) -> None:
    settle(owing, "60.00")
    owing.until("2026-02-27")
    owing.pay("60.00", on="2026-02-23")
    owing.until("2026-02-28")
    assert owing.decisions(*MOVED) == table("""
        2026-02-25  PromiseBroken      S        0
        2026-02-27  PromiseKept        S        60.00
        2026-02-27  InvoiceWrittenOff  promise
    """)


def test_it_is_for_the_invoices_named_and_the_charges_that_follow_them(owing: Story) -> None:
    owing.invoice("INV-2", due="2026-01-11")
    given = {"amount": "10.00", "currency": "EUR"}
    record(owing, invoices.ChargeItem, charge="FEE-1", invoice="INV-1", **given)
    record(owing, invoices.ChargeItem, charge="FEE-2", invoice="INV-2", **given)
    [agreed] = settle(owing, "60.00", "INV-1")
    assert (agreed.items, agreed.claim) == (("INV-1", "FEE-1"), Decimal("110.00"))
    owing.pay("60.00", "INV-1")
    owing.until("2026-02-25")
    assert [open_of(owing, item) for item in ("INV-1", "FEE-1", "INV-2", "FEE-2")] == [0, 0, 100, 10]


def test_money_that_went_to_another_invoice_does_not_keep_it(owing: Story) -> None:
    """Undesignated money pays the oldest first: were it counted, more would be given up than was agreed."""
    owing.invoice("INV-2", due="2026-01-11")
    settle(owing, "60.00", "INV-2")
    owing.pay("60.00")
    owing.until("2026-02-28")
    assert owing.decisions(*MOVED) == ["2026-02-25 PromiseBroken S 0"]
    assert (open_of(owing), open_of(owing, "INV-2")) == (Decimal("40.00"), Decimal("100.00"))


def test_no_more_is_given_up_than_was_agreed(owing: Story) -> None:
    """A payment from before the settlement bounces: that part of the claim was never a part of it."""
    owing.invoice("INV-2", "200.00", due="2026-01-11")
    owing.pay("50.00", "INV-2", payment="OLD")
    settle(owing, "100.00", "INV-2")
    owing.pay("100.00", "INV-2")
    owing.at("2026-02-12")
    owing.bounce("OLD")
    owing.until("2026-02-25")
    assert owing.decisions("PromiseKept") == ["2026-02-25 PromiseKept S 100.00"]
    assert open_of(owing, "INV-2") == Decimal("50.00")


def test_a_dispute_makes_no_less_of_it_enough(owing: Story) -> None:
    settle(owing, "60.00")
    owing.dispute(INV_1="70.00")
    owing.pay("30.00")
    owing.until("2026-02-28")
    assert owing.decisions(*MOVED) == ["2026-02-25 PromisePartlyKept S 30.00"]


def test_withdrawn_or_wholly_credited_nothing_is_given_up(owing: Story) -> None:
    settle(owing, "60.00")
    owing.credit("100.00", "INV-1")
    owing.until("2026-02-28")
    assert owing.decisions(*MOVED) == [
        "2026-02-25 PromiseWithdrawn S moot: credited, written off or disputed"
    ]


def test_what_is_no_settlement_is_refused(owing: Story) -> None:
    with pytest.raises(NothingGivenUp):
        settle(owing, "100.00")
    settle(owing, "60.00")
    assert settle(owing, "60.00") == []
    with pytest.raises(SettlementPending):
        settle(owing, "50.00", name="S-2")
    assert [fact.TOPIC for fact in settle(owing, "50.00", name="S-2", replaces="S")] == [
        "PromiseWithdrawn", "SettlementAgreed",
    ]  # fmt: skip


def test_the_limits_on_promises_hold_for_it_too(owing: Story) -> None:
    owing.publish(shipped(
        "notice-calls-agency", ("\n[contact]", "\n[promise.limits]\nmax_pending = 1\n\n[contact]")
    ))  # fmt: skip
    owing.invoice("INV-2", due="2026-01-11")
    owing.promise("100.00", "INV-1", by="2026-02-20")
    with pytest.raises(TooManyPending):
        settle(owing, "60.00", "INV-2")


@on_sqlite
@pytest.mark.parametrize("hours", [True, False], ids=["every day", "late"])
@pytest.mark.parametrize(("paid", "days_charged"), [(True, 1), (False, 2)], ids=["kept", "broken"])
def test_interest_rests_meanwhile_and_is_charged_where_it_is_not_kept(
    story: Story, paid: bool, days_charged: int, hours: bool
) -> None:
    story.publish(shipped("notice-calls-agency", ("\n[contact]", "\n[interest]\nrate = 12\n\n[contact]")))
    story.invoice("INV-1", "1000.00", due="2026-01-10")
    story.until("2026-02-10")
    settle(story, "600.00", by="2026-03-10")
    if paid:
        story.pay("600.00")
    if hours:
        story.until("2026-03-10")
    story.tick("2026-03-16")
    charges = [f"{why.due_at:%Y-%m-%d}" for _, why in story.decided("InterestCharged")]
    assert charges == ["2026-02-01", "2026-03-01"][:days_charged]
    assert story.account.is_settled is paid


# --- who may agree to it ----------------------------------------------------------------------------------

LIMITS = """
[approvals.collector]
settlement = { EUR = "30.00" }
settlement_percent = 25

[approvals.manager]
settlement = "any"
settlement_percent = 50
"""
POLICY = shipped("notice-calls-agency", ("\n[contact]", f"{LIMITS}\n[contact]"))


@on_sqlite
@pytest.mark.parametrize(
    ("role", "claim", "amount", "recorded"),
    [
        ("collector", "100.00", "75.01", "SettlementAgreed"),
        ("collector", "100.00", "75.00", "SettlementAgreed"),
        ("collector", "100.00", "74.99", "ApprovalRequested"),  # more than 25 %
        ("collector", "1000.00", "970.01", "SettlementAgreed"),
        ("collector", "1000.00", "970.00", "SettlementAgreed"),
        ("collector", "1000.00", "969.99", "ApprovalRequested"),  # more than 30.00
        ("manager", "1000.00", "500.00", "SettlementAgreed"),
        ("manager", "1000.00", "499.99", "ApprovalRequested"),
    ],
)
def test_what_it_gives_up_is_limited_by_amount_and_by_share(
    owing: Story, role: str, claim: str, amount: str, recorded: str
) -> None:
    owing.publish(POLICY)
    owing.invoice("INV-2", claim, due="2026-01-12")
    facts = settle(owing, amount, "INV-2", who="kim", role=role)
    assert [fact.TOPIC for fact in facts] == [recorded]
    assert bool(owing.account.pending) == (recorded == "SettlementAgreed")


def test_what_was_paid_meanwhile_counts_once_it_is_approved(owing: Story) -> None:
    owing.publish(POLICY)
    settle(owing, "60.00", who="kim", role="collector")
    owing.until("2026-02-12")
    owing.pay("60.00")
    owing.until("2026-02-13")
    _, agreed = record(owing, approvals.Grant, "mira", "manager")
    assert (agreed.claim, agreed.agreed_on) == (Decimal("100.00"), day("2026-02-10"))
    assert (agreed.authority.asked_by, agreed.authority.approved_by) == ("kim", "mira")
    owing.until("2026-02-25")
    assert owing.account.is_settled


def test_reports_show_what_it_gives_up(owing: Story) -> None:
    settle(owing, "60.00")
    [row] = promise_list(owing.book.database, owing.today)
    assert (row.promise, row.status, row.amount, row.gives_up) == (
        "S", "pending", Decimal("60.00"), Decimal("40.00"),
    )  # fmt: skip


# --- looked at again --------------------------------------------------------------------------------------


def turbulent(story: Story) -> None:
    """A settlement that a second person approved was kept, and broken when its payment bounced; a request
    lapsed."""
    story.publish(POLICY)
    settle(story, "60.00", who="kim", role="collector")
    story.until("2026-02-12")
    record(story, approvals.Grant, "mira", "manager")
    story.pay("60.00", payment="P")
    story.until("2026-03-02")
    story.bounce("P")
    story.until("2026-03-10")
    record(story, invoices.WriteOff, "kim", "collector", invoice="INV-1")
    story.pay("1.00")
    story.until("2026-03-12")


def test_the_control_of_a_replay_comes_to_the_same(owing: Story) -> None:
    turbulent(owing)
    assert {"PromiseKept", "PromiseBroken", "WriteOffReversed", "ApprovalWithdrawn"} <= {
        fact.TOPIC for fact, _ in owing.decided()
    }
    assert controlled(owing.book).differences.count == 0


def test_a_replay_under_another_grace_keeps_it_otherwise(owing: Story) -> None:
    """The payment of the 24th came a day too late; with two days of grace it would have been in time."""
    settle(owing, "60.00")
    owing.until("2026-02-24")
    owing.pay("60.00")
    owing.until("2026-03-06")
    longer = shipped("notice-calls-agency", ("grace_business_days = 1", "grace_business_days = 2"))
    _, replayed = supposed(owing, longer)
    then, now = (
        [fact.TOPIC for fact in facts if fact.TOPIC in MOVED] for facts in (replayed.then, replayed.now)
    )
    assert (then, now) == (["PromiseBroken"], ["PromiseKept", "InvoiceWrittenOff"])


@on_sqlite
@pytest.mark.parametrize("days", [1, 3, 11], ids=lambda days: f"woken every {days} days")
def test_it_is_judged_alike_however_often_the_engine_wakes(owing: Story, days: int) -> None:
    settle(owing, "60.00")
    owing.at("2026-02-12")
    owing.pay("60.00")
    while owing.today < day("2026-03-08"):
        owing.tick(f"{owing.today + timedelta(days)}")
    due_at = moment("2026-02-25T00:00")
    assert [(fact.TOPIC, why.due_at) for fact, why in owing.decided(*MOVED)] == [
        ("PromiseKept", due_at), ("InvoiceWrittenOff", due_at),
    ]  # fmt: skip
    [(written_off, _)] = owing.decided("InvoiceWrittenOff")
    assert written_off.happened_on == day("2026-02-25")
