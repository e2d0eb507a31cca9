"""What promises and plans lead to: limits, renegotiation, what a broken one triggers, several at once."""

import pytest

from engine.domain.errors import AlreadyReplaced, PromiseNotPending, RuleBroken
from policies.promise_limits import (
    FirstPaymentTooSmall,
    PlanTooLong,
    TooFarOut,
    TooManyBroken,
    TooManyInstalments,
    TooManyMade,
    TooManyPending,
)
from tests.stories import Story, on_sqlite, shipped, table


def begun(story: Story, *rules: str) -> None:
    """INV-1 over 100.00 had its notice on 9 February; it is now noon of the 10th."""
    if rules:
        lines = "\n".join(rules)
        story.publish(shipped("notice-calls-agency", ("[contact]", f"{lines}\n\n[contact]")))
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-10")


# --- limits -----------------------------------------------------------------------------------------------


@on_sqlite
@pytest.mark.parametrize(
    ("limit", "given", "refused"),
    [
        ("max_pending = 2", [("a", "2026-02-20"), ("b", "2026-02-20")], None),
        ("max_pending = 2", [("a", "2026-02-20"), ("b", "2026-02-20"), ("c", "2026-02-20")], TooManyPending),
        ("max_made = 1\nwithin_days = 30", [("a", "2026-02-20"), ("b", "2026-02-20")], TooManyMade),
        ("max_days_out = 10", [("a", "2026-02-20")], None),
        ("max_days_out = 10", [("a", "2026-02-21")], TooFarOut),
    ],
)
def test_a_promise_beyond_a_limit_is_refused_by_its_name(
    story: Story, limit: str, given: list[tuple[str, str]], refused: type[RuleBroken] | None
) -> None:
    begun(story, "[promise.limits]", limit)
    *first, (name, by) = given
    for earlier, on in first:
        story.promise("10.00", by=on, name=earlier)
    if refused is None:
        story.promise("10.00", by=by, name=name)
        return
    with pytest.raises(refused, match=limit.split()[0]):
        story.promise("10.00", by=by, name=name)
    assert list(story.account.promises) == [earlier for earlier, _ in first]


@on_sqlite
@pytest.mark.parametrize(
    ("limit", "refused"),
    [
        ("max_instalments = 3", None),
        ("max_instalments = 2", TooManyInstalments),
        ("max_plan_days = 69", None),
        ("max_plan_days = 68", PlanTooLong),
        ("first_payment_percent = 20", None),
        ("first_payment_percent = 20.01", FirstPaymentTooSmall),
        ("max_days_out = 9", TooFarOut),
    ],
)
def test_a_plan_beyond_a_limit_is_refused_by_its_name(
    story: Story, limit: str, refused: type[RuleBroken] | None
) -> None:
    begun(story, "[promise.limits]", limit)
    parts = [("20.00", "2026-02-20"), ("40.00", "2026-03-20"), ("40.00", "2026-04-20")]
    if refused is None:
        story.plan(*parts)
        return
    with pytest.raises(refused, match=limit.split()[0]):
        story.plan(*parts)
    assert not story.account.plans


def test_after_so_many_broken_ones_no_promise_is_taken(story: Story) -> None:
    begun(story, "[promise.limits]", "max_broken = 1")
    story.promise("100.00", by="2026-02-12")
    story.until("2026-02-20")
    with pytest.raises(TooManyBroken):
        story.promise("100.00", by="2026-02-25", name="again")


# --- renegotiation ----------------------------------------------------------------------------------------


def test_a_promise_is_replaced_and_its_money_counts_once(story: Story) -> None:
    begun(story)
    story.promise("100.00", by="2026-02-20")
    story.at("2026-02-12")
    story.pay("30.00")
    story.at("2026-02-13")
    story.promise("70.00", by="2026-03-02", name="later", replaces="promise")
    story.at("2026-02-14")
    story.pay("70.00")
    story.until("2026-03-10")
    assert [line for line in story.decisions() if "Promise" in line] == ["2026-03-05 PromiseKept later 70.00"]
    promises = story.account.promises
    assert (promises["promise"].status, promises["promise"].replaced_by) == ("withdrawn", "later")
    with pytest.raises(AlreadyReplaced, match="replaced by 'later'"):
        story.promise("1.00", by="2026-03-20", name="third", replaces="promise")
    with pytest.raises(PromiseNotPending):
        story.promise("1.00", by="2026-03-20", name="third", replaces="later")


