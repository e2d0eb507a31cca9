"""The worklist: who is to be called, why, and what the caller has to know; and what needs a person."""

from collections.abc import Iterator
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from engine.domain.facts.accounts import DebtorDetailsChanged
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
from engine.domain.facts.promises import PromiseBroken, PromiseMade
from projections.worklist import CallDue, exceptions, worklist
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
    return [
        call.calls for call in worklist(book.database, moment(at), moment(as_known) if as_known else None)
    ]


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
    [call] = worklist(book.database, NOW)
    assert (call.number, call.name, call.phone, call.step) == ("A-1", "A-1 Example", "+43 1 1", "call")
    assert (call.oldest_item, call.days_past_due, call.waiting_days) == ("I-2", 51, 3)
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
    [call] = worklist(book.database, NOW)
    assert (call.calls, call.step, call.waiting_days) == (("c1", "c2"), "second call", 9)


def test_the_largest_amount_comes_first_then_the_oldest(book: Book) -> None:
    for stream, amount, due in (
        ("account-1", "50.00", "2026-05-01"), ("account-2", "80.00", "2026-05-20"),
        ("account-3", "80.00", "2026-05-01"), ("account-4", "90.00", "2026-06-01"),
    ):  # fmt: skip
        owing(book, stream, stream, amount, due)
        book.add(stream, scheduled(f"call {stream[-1]}", "2026-06-07 09:00"))
    assert [call.number[-1] for call in worklist(book.database, NOW)] == ["4", "3", "2", "1"]


def test_an_account_whose_debt_was_paid_meanwhile_says_so(book: Book) -> None:
    owing(book, ADA, "A-1", "100.00")
    book.add(ADA, scheduled("c1", "2026-06-07 09:00"))
    book.add(ADA, payment("P-1", "100.00", "2026-06-08", ("I-1", "100.00")))
    [call] = worklist(book.database, NOW)
    assert (call.open, call.oldest_item, call.days_past_due) == ({}, None, None)
    assert (call.last_contact, call.last_promise) == (None, None)


def test_days_are_those_of_the_zone_of_the_moment(book: Book) -> None:
    """At 23:00 UTC it is already the 11th in Vienna."""
    owing(book, ADA, "A-1", "100.00")
    book.add(ADA, scheduled("c1", "2026-06-10 09:00"))
    late = moment("2026-06-10 23:00")

    def days(call: CallDue) -> tuple[int, int | None]:
        return call.waiting_days, call.days_past_due

    assert [days(call) for call in worklist(book.database, late)] == [(0, 40)]
    assert [days(call) for call in worklist(book.database, late.astimezone(ZoneInfo("Europe/Vienna")))] == [
        (1, 41)
    ]


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
