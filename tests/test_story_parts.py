"""Disputes about part of an invoice, kinds of holds, and placements approved after something was stopped."""

import pytest

from engine.domain.errors import PlacementStopped
from engine.domain.facts.contacts import ReminderIssued
from engine.domain.facts.escalation import AccountPlaced
from engine.domain.holding import stops
from tests.stories import Story, day, on_sqlite, shipped, table


def demanded(story: Story) -> list[tuple[str, str]]:
    """Of each letter: what it states as open of the invoice, and what it asks for."""
    letters = [fact for fact, _ in story.decided("ReminderIssued") if isinstance(fact, ReminderIssued)]
    return [(str(letter.lines[0].open), str(letter.demand[0].amount)) for letter in letters]


def test_the_rest_of_an_invoice_disputed_in_part_stays_demandable(story: Story) -> None:
    story.invoice("INV-1", "100.00", due="2026-01-10")
    story.at("2026-01-20")
    story.dispute(INV_1="30.01")
    story.until("2026-02-09")
    assert demanded(story)[-1] == ("69.99", "69.99")
    story.pay("40.00")  # names nothing: for what is undisputed
    item = story.account.open_items["INV-1"]
    assert (str(item.open), str(item.undisputed)) == ("60.00", "29.99")


def test_money_without_a_name_stops_at_what_is_disputed(story: Story) -> None:
    story.invoice("INV-1", "100.00", due="2026-01-10")
    story.at("2026-01-20")
    story.dispute(INV_1="30.00")
    story.pay("80.00")
    item = story.account.open_items["INV-1"]
    assert (str(item.open), str(item.undisputed), str(story.account.unapplied["EUR"])) == (
        "30.00",
        "0.00",
        "10.00",
    )
    story.pay("10.00", "INV-1")
    assert str(story.account.open_items["INV-1"].open) == "20.00"


def test_a_credit_note_for_the_invoice_is_for_its_disputed_part_first(story: Story) -> None:
    story.invoice("INV-1", "100.00", due="2026-01-10")
    story.at("2026-01-20")
    story.dispute(INV_1="30.00")
    story.credit("20.00", "INV-1")
    item = story.account.open_items["INV-1"]
    assert (str(item.open), str(item.undisputed)) == ("80.00", "70.00")
    story.resolve()
    assert item.undisputed == item.open


def test_days_count_until_only_the_disputed_part_is_open_and_again_after_it(story: Story) -> None:
    story.invoice("INV-1", "100.00", due="2026-01-10")
    story.at("2026-01-20")
    story.dispute(INV_1="30.00")
    story.at("2026-01-30")
    story.pay("70.00")
    story.until("2026-02-19")
    story.resolve()
    story.until("2026-03-02")
    # From 30 January to 19 February nothing but the disputed part was open: 20 days.
    assert story.decisions(since="2026-02-01T00:00") == table("""
        2026-02-09  StepWithheld    notice  INV-1 disputed
        2026-03-01  ReminderIssued  notice  INV-1
    """)


def test_a_promise_needs_only_what_is_not_disputed(story: Story) -> None:
    story.invoice("INV-1", "100.00", due="2026-01-10")
    story.at("2026-02-10")
    story.promise("100.00", by="2026-02-20")
    story.dispute(INV_1="30.00")
    story.pay("70.00")
    story.until("2026-02-26")
    assert [line for line in story.decisions() if "Promise" in line] == [
        "2026-02-25 PromiseKept promise 70.00"
    ]


# --- kinds of holds ---------------------------------------------------------------------------------------


@on_sqlite
@pytest.mark.parametrize(
    ("kind", "stopped"),
    [
        ("breathing-space", "contact ladder interest fees"),
        ("hardship", "ladder interest fees"),
        ("insolvency", "contact ladder interest fees"),
        ("deceased", "contact ladder interest fees"),
        ("legal", "contact ladder"),
        ("manual", "ladder fees"),
    ],
)
def test_each_kind_of_hold_says_what_it_stops(story: Story, kind: str, stopped: str) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.hold(kind=kind, start="2026-02-01", until="2026-02-10")
    account = story.account
    for effect in ("contact", "ladder", "interest", "fees"):
        on = [
            stops(account, "INV-1", day(f"2026-{text}"), effect)
            for text in ("01-31", "02-01", "02-09", "02-10")
        ]
        assert on == [False, *[effect in stopped.split()] * 2, False]


def test_a_breathing_space_ends_by_itself(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.hold(kind="breathing-space", start="2026-02-01")
    assert story.account.holds["hold"].days.end == day("2026-04-02")  # 60 days


def test_a_policy_may_say_what_a_kind_stops_and_the_days_then_count(story: Story) -> None:
    rules = '[hold.training]\nstops = ["contact"]\ndays = 10\n\n[contact]'
    story.publish(shipped("notice-calls-agency", ("[contact]", rules)))
    story.invoice("INV-1", due="2026-01-10")
    story.at("2026-02-05")
    story.hold(kind="training")
    story.until("2026-02-20")
    # Only contact rests, from the 5th to the 15th: the ladder's days go on, and the notice follows at once.
    assert story.decisions(since="2026-02-06T00:00") == table("""
        2026-02-09  StepWithheld    notice  INV-1 held
        2026-02-15  ReminderIssued  notice  INV-1
    """)


# --- placements and shared contacts -----------------------------------------------------------------------


def proposed(story: Story) -> None:
    story.follow("thirty-sixty-ninety")
    for number in (1, 2, 3):
        story.invoice(f"INV-{number}", due="2026-01-10")
    story.until("2026-03-12")
    story.call("refused")
    story.until("2026-04-12")
    assert "PlacementProposed" in story.decisions()[-1]


def test_approving_leaves_out_what_was_stopped_since_and_names_it(story: Story) -> None:
    proposed(story)
    story.dispute("INV-1")
    story.promise("100.00", "INV-2", by="2026-05-04")
    story.approve()
    placed = story.facts()[-1]
    assert isinstance(placed, AccountPlaced)
    assert [line.item for line in placed.lines] == ["INV-3"]
    assert {each.item: each.why for each in placed.left_out} == {
        "INV-1": "disputed: dispute", "INV-2": "promised: promise",
    }  # fmt: skip
    story.resolve()
    story.until("2026-04-14")
    assert story.decisions("PlacementProposed")[-1].endswith("INV-1")


def test_nothing_is_approved_where_all_was_stopped(story: Story) -> None:
    proposed(story)
    story.hold()
    with pytest.raises(PlacementStopped, match=r"INV-1 \(held: hold, insolvency\)"):
        story.approve()


def test_a_reminder_merged_into_a_call_that_nobody_makes_holds_no_notice_up(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.invoice("INV-2", due="2026-02-19")
    story.until("2026-03-22")
    assert story.contacts(since="2026-02-10T00:00") == table("""
        2026-02-16  CallScheduled   first-call  INV-1 INV-2@friendly-reminder
        2026-03-21  ReminderIssued  notice      INV-2
    """)
