"""The worklist: who is to be called, why, and what the caller has to know; and what needs a person."""

from collections.abc import Iterator
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from engine.domain.facts.accounts import DebtorDetailsChanged, FollowUpSet, NoteAdded
from engine.domain.facts.contacts import (
    CallMade,
    CallOutcome,
    CallScheduled,
    Line,
    ReminderCancelled,
    ReminderFailed,
    ReminderIssued,
    StepWithheld,
)
from engine.domain.facts.escalation import DebtorLocated
from engine.domain.facts.promises import PromiseBroken, PromiseMade
from projections.exceptions import exceptions
from projections.follow_ups import follow_ups_due
from projections.worklist import Due, worklist
from tests.report_log import ADA, BEN, Book, book_at, day, invoice, moment, opened, payment

NOW = moment("2026-06-10 10:00")


@pytest.fixture
def book(book_url: str) -> Iterator[Book]:
    with book_at(book_url) as book:
        yield book


def line(item: str, due: str) -> Line:
    return Line(item=item, step="call", open=Decimal(1), currency="EUR", due_on=day(due), days_past_due=0)


def scheduled(name: str, at: str, *items: str, step: str = "call") -> CallScheduled:
    lines = tuple(line(item, "2026-05-01") for item in items or ("I-1",))
    return CallScheduled(contact=name, script="s", step=step, lines=lines, scheduled_at=moment(at))


def owing(book: Book, stream: str, number: str, amount: str, due: str = "2026-05-01") -> None:
    book.add(stream, opened(number, name=f"{number} Example", phone="+43 1 1", timezone="Europe/Vienna"))
    book.add(stream, invoice("I-1", amount, due))


def calls(book: Book, at: str = "2026-06-10 10:00", as_known: str | None = None) -> list[tuple[str, ...]]:
    known = moment(as_known) if as_known else None
    rows = worklist(book.database, moment(at), known).rows
    return sorted((row.calls for row in rows), key=lambda names: names[0])


def test_what_the_caller_has_to_know(book: Book) -> None:
    owing(book, ADA, "A-1", "100.00")
    book.add(ADA, invoice("I-2", "50.00", "2026-04-20"), invoice("I-3", "7.00", "2026-01-01"))
    book.add(ADA, invoice("Y-1", "900", "2026-07-31", "2026-06-01", currency="JPY"))
    book.add(ADA, payment("P-1", "30.00", "2026-05-20", ("I-1", "10.00")))
    book.add(ADA, ReminderIssued(
        contact="r1", channel="letter", template="t", step="notice", lines=(),
        issued_at=moment("2026-05-31 09:00"),
    ))  # fmt: skip
    book.add(
        ADA, ReminderFailed(contact="r1", failed_at=moment("2026-06-12 09:00")), known="2026-06-12 09:00"
    )
    promise = PromiseMade.model_validate({
        "promise": "Z-1", "amount": "90.00", "currency": "EUR", "made_on": "2026-05-10",
        "promised_on": "2026-05-20", "items": ["I-1"],
        "terms": {"tolerance": "0", "deadline": "2026-05-20", "judge_at": "2026-05-21T22:00:00Z"},
    })  # fmt: skip
    broken = PromiseBroken(promise="Z-1", received=Decimal(0), judged_at=moment("2026-05-21 22:00"))
    book.add(ADA, promise, broken, scheduled("c1", "2026-06-07 09:00", "I-1", "I-2"))
    [call] = worklist(book.database, NOW).rows
    assert (call.number, call.name, call.phone, call.step) == ("A-1", "A-1 Example", "+43 1 1", "call")
    assert (call.oldest_item, call.days_past_due, call.waiting_days) == ("I-2", 51, 20)
    assert call.open == {"EUR": Decimal("147.00"), "JPY": Decimal("900")}
    assert call.unapplied == {"EUR": Decimal("20.00")}
    assert call.last_contact
    assert (call.last_contact.contact, call.last_contact.step) == ("r1", "notice")
    assert call.last_contact.status == "issued", "it came back only two days later"
    assert call.last_promise
    assert (call.last_promise.promise, call.last_promise.status) == ("Z-1", "broken")


def test_a_call_waits_until_it_is_made_or_cancelled(book: Book) -> None:
    for stream, number in ((ADA, "A-1"), (BEN, "B-1"), ("account-cid", "C-1")):
        owing(book, stream, number, "100.00")
        book.add(stream, scheduled(f"{number} call", "2026-06-07 09:00"))
    made = CallMade(
        call="made", called_at=moment("2026-06-08 10:00"), outcome=CallOutcome.BUSY, answers=("A-1 call",)
    )
    cancelled = ReminderCancelled(contact="B-1 call", cancelled_at=moment("2026-06-09 10:00"), reason="paid")
    book.add(ADA, made, known="2026-06-08 11:00")
    book.add(BEN, cancelled, known="2026-06-09 10:00")
    waiting = {at: calls(book, at) for at in ("2026-06-07 08:59", "2026-06-07 09:00", "2026-06-08 10:00")}
    assert waiting == {
        "2026-06-07 08:59": [],
        "2026-06-07 09:00": [("A-1 call",), ("B-1 call",), ("C-1 call",)],
        "2026-06-08 10:00": [("B-1 call",), ("C-1 call",)],
    }
    assert calls(book) == [("C-1 call",)]
    assert calls(book, as_known="2026-06-08 10:59") == [("A-1 call",), ("B-1 call",), ("C-1 call",)]


