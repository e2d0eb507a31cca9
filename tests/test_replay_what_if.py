"""Replay under another policy: what came from outside is kept, what was decided is decided again."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import strategies as st

from arrears.wiring import open_book, shipped_policies
from engine.domain.decisions.contacts import take_back
from engine.domain.facts.base import Because
from engine.domain.facts.items import InterestCharged
from engine.replay.counts import Counts
from engine.replay.diff import Judged
from tests.histories import History, histories
from tests.history_books import for_any, new_book
from tests.replays import fill, lines, supposed, under
from tests.stories import Story, moment, shipped, table

NAME = "notice-calls-agency"
SOONER = shipped(NAME, ("days_past_due = 30", "days_past_due = 20"))
ONLY_LETTERS = f"""
name = "{NAME}"

[[steps]]
id = "notice"
days_past_due = 30
remind = {{ channel = "letter", template = "collection-notice" }}
"""


@pytest.fixture
def book_url(sqlite_url: str) -> str:
    """A replay has nothing to do with the database: its stories are told on SQLite only."""
    return sqlite_url


# --- the policy that ran, and another one -----------------------------------------------------------------


@pytest.mark.parametrize("start", ["", "2026-05-01T00:00"])
def test_under_the_policy_that_ran_a_played_book_decides_the_same(
    book_url: str, start: str, tmp_path: Path
) -> None:
    book = open_book(book_url, ZoneInfo("UTC"), "test", create=True)
    fill(book, tmp_path, accounts=40)
    diff, replayed = under(book, shipped(NAME), *([moment(start)] if start else []))
    assert (diff.concerned, diff.changed.count, diff.orphaned.total()) == (40, 0, 0)
    assert diff.then.decisions == diff.now.decisions
    assert {f.because.id for one in replayed.values() for f in one.now if f.because} == {
        f.because.id for one in replayed.values() for f in one.then if f.because
    }
    book.close()


def test_a_notice_ten_days_sooner_moves_what_follows_by_ten_days(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-03-01")
    diff, a = supposed(story, SOONER)
    assert lines(a.then) == table("""
        2026-01-07  ReminderIssued  friendly-reminder  INV-1
        2026-02-09  ReminderIssued  notice             INV-1
        2026-02-16  CallScheduled   first-call         INV-1
    """)
    assert lines(a.now) == table("""
        2026-01-07  ReminderIssued  friendly-reminder  INV-1
        2026-01-30  ReminderIssued  notice             INV-1
        2026-02-06  CallScheduled   first-call         INV-1
    """)
    assert diff.shifts == {
        ("friendly-reminder", "email"): {0: 1}, ("notice", "letter"): {-10: 1},
        ("first-call", "call"): {-10: 1},
    }  # fmt: skip
    assert diff.then.contacts == diff.now.contacts
    assert {group: listed.first for group, listed in diff.contacted.items()} == {
        "earlier": ["A"],
        "later": [],
        "more": [],
        "less": [],
        "no_longer": [],
        "newly": [],
    }
    assert (diff.then.calls_not_made, diff.now.calls_not_made) == (1, 1)


def test_an_account_with_nothing_due_stays_as_it_is(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-03-01")
    diff, replayed = under(story.book, SOONER)
    assert diff.changed.first == ["A"]
    assert [fact.TOPIC for fact in replayed["B"].outside] == [fact.TOPIC for fact in story.facts("B")]
    assert (replayed["B"].now, replayed["B"].orphaned) == ([], [])


def test_nothing_is_stored(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-03-01")
    before = list(story.book.store.rows())
    supposed(story, SOONER)
    assert list(story.book.store.rows()) == before


def test_who_is_contacted_more_less_no_longer_and_newly(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-01-20")
    story.invoice("INV-3", due="2026-01-15")
    story.until("2026-03-01")
    only_late = ONLY_LETTERS.replace("= 30", "= 300")
    assert supposed(story, ONLY_LETTERS)[0].contacted["less"].first == ["A"]
    assert supposed(story, only_late)[0].contacted["no_longer"].first == ["A"]


def test_from_a_day_on_what_was_decided_before_stands(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.invoice("INV-2", due="2026-01-20")
    story.until("2026-03-01")
    _, a = supposed(story, SOONER, "2026-02-01T00:00")
    # INV-1 was past day 20 when the policy begins: its notice goes out at once.
    assert lines(a.now) == table("""
        2026-02-01  ReminderIssued   notice      INV-1
        2026-02-08  CallScheduled    first-call  INV-1
        2026-02-09  ContactDeferred  notice      INV-2 min_gap_days
        2026-02-11  ReminderIssued   notice      INV-2
        2026-02-18  CallScheduled    first-call  INV-2
    """)
    assert lines(a.then)[0].startswith("2026-02-09")


def test_what_is_known_at_the_moment_it_begins_is_known_before_anything_is_decided(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-08")
    story.at("2026-02-09T09:00")
    story.pay("100.00")
    story.until("2026-02-20")
    _, a = supposed(story, shipped(NAME), "2026-02-09T09:00")
    assert (a.then, a.now) == ([], [])


# --- whom it concerns -------------------------------------------------------------------------------------


def test_accounts_under_another_policy_are_left_out(story: Story) -> None:
    story.follow("gentle-to-firm")
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-03-01")
    diff, replayed = under(story.book, SOONER)
    assert (list(replayed), diff.concerned) == (["B"], 1)
    diff, a = supposed(story, SOONER, for_all=True)
    assert diff.concerned == 2
    assert "2026-01-30 ReminderIssued notice INV-1" in lines(a.now)


def test_an_account_that_follows_it_for_a_time_is_concerned(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-05")
    story.follow("gentle-to-firm")
    story.until("2026-03-10")
    _, a = supposed(story, SOONER)
    assert "2026-01-30 ReminderIssued notice INV-1" in lines(a.now)
    assert (
        lines(a.now)[-1] == "2026-03-07 ReminderIssued urgent-reminder INV-1" or "urgent" in lines(a.now)[-1]
    )


# --- facts that answer what is not decided any more --------------------------------------------------------


def test_a_call_that_answers_a_call_not_scheduled_any_more_is_kept_and_counted(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-17")
    story.call("no_answer")
    story.until("2026-02-25")
    diff, a = supposed(story, SOONER)
    assert diff.orphaned == {"CallMade": 1}
    assert [fact.TOPIC for fact in a.orphaned] == ["CallMade"]
    # It settles the call that has been waiting since the 6th, as any call does.
    assert lines(a.now)[2:] == table("""
        2026-02-06  CallScheduled  first-call   INV-1
        2026-02-22  CallScheduled  second-call  INV-1
    """)


def test_a_call_that_nobody_made_stops_the_ladder_there_too(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-01")
    story.pay("10.00")
    story.until("2026-03-20")
    diff, _ = supposed(story, SOONER)
    assert (diff.then.calls_not_made, diff.now.calls_not_made) == (1, 1)


def test_a_letter_that_came_back_is_no_answer_to_another_letter(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-12")
    story.send_back()
    story.until("2026-03-01")
    diff, a = supposed(story, SOONER)
    assert diff.orphaned == {"ReminderFailed": 1}
    assert lines(a.now)[-1] == "2026-02-06 CallScheduled first-call INV-1"


def to_the_agency(story: Story) -> None:
    """A placement is proposed on 27 February."""
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-17")
    story.call("no_answer")
    story.until("2026-02-22")
    story.call("no_answer")
    story.until("2026-02-28")
    assert story.decisions()[-1] == "2026-02-27 PlacementProposed agency INV-1"


def test_the_answer_to_a_proposal_not_made_any_more_is_kept(story: Story) -> None:
    to_the_agency(story)
    story.decline()
    story.until("2026-03-02")
    diff, _ = supposed(story, ONLY_LETTERS)
    assert diff.orphaned == {"CallMade": 2, "PlacementRecalled": 1}
    assert diff.then.placed == {("agency", "proposed", "EUR"): 1}
    assert diff.then.placed_amount == {("agency", "proposed", "EUR"): Decimal(100)}
    assert not diff.now.placed


def test_an_approved_placement_is_kept_and_may_be_recalled(story: Story) -> None:
    to_the_agency(story)
    story.approve()
    story.at("2026-03-05")
    placement = next(iter(story.account.placements))
    story.book.execute(
        "A", lambda account, _: take_back(account, placement=placement, on=story.today, declined=False)
    )
    story.until("2026-03-08")
    diff, a = supposed(story, ONLY_LETTERS)
    # The recall answers the placement, which a person made and which is kept.
    assert diff.orphaned == {"CallMade": 2, "AccountPlaced": 1}
    assert [fact.TOPIC for fact in a.outside[-2:]] == ["AccountPlaced", "PlacementRecalled"]


# --- promises, charges, limits, work ----------------------------------------------------------------------


def test_a_promise_is_judged_by_the_terms_of_the_given_policy(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-12")
    story.promise("100.00", by="2026-02-16")
    story.until("2026-02-18")
    story.pay("100.00")
    story.until("2026-03-01")
    story.note()
    patient = shipped(NAME, ("grace_business_days = 1", "grace_business_days = 3"))
    diff, _ = supposed(story, patient)
    assert diff.promises.first == [Judged("A", "promise", "PromiseBroken", "PromiseKept")]
    assert diff.verdicts == {("PromiseBroken", "PromiseKept"): 1}
    # Made before the policy begins, it keeps the terms it was given.
    assert supposed(story, patient, "2026-02-14T00:00")[0].promises.count == 0


def test_an_instalment_too(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-12")
    story.plan(("50.00", "2026-02-16"), ("50.00", "2026-03-16"))
    story.until("2026-02-18")
    story.pay("50.00")
    story.until("2026-03-01")
    diff, _ = supposed(story, shipped(NAME, ("grace_business_days = 1", "grace_business_days = 3")))
    assert diff.promises.first == [
        Judged("A", "plan", "PromiseWithdrawn", None),
        Judged("A", "plan/1", "PromiseBroken", "PromiseKept"),
    ]


def test_limits_reasons_and_the_work_of_each_day_are_counted_on_both_sides(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.invoice("INV-2", due="2026-01-11")
    story.until("2026-02-20")
    diff, _ = supposed(story, shipped(NAME, ("min_gap_days = 3", "min_gap_days = 1")))
    assert (diff.then.deferred, diff.now.deferred) == ({"min_gap_days": 2}, {})
    assert diff.then.work[date(2026, 2, 9), "letter"] == diff.now.work[date(2026, 2, 9), "letter"] == 1
    assert diff.now.work[date(2026, 2, 10), "letter"] == 1


def test_charges_that_were_decided_are_summed_by_currency() -> None:
    on, at = date(2026, 3, 1), moment("2026-03-01")
    reason = Because(
        id="1", policy=NAME, policy_version=1, step="interest", due_at=at, acted_at=at, wake_up=at.isoformat()
    )
    interest = [
        InterestCharged(
            charge=f"INT-{number}", amount=Decimal(amount), currency=currency, charged_on=on, due_on=on,
            because=reason,
        )
        for number, (amount, currency) in enumerate((("1.25", "EUR"), ("2.00", "EUR"), ("3", "JPY")))
    ]  # fmt: skip
    counts = Counts(ZoneInfo("UTC"))
    counts.add(interest)
    assert counts.charged == {("InterestCharged", "EUR"): 2, ("InterestCharged", "JPY"): 1}
    assert counts.charged_amount["InterestCharged", "EUR"] == Decimal("3.25")


# --- any history, any policy ------------------------------------------------------------------------------


def test_any_history_can_be_replayed_under_any_policy(server: str | None) -> None:
    def holds(history: History, name: str, start: str) -> None:
        with new_book(server) as living:
            living.live(history, woken=lambda move: move.number % 2 == 0)
            diff, _ = under(living.book, shipped_policies()[name], moment(start), for_all=True)
            assert diff.concerned == 3

    starts = st.sampled_from(["2026-01-01", "2026-01-20", "2026-02-10"])
    for_any(server, holds, histories(), st.sampled_from(sorted(shipped_policies())), starts)
