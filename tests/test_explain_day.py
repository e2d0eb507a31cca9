"""Why was nothing sent on that day? Stories whose days are explained, on both databases; B is untouched."""

from datetime import date
from typing import Any

import pytest

from arrears.cli.main import run
from arrears.telling.explain_day import Shown, day_answer
from engine.domain.errors import ItemUnknown
from engine.replay.explaining import Asked, explain_day
from engine.replay.knowledge import Knowledge
from engine.replay.reading import PolicyHistory, places
from tests.stories import Story, moment, on_sqlite, shipped

DUE = "2026-01-10"  # the notice: 2026-02-09, 30 days past due


def asked(story: Story, on: str, *invoices: str, as_known: str = "", account: str = "A") -> Any:
    """The answer for a day of A, as programs get it."""
    story.book.catch_up()
    stream = story.book.account_id(account)
    policies = PolicyHistory(story.book.store, story.book.zone)
    facts = story.book.store.stream(stream)
    knowledge = Knowledge(stream, facts, policies, places(story.book.database, [stream]))
    known = moment(as_known) if as_known else None
    day = explain_day(knowledge, Asked(date.fromisoformat(on), story.now, story.book.zone, known))
    shown = Shown(account, day, invoices)
    shown.check_invoices(knowledge)
    return day_answer(shown)


def step(answer: Any, name: str, invoice: str = "INV-1") -> Any:
    """One step of one invoice in the answer."""
    item = next(one for one in answer["invoices"] if one["item"] == invoice)
    return next(one for one in item["steps"] if one["step"] == name)


def why(answer: Any, name: str, invoice: str = "INV-1") -> tuple[str, str]:
    """The state of a step and all its reasons in one line."""
    found = step(answer, name, invoice)
    return found["state"], "; ".join(found["reasons"])


def test_a_step_that_was_taken_shows_its_conditions_and_the_decision(story: Story) -> None:
    story.invoice("INV-1", due=DUE)
    story.until("2026-02-16")
    answer = asked(story, "2026-02-16")
    assert answer["contacted"]
    called = step(answer, "first-call")
    assert (called["state"], called["reasons"], called["stopped_by"]) == ("taken", [], [])
    held = {"condition": "no_response_since", "asks": "notice", "saw": None, "holds": True}
    assert called["conditions"] == [[held]]
    assert called["taken_by"]["acted_at"] == moment("2026-02-16")
    assert why(answer, "notice")[0] == "taken_before"
    assert why(answer, "second-call") == (
        "waits",
        "it comes after step first-call, which has not been taken",
    )


def test_what_stops_a_step_says_so_with_its_first_moment(story: Story) -> None:
    story.invoice("INV-1", due=DUE)
    story.invoice("INV-2", due="2026-01-11")
    story.until("2026-02-08")
    story.hold("INV-1", until="2026-02-20")
    story.dispute("INV-2")
    story.until("2026-02-12")
    answer = asked(story, "2026-02-11")
    assert (answer["contacted"], answer["asleep"]) == (False, None)
    state, reason = why(answer, "notice")
    assert state == "stopped"
    assert "it is held (hold, insolvency, from 2026-02-08 until 2026-02-20)" in reason
    assert step(answer, "notice")["first_possible_at"] == moment("2026-02-20T09:00")
    assert "it is disputed (dispute)" in why(answer, "notice", "INV-2")[1]
    assert step(answer, "notice", "INV-2")["first_possible_at"] is None


def test_a_contact_limit_explains_itself(story: Story) -> None:
    story.invoice("INV-1", due=DUE)
    story.invoice("INV-2", due="2026-01-12")
    story.until("2026-02-12")
    found = step(asked(story, "2026-02-11"), "notice", "INV-2")
    assert found["state"] == "stopped"
    (gate,) = found["stopped_by"]
    assert (gate["reason"], gate["limit"], gate["until"]) == (
        "min_gap_days",
        True,
        moment("2026-02-12T09:00"),
    )
    assert gate["rule"]["rule"] == "min_gap_days"
    assert gate["rule"]["counted"] == (moment("2026-02-09").isoformat(),)
    assert found["first_possible_at"] == moment("2026-02-12T09:00")


def test_a_promise_and_a_branch_not_taken(story: Story) -> None:
    story.invoice("INV-1", due=DUE)
    story.until("2026-02-09")
    story.promise("100", "INV-1", by="2026-02-20")
    story.until("2026-02-17")
    state, reason = why(asked(story, "2026-02-16"), "first-call")
    assert state == "stopped"
    assert "a promise is pending (promise: 100.00 EUR by 2026-02-20, to be judged on 2026-02-25" in reason