def test_a_plan_replaces_a_plan_from_what_is_left(story: Story) -> None:
    begun(story)
    story.plan(("50.00", "2026-02-20"), ("50.00", "2026-03-20"))
    story.until("2026-02-20")
    story.pay("50.00")
    story.until("2026-03-01")
    story.plan(("25.00", "2026-03-31"), ("25.00", "2026-04-30"), name="longer", replaces="plan")
    story.until("2026-05-10")
    assert {name: one.status for name, one in story.account.promises.items()} == {
        "plan/1": "kept", "plan/2": "withdrawn", "longer/1": "broken", "longer/2": "withdrawn",
    }  # fmt: skip


# --- which promise money serves ---------------------------------------------------------------------------


def test_several_promises_on_different_invoices_are_served_by_designation_else_the_oldest(
    story: Story,
) -> None:
    story.invoice("INV-2", due="2026-01-11")
    story.invoice("INV-3", due="2026-01-12")
    begun(story)
    for number, by in ((1, "2026-02-20"), (2, "2026-02-23"), (3, "2026-02-24")):
        story.promise("100.00", f"INV-{number}", by=by, name=f"promise-{number}")
    story.pay("100.00", "INV-2")
    story.pay("150.00")
    story.until("2026-03-05")
    assert [line for line in story.decisions() if "Promise" in line] == table("""
        2026-02-25  PromiseKept        promise-1  100.00
        2026-02-26  PromiseKept        promise-2  100.00
        2026-02-27  PromisePartlyKept  promise-3  50.00
    """)


def test_a_reversal_passes_money_on_from_promise_to_promise(story: Story) -> None:
    story.invoice("INV-2", due="2026-01-11")
    begun(story)
    story.promise("100.00", "INV-1", by="2026-02-18", name="old")
    story.promise("100.00", "INV-2", by="2026-02-19", name="young")
    story.pay("100.00", payment="P-1")
    story.pay("100.00", payment="P-2")
    story.until("2026-02-26")
    story.bounce("P-1")
    story.until("2026-02-28")
    # What had served the younger promise serves the older one now.
    assert [line for line in story.decisions(since="2026-02-26T00:00") if "Promise" in line] == table("""
        2026-02-26  PromiseKept    old    100.00
        2026-02-26  PromiseBroken  young  0
    """)


# --- what a broken one triggers ---------------------------------------------------------------------------


def test_a_broken_promise_leads_to_its_step_and_changes_the_segment(story: Story) -> None:
    begun(story, "[promise.broken]", 'step = "agency"', 'segment = "promise-breaker"')
    story.promise("100.00", by="2026-02-20")
    story.until("2026-02-26")
    assert story.decisions(since="2026-02-17T00:00") == table("""
        2026-02-25  PromiseBroken        promise     0
        2026-02-25  DebtorDetailsChanged promise
        2026-02-25  StepLapsed           first-call  INV-1 agency
        2026-02-25  PlacementProposed    agency      INV-1
    """)
    assert (story.account.segment, story.account.segment_why) == (
        "promise-breaker", "promise promise was not kept",
    )  # fmt: skip
    [(_, why)] = story.decided("PlacementProposed")
    assert why.figures["segment because"] == "promise promise was not kept"


def test_a_broken_promise_leaves_the_segment_that_a_person_gave(story: Story) -> None:
    begun(story, "[promise.broken]", 'segment = "promise-breaker"')
    story.learn(segment="key-account")
    story.promise("100.00", by="2026-02-20")
    story.until("2026-02-26")
    assert "2026-02-25 PromiseBroken promise 0" in story.decisions()
    assert story.account.segment == "key-account"


def test_a_promise_kept_leads_nowhere(story: Story) -> None:
    begun(story, "[promise.broken]", 'step = "agency"', 'segment = "promise-breaker"')
    story.promise("50.00", by="2026-02-20")
    story.pay("50.00")
    story.until("2026-02-26")
    assert story.contacts(since="2026-02-10T00:00") == ["2026-02-25 CallScheduled first-call INV-1"]
    assert story.account.segment is None


def test_a_plan_may_go_on_after_a_missed_instalment(story: Story) -> None:
    begun(story, "[promise.broken]", "cancels_plan = false")
    story.plan(("50.00", "2026-02-20"), ("50.00", "2026-03-20"))
    story.until("2026-03-01")
    story.pay("50.00")
    story.until("2026-03-31")
    assert [line for line in story.decisions() if "Promise" in line] == table("""
        2026-02-25  PromiseBroken  plan/1  0
        2026-03-25  PromiseKept    plan/2  50.00
    """)
