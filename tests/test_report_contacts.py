"""Contacts: what was sent, called and received, at which step, and what became of it."""

from collections.abc import Iterator
from datetime import UTC
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.domain.facts.contacts import (
    CallMade,
    CallOutcome,
    CallScheduled,
    Channel,
    InboundContactReceived,
    Line,
    ReminderCancelled,
    ReminderDelivered,
    ReminderFailed,
    ReminderIssued,
)
from projections.clocks import end_of, start_of
from projections.connection import reading
from projections.contact_pages import Wanted, contact_sums
from projections.contacts import ContactCount, contact_counts, contact_list
from tests.report_log import ADA, BEN, Book, because, book_at, day, moment, opened


@pytest.fixture
def book(book_url: str) -> Iterator[Book]:
    with book_at(book_url) as book:
        yield book


def line(item: str, step: str) -> Line:
    return Line(
        item=item, step=step, open=Decimal("10.00"), currency="EUR", due_on=day("2026-05-01"), days_past_due=1
    )


def reminded(
    name: str, at: str, step: str = "notice", channel: Channel = "letter", **more: Any
) -> ReminderIssued:
    lines = (line("I-1", step), line("I-2", step))
    return ReminderIssued(
        contact=name, channel=channel, template="t", step=step, lines=lines, issued_at=moment(at), **more
    )


def scheduled(name: str, at: str, step: str = "call") -> CallScheduled:
    return CallScheduled(
        contact=name, script="s", step=step, lines=(line("I-1", step),), scheduled_at=moment(at),
        because=because(step, at),
    )  # fmt: skip


def test_a_reminder_and_what_became_of_it(book: Book) -> None:
    book.add(
        ADA, opened("A-1"), reminded("c1", "2026-05-05 09:00", because=because("notice", "2026-05-05 09:00"))
    )
    book.add(
        ADA, ReminderDelivered(contact="c1", delivered_at=moment("2026-05-07 11:00")), known="2026-05-08"
    )
    book.add(ADA, ReminderFailed(contact="c1", failed_at=moment("2026-06-02 11:00")), known="2026-06-03")

    def status(as_known: str) -> str:
        [row] = contact_list(book.database, day("2026-05-01"), day("2026-05-31"), moment(as_known))
        return row.status

    assert [status(known) for known in ("2026-05-07 23:59", "2026-05-08", "2026-06-03")] == [
        "issued", "delivered", "failed",
    ]  # fmt: skip
    [row] = contact_list(book.database, day("2026-05-01"), day("2026-05-31"))
    assert (row.number, row.step, row.policy, row.channel, row.items, row.by) == (
        "A-1", "notice", "gentle", "letter", 2, "test",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("at", "zone", "found"),
    [
        ("2026-04-30 23:59:59", "UTC", False), ("2026-05-01 00:00:00", "UTC", True),
        ("2026-05-31 23:59:59.999999", "UTC", True), ("2026-06-01 00:00:00", "UTC", False),
        ("2026-04-30 22:00:00", "Europe/Vienna", True), ("2026-05-31 22:00:00", "Europe/Vienna", False),
    ],
)  # fmt: skip
def test_both_days_are_included_in_the_books_zone(sqlite_url: str, at: str, zone: str, found: bool) -> None:
    with book_at(sqlite_url) as book:
        book.add(ADA, reminded("c1", at))
        rows = contact_list(book.database, day("2026-05-01"), day("2026-05-31"), zone=ZoneInfo(zone))
    assert bool(rows) == found