def test_one_row_per_account_at_its_latest_step(book: Book) -> None:
    owing(book, ADA, "A-1", "100.00")
    book.add(
        ADA, scheduled("c1", "2026-06-01 09:00"), scheduled("c2", "2026-06-06 09:00", step="second call")
    )
    [call] = worklist(book.database, NOW).rows
    assert (call.calls, call.step, call.waiting_days) == (("c1", "c2"), "second call", 9)


def test_the_largest_amount_comes_first_then_the_oldest(book: Book) -> None:
    for stream, amount, due in (
        ("account-1", "50.00", "2026-05-01"), ("account-2", "80.00", "2026-05-20"),
        ("account-3", "80.00", "2026-05-01"), ("account-4", "90.00", "2026-06-01"),
    ):  # fmt: skip
        owing(book, stream, stream, amount, due)
        book.add(stream, scheduled(f"call {stream[-1]}", "2026-06-07 09:00"))
    assert [call.number[-1] for call in worklist(book.database, NOW).rows] == ["4", "3", "2", "1"]


def test_a_call_about_what_has_been_paid_is_not_to_be_made(book: Book) -> None:
    """Nobody needs to wait for the wake-up that takes it back; a cent that is left is called for."""
    for stream, number, paid in ((ADA, "A-1", "100.00"), (BEN, "B-1", "99.99")):
        owing(book, stream, number, "100.00")
        book.add(stream, scheduled(f"{number} call", "2026-06-07 09:00"))
        book.add(stream, payment("P-1", paid, "2026-06-08", ("I-1", paid)))
    assert calls(book) == [("B-1 call",)]
    assert calls(book, "2026-06-07 12:00") == [("A-1 call",), ("B-1 call",)]
    assert calls(book, as_known="2026-06-08 11:59") == [("A-1 call",), ("B-1 call",)]
    assert [one.number for one in exceptions(book.database, moment("2026-06-20"))] == ["B-1"]


def test_a_call_about_what_unapplied_money_would_pay_is_not_to_be_made(book: Book) -> None:
    owing(book, ADA, "A-1", "100.00")
    book.add(ADA, scheduled("c1", "2026-06-07 09:00"), payment("P-1", "100.00", "2026-06-08"))
    assert calls(book) == []


def test_a_call_about_what_was_paid_is_not_made_for_what_is_not_due_yet(book: Book) -> None:
    owing(book, ADA, "A-1", "100.00")
    book.add(ADA, invoice("I-2", "50.00", "2026-06-30"), scheduled("c1", "2026-06-07 09:00", "I-1"))
    book.add(ADA, payment("P-1", "100.00", "2026-06-08", ("I-1", "100.00")))
    assert calls(book) == []


def test_days_are_those_of_the_zone_of_the_moment(book: Book) -> None:
    """At 23:00 UTC it is already the 11th in Vienna."""
    owing(book, ADA, "A-1", "100.00")
    book.add(ADA, scheduled("c1", "2026-06-10 09:00"))
    late = moment("2026-06-10 23:00")

    def days(call: Due) -> tuple[int, int | None]:
        return call.waiting_days, call.days_past_due

    assert [days(call) for call in worklist(book.database, late).rows] == [(0, 40)]
    assert [
        days(call) for call in worklist(book.database, late.astimezone(ZoneInfo("Europe/Vienna"))).rows
    ] == [(1, 41)]


@pytest.mark.parametrize(("unmade_days", "found"), [(2, ["A-1"]), (3, []), (4, [])])
def test_a_call_nobody_made_is_an_exception_after_some_days(
    sqlite_url: str, unmade_days: int, found: list[str]
) -> None:
    """Scheduled on the 7th, seen on the 10th: three days ago."""
    with book_at(sqlite_url) as book:
        owing(book, ADA, "A-1", "100.00")
        book.add(ADA, scheduled("c1", "2026-06-07 23:00"))
        late = exceptions(book.database, NOW, unmade_days=unmade_days)
    assert [one.number for one in late if one.kind == "call_not_made"] == found


def withheld(reason: str, step: str = "call") -> StepWithheld:
    return StepWithheld(step=step, items=("I-1",), reason=reason)


def test_an_account_without_a_time_zone_is_an_exception_until_it_has_one(book: Book) -> None:
    book.add(ADA, opened("A-1", name="Ada Example"))
    book.add(BEN, opened("B-1"))
    book.add(ADA, withheld("unknown_time_zone"), known="2026-06-02 09:00")
    book.add(ADA, withheld("unknown_time_zone", "second call"), known="2026-06-05 09:00")
    book.add(BEN, withheld("dispute"), known="2026-06-02 09:00")
    [found] = exceptions(book.database, NOW)
    assert (found.kind, found.number, found.name, found.step) == (
        "unknown_time_zone", "A-1", "Ada Example", "call",
    )  # fmt: skip
    assert (found.since, found.waiting_days) == (day("2026-06-02"), 8)
    book.add(ADA, DebtorDetailsChanged(changed_on=day("2026-06-09"), timezone="Europe/Vienna"))
    assert exceptions(book.database, NOW) == []