@pytest.mark.parametrize(
    ("on", "state", "said"),
    [
        ("2026-01-04", None, "INV-1 was not known yet on that day."),
        ("2026-01-09", "not_due", "the invoice is not overdue, its due date is 2026-01-10"),
        ("2026-02-08", "not_due", "it is not due before 2026-02-09 09:00 UTC"),
        (
            "2026-02-09",
            "due",
            "the engine did not look at the account on that day; it was taken on 2026-02-11",
        ),
        ("2026-02-10", "due", "taken on 2026-02-11 12:00 UTC, 2 days after it was due (fact 4)"),
        ("2026-02-11", "taken", ""),
        ("2026-02-13", "taken_before", "it had been taken on 2026-02-11 12:00 UTC"),
        ("2026-02-14", "taken_before", ""),
    ],
)
@on_sqlite
def test_the_simple_reasons(story: Story, on: str, state: str | None, said: str) -> None:
    story.open()
    story.at("2026-01-08")
    story.invoice("INV-1", due=DUE)
    story.tick("2026-02-11")
    story.at("2026-02-14")
    answer = asked(story, on, "INV-1")
    if state is None:
        assert said in answer["sentences"]
    else:
        assert why(answer, "notice")[0] == state
        assert said in why(answer, "notice")[1]


def test_an_account_that_nobody_knew_or_that_is_not_live_is_left_alone(story: Story) -> None:
    story.at("2026-03-01")
    with story.known_on("2026-01-05"):
        story.open()
        story.invoice("INV-1", due=DUE)
    story.tick("2026-03-02")
    story.at("2026-03-10")
    story.go_live("fresh")
    story.tick("2026-03-10T13:00")
    assert asked(story, "2026-01-02")["asleep"] == "unknown"
    answer = asked(story, "2026-03-02")
    assert (answer["asleep"], answer["awake_from"]) == ("not_live", moment("2026-03-10"))
    assert any("nobody had let it go live yet until 2026-03-10" in said for said in answer["sentences"])
    assert "it is not due before 2026-04-09" in why(asked(story, "2026-03-10"), "notice")[1]


def test_nothing_owed_is_a_reason_and_so_is_what_was_learnt_later(story: Story) -> None:
    story.invoice("INV-1", due=DUE)
    story.until("2026-02-08")
    story.pay("100", "INV-1")
    story.until("2026-02-10")
    story.at("2026-02-11")
    story.bounce("payment-1")
    assert why(asked(story, "2026-02-09"), "notice") == ("settled", "nothing is owed on it since 2026-02-08")


def test_a_payment_recorded_later_changes_the_picture_and_we_are_told_when_it_was_learnt(
    story: Story,
) -> None:
    story.invoice("INV-1", due=DUE)
    story.at("2026-02-10")
    story.pay("100", "INV-1", on="2026-02-05")
    story.tick("2026-02-10")
    answer = asked(story, "2026-02-09")
    assert why(answer, "notice")[0] == "due"
    assert "it has not been taken since" in why(answer, "notice")[1]
    assert [one["topic"] for one in answer["learnt_later"]] == ["PaymentReceived"]
    changed = {(one["item"], one["step"], one["then"], one["now"]) for one in answer["as_known_now"]}
    assert ("INV-1", "notice", "due", "settled") in changed
    assert why(asked(story, "2026-02-09", as_known="2026-02-10"), "notice")[0] == "settled"


def test_the_policy_is_that_of_the_day(story: Story) -> None:
    story.invoice("INV-1", due=DUE)
    story.until("2026-02-05")
    story.publish(shipped("notice-calls-agency", ("days_past_due = 30", "days_past_due = 45")), "2026-02-06")
    story.until("2026-02-12")
    before, after = asked(story, "2026-02-05"), asked(story, "2026-02-10")
    assert (before["policy"]["version"], after["policy"]["version"]) == (1, 2)
    assert step(before, "notice")["due_at"] == moment("2026-02-09T09:00")
    assert step(after, "notice")["due_at"] == moment("2026-02-24T09:00")


def test_an_invoice_that_never_was_is_refused(story: Story) -> None:
    story.invoice("INV-1", due=DUE)
    with pytest.raises(ItemUnknown):
        asked(story, "2026-02-09", "INV-9")


@on_sqlite
def test_people_ask_on_the_command_line(
    story: Story, book_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    story.invoice("INV-1", due=DUE)
    story.until("2026-02-09")
    assert run(["explain", "A", "--on", "2026-02-09", "--channel", "call", "--book", book_url]) == 0
    out = capsys.readouterr().out
    assert "A on 2026-02-09 (UTC), as known on that day" in out
    assert "first-call was not taken: it is not due before 2026-02-16 09:00 UTC" in out
    assert "notice was taken" not in out
    assert run(["explain", "A", "--book", book_url]) == 2
    assert run(["explain", "A", "2", "--on", "2026-02-09", "--book", book_url]) == 2
    assert run(["explain", "A", "2", "--invoice", "INV-1", "--book", book_url]) == 2