def test_a_call_has_the_step_of_the_scheduled_call_it_answers(book: Book) -> None:
    """One call settles two that were scheduled, and is counted once, at the later step."""
    book.add(ADA, scheduled("s1", "2026-05-05 09:00"), scheduled("s2", "2026-05-10 09:00", "second call"))
    book.add(ADA, CallMade(
        call="c1", called_at=moment("2026-05-11 10:00"), outcome=CallOutcome.REACHED, answers=("s1", "s2")
    ))  # fmt: skip
    rows = contact_list(book.database, day("2026-05-01"), day("2026-05-31"))
    assert [(row.contact, row.kind, row.step, row.status, row.outcome, row.policy) for row in rows] == [
        ("s1", "scheduled_call", "call", "made", "reached", "gentle"),
        ("s2", "scheduled_call", "second call", "made", "reached", "gentle"),
        ("c1", "call", "second call", "made", "reached", "gentle"),
    ]
    assert contact_counts(rows) == [ContactCount("second call", "call", "call", 1, 0)]


def test_an_imported_call_has_its_own_step(book: Book) -> None:
    book.add(ADA, CallMade(
        call="c1", called_at=moment("2026-05-11 10:00"), outcome=CallOutcome.BUSY, step="old call",
        items=("I-1",),
    ))  # fmt: skip
    [row] = contact_list(book.database, day("2026-05-01"), day("2026-05-31"))
    assert (row.step, row.items, row.status, row.outcome) == ("old call", 1, "made", "busy")


@pytest.mark.parametrize("on", ["2026-05-06", "2026-05-08", "2026-05-10"])
def test_the_database_counts_what_had_become_of_contacts_by_then(book: Book, on: str) -> None:
    """One fails, one is taken back, one fails and is delivered after all."""
    book.add(ADA, *(reminded(f"c{number}", "2026-05-05 09:00") for number in (1, 2, 3)))
    for number, failed_at in ((1, "2026-05-06 09:00"), (3, "2026-05-08 09:00")):
        book.add(ADA, ReminderFailed(contact=f"c{number}", failed_at=moment(failed_at)))
    book.add(ADA, ReminderCancelled(contact="c2", cancelled_at=moment("2026-05-08 09:00"), reason="paid"))
    book.add(ADA, ReminderDelivered(contact="c3", delivered_at=moment("2026-05-10 09:00")))
    rows = contact_list(book.database, day("2026-05-01"), day(on), as_of=day(on))
    end = end_of(day(on), UTC)
    with reading(book.database) as connection:
        sums = contact_sums(connection, Wanted(start_of(day("2026-05-01"), UTC), end, end))
    assert sums == contact_counts(rows)
    failed = {"2026-05-06": (3, 1), "2026-05-08": (2, 2), "2026-05-10": (2, 1)}
    assert [(one.count, one.failed) for one in sums] == [failed[on]]


def test_what_counts_as_a_contact(book: Book) -> None:
    """Scheduled calls do not, nor what was cancelled; what failed does, and is said to have failed."""
    book.add(
        ADA,
        reminded("c1", "2026-05-05 09:00"), reminded("c2", "2026-05-06 09:00"),
        reminded("c3", "2026-05-07 09:00", "first", "email"), reminded("c4", "2026-05-08 09:00"),
        scheduled("s1", "2026-05-09 09:00"),
        InboundContactReceived(contact="in", channel="email", received_at=moment("2026-05-10 09:00")),
    )  # fmt: skip
    book.add(ADA, ReminderFailed(contact="c2", failed_at=moment("2026-05-09 09:00")), known="2026-05-09")
    book.add(
        ADA,
        ReminderCancelled(contact="c4", cancelled_at=moment("2026-05-08 10:00"), reason="paid"),
        known="2026-05-08",
    )
    book.add(BEN, reminded("c1", "2026-05-05 09:00"))
    rows = contact_list(book.database, day("2026-05-01"), day("2026-05-31"))
    assert contact_counts(rows) == [
        ContactCount("", "email", "inbound", 1, 0),
        ContactCount("first", "email", "reminder", 1, 0),
        ContactCount("notice", "letter", "reminder", 3, 1),
    ]
    assert len(contact_list(book.database, day("2026-05-01"), day("2026-05-31"), account=BEN)) == 1