# --- what came back ---------------------------------------------------------------------------------------


def came_back(
    book: Book, at: str = "2026-06-10 10:00", known: str | None = None
) -> list[tuple[str, str, int]]:
    found = exceptions(book.database, moment(at), moment(known) if known else None)
    return [(one.number, one.channel, one.waiting_days) for one in found if one.kind == "came_back"]


def returned(book: Book, stream: str, channel: str, contact: str = "r1") -> None:
    book.add(
        stream,
        ReminderIssued.model_validate({
            "contact": contact, "channel": channel, "template": "t", "step": "notice", "lines": [],
            "issued_at": moment("2026-06-02 09:00"),
        }),
        ReminderFailed(contact=contact, failed_at=moment("2026-06-05 09:00")),
    )  # fmt: skip


def test_what_came_back_is_an_exception_until_there_is_a_new_address(book: Book) -> None:
    for stream, number, channel in (
        (ADA, "A-1", "letter"),
        (BEN, "B-1", "email"),
        ("account-c", "C-1", "sms"),
    ):
        owing(book, stream, number, "100.00")
        returned(book, stream, channel)
    assert came_back(book, "2026-06-05 08:59") == []
    assert came_back(book) == [("A-1", "letter", 5), ("B-1", "email", 5)]
    moved = DebtorDetailsChanged(changed_on=day("2026-06-09"), address="1 Example Street")
    book.add(ADA, moved)
    book.add(BEN, moved)
    assert came_back(book) == [("B-1", "email", 5)], "a new address does not help an e-mail"
    assert came_back(book, "2026-06-08 12:00") == [("A-1", "letter", 3), ("B-1", "email", 3)]
    assert came_back(book, known="2026-06-09 11:59") == [("A-1", "letter", 5), ("B-1", "email", 5)]
    book.add(BEN, DebtorDetailsChanged(changed_on=day("2026-06-09"), email="ben@example.org"))
    assert came_back(book) == []


def test_a_debtor_who_was_located_and_one_who_owes_nothing_are_no_exceptions(book: Book) -> None:
    for stream, number in ((ADA, "A-1"), (BEN, "B-1")):
        owing(book, stream, number, "100.00")
        returned(book, stream, "letter")
        returned(book, stream, "letter", "r2")
    assert [number for number, *_ in came_back(book)] == ["A-1", "B-1"], "each once"
    book.add(ADA, DebtorLocated(located_on=day("2026-06-08")))
    book.add(BEN, payment("P-1", "100.00", "2026-06-08", ("I-1", "100.00")))
    assert came_back(book) == []


# --- what somebody wants to look at again -----------------------------------------------------------------


def to_look_at(book: Book, on: str, known: str | None = None) -> list[tuple[str, str]]:
    found = follow_ups_due(book.database, day(on), moment(known) if known else None)
    return [(one.number, str(one.due_on)) for one in found]


def test_a_follow_up_shows_from_its_day_until_somebody_has_looked(book: Book) -> None:
    for stream, number in ((ADA, "A-1"), (BEN, "B-1")):
        owing(book, stream, number, "100.00")
        book.add(stream, FollowUpSet(on=day("2026-06-08")), known="2026-06-01 10:00")
    both = [("A-1", "2026-06-08"), ("B-1", "2026-06-08")]
    book.add(ADA, NoteAdded(text="asked for a copy"), known="2026-06-07 10:00")
    found = {on: to_look_at(book, on) for on in ("2026-06-07", "2026-06-08", "2026-06-20")}
    assert found == {"2026-06-07": [], "2026-06-08": both, "2026-06-20": both}
    book.add(ADA, NoteAdded(text="sent it"), known="2026-06-08 10:00")
    book.add(BEN, FollowUpSet(on=day("2026-06-12")), known="2026-06-09 10:00")
    found = {on: to_look_at(book, on) for on in ("2026-06-08", "2026-06-11", "2026-06-12")}
    assert found == {
        "2026-06-08": [("B-1", "2026-06-08")], "2026-06-11": [], "2026-06-12": [("B-1", "2026-06-12")],
    }  # fmt: skip
    assert to_look_at(book, "2026-06-12", known="2026-06-08 09:59") == both


def test_what_the_engine_does_is_not_somebody_who_looked(book: Book) -> None:
    owing(book, ADA, "A-1", "100.00")
    book.add(ADA, FollowUpSet(on=day("2026-06-08")), known="2026-06-01 10:00")
    book.add(ADA, payment("P-1", "1.00", "2026-06-09"), withheld("dispute"), known="2026-06-09 09:00")
    assert to_look_at(book, "2026-06-09") == [("A-1", "2026-06-08")]
