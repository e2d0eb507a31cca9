"""The statement of an account: what moved its balance, what is open, what happened, on both clocks."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from engine.domain.facts.accounts import NoteAdded
from engine.domain.facts.items import FeeCharged, PaymentReversed
from projections.statement import Statement, UnknownAccount, statement
from tests.report_log import ADA, BEN, Book, allocations, book_at, day, invoice, moment, opened, payment


@pytest.fixture
def book(book_url: str) -> Iterator[Book]:
    """A fee, a part payment that bounced later, a second currency; and another account."""
    with book_at(book_url) as book:
        book.add(ADA, opened("A-1", name="Ada Example"), invoice("I-1", "100.00", "2026-05-31", "2026-05-01"))
        book.add(BEN, opened("B-1"), invoice("I-1", "999.00", "2026-05-31", "2026-05-01"))
        book.add(ADA, payment("P-1", "60.00", "2026-05-20", ("I-1", "50.00")))
        book.add(ADA, FeeCharged(
            charge="F-1", amount=Decimal("5.00"), currency="EUR", charged_on=day("2026-06-05"),
            due_on=day("2026-06-05"),
        ))  # fmt: skip
        book.add(ADA, invoice("Y-1", "7000", "2026-06-30", "2026-06-01", currency="JPY"))
        book.add(ADA, PaymentReversed.model_validate({
            "payment": "P-1", "amount": "60.00", "currency": "EUR", "reversed_on": "2026-06-10",
            "reopened": allocations("2026-06-10", ("I-1", "50.00")), "unapplied": "10.00",
        }))  # fmt: skip
        yield book


def lines(found: Statement) -> list[str]:
    return [
        f"{line.on} {line.kind} {line.document} {line.amount} {line.currency} = {line.balance}"
        for line in found.lines
    ]


def test_each_movement_and_the_balance_after_it(book: Book) -> None:
    found = statement(book.database, ADA, day("2026-06-30"))
    assert lines(found) == [
        "2026-05-01 invoice I-1 100.00 EUR = 100.00",
        "2026-05-20 payment P-1 -60.00 EUR = 40.00",
        "2026-06-01 invoice Y-1 7000 JPY = 7000",
        "2026-06-05 fee F-1 5.00 EUR = 45.00",
        "2026-06-10 reversal P-1 60.00 EUR = 105.00",
    ]
    assert (found.number, found.name, found.opening) == ("A-1", "Ada Example", {})
    assert found.closing == {"EUR": Decimal("105.00"), "JPY": Decimal("7000")}


def test_a_period_begins_with_what_was_owed_before(book: Book) -> None:
    found = statement(book.database, ADA, day("2026-06-09"), from_on=day("2026-05-20"))
    assert found.opening == {"EUR": Decimal("100.00")}
    assert lines(found)[0] == "2026-05-20 payment P-1 -60.00 EUR = 40.00"
    assert found.closing == {"EUR": Decimal("45.00"), "JPY": Decimal("7000")}


def test_a_period_in_which_nothing_happened(book: Book) -> None:
    found = statement(book.database, ADA, day("2026-05-10"), from_on=day("2026-05-02"))
    assert (found.lines, found.opening, found.closing) == ([], found.closing, {"EUR": Decimal("100.00")})


def test_what_is_open_with_its_days_past_due(book: Book) -> None:
    found = statement(book.database, ADA, day("2026-06-09"))
    open_items = [(item.item, item.open, item.days_past_due, item.bucket) for item in found.open_items]
    assert open_items == [
        ("I-1", Decimal("50.00"), 9, "1-30"), ("F-1", Decimal("5.00"), 4, "1-30"),
        (None, Decimal("-10.00"), None, "unapplied"), ("Y-1", Decimal("7000"), -21, "current"),
    ]  # fmt: skip
    assert sum(item.open for item in found.open_items if item.currency == "EUR") == found.closing["EUR"]


def test_as_known_before_the_payment_bounced(book: Book) -> None:
    found = statement(book.database, ADA, day("2026-06-30"), moment("2026-06-09"))
    assert found.closing["EUR"] == Decimal("45.00")
    assert [event.topic for event in found.timeline][-1] == "InvoiceRaised"


def test_the_timeline_is_in_the_order_of_the_record(book: Book) -> None:
    book.add(ADA, NoteAdded(text="called back"), known="2026-06-11 10:00")
    found = statement(book.database, ADA, day("2026-06-11"))
    assert [(event.version, event.topic) for event in found.timeline] == [
        (1, "AccountOpened"), (2, "InvoiceRaised"), (3, "PaymentReceived"), (4, "FeeCharged"),
        (5, "InvoiceRaised"), (6, "PaymentReversed"), (7, "NoteAdded"),
    ]  # fmt: skip
    assert found.timeline[-1].happened_on == day("2026-06-11")
    assert len(statement(book.database, ADA, day("2026-06-10")).timeline) == 6


def test_an_unknown_account_is_refused(book: Book) -> None:
    with pytest.raises(UnknownAccount, match="no account 'account-zoe' in this book"):
        statement(book.database, "account-zoe", day("2026-06-30"))
