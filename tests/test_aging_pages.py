"""Aging by pages: the same figures as the whole report, cut and sorted by the database."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from projections.aging import aging, aging_detail
from projections.aging_pages import AccountAged, Part, aged_accounts, aged_items
from projections.connection import reading
from projections.slices import Slice, every
from tests.report_log import ADA, BEN, Book, book_at, day, invoice, moment, opened, payment

D = day("2026-07-01")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def book(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """Ada owes 90.00 for 31 days and 50.00 for later, and has 20.00 unapplied; Ben 70.00 for 1 day, and
    10.00 USD for 91."""
    url = f"sqlite:///{tmp_path_factory.mktemp('pages') / 'book.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("module_postgres_url")
    with book_at(url) as book:
        book.add(ADA, opened("A-1", segment="red"))
        book.add(ADA, invoice("I-2", "100.00", "2026-05-31"), invoice("I-1", "50.00", "2026-07-31"))
        book.add(ADA, payment("P-1", "30.00", "2026-06-10", ("I-2", "10.00")))
        book.add(BEN, opened("B-1"), invoice("I-3", "70.00", "2026-06-30"))
        book.add(BEN, invoice("I-4", "10.00", "2026-04-01", currency="USD"))
        yield book


def accounts(book: Book, part: Part, cut: Slice) -> tuple[list[AccountAged], int]:
    with reading(book.database) as connection:
        return aged_accounts(connection, D, part, cut)


def test_accounts_come_by_what_they_owe(book: Book) -> None:
    rows, total = accounts(book, Part(currency="EUR"), Slice("total"))
    assert total == 2
    assert [(row.number, row.total, row.unapplied, row.count) for row in rows] == [
        ("A-1", Decimal("120.00"), Decimal("20.00"), 2), ("B-1", Decimal("70.00"), Decimal("0.00"), 1),
    ]  # fmt: skip
    assert rows[0].buckets["31-60"] == Decimal("90.00")
    up, _ = accounts(book, Part(currency="EUR"), Slice("total", descending=False))
    assert [row.number for row in up] == ["B-1", "A-1"]


def test_a_bucket_leads_to_the_accounts_and_items_in_it(book: Book) -> None:
    rows, total = accounts(book, Part(currency="EUR", bucket="1-30"), Slice("1-30"))
    assert ([row.number for row in rows], total) == (["B-1"], 1)
    with reading(book.database) as connection:
        part = Part(currency="EUR", bucket="1-30", account=BEN)
        items, count = aged_items(connection, D, part, Slice("days"))
    assert ([(one.item, one.days_past_due, one.open) for one in items], count) == (
        [("I-3", 1, Decimal("70.00"))], 1,
    )  # fmt: skip


@pytest.mark.parametrize("bucket", ["current", "1-30", "31-60", "61-90", "91+", "unapplied"])
@pytest.mark.parametrize("as_of", ["2026-06-30", "2026-07-01", "2026-07-31", "2026-05-31"])
def test_each_bucket_adds_up_to_the_report(book: Book, bucket: str, as_of: str) -> None:
    """The present reads what is kept, an earlier day the postings: both give what the report gives."""
    with reading(book.database) as connection:
        items, _ = aged_items(connection, day(as_of), Part("EUR", bucket=bucket), Slice("open"))
    [row] = [row for row in aging(book.database, day(as_of)) if row.currency == "EUR"]
    wanted = -row.unapplied if bucket == "unapplied" else row.buckets[bucket]
    assert sum(one.open for one in items) == wanted
    assert {one.bucket for one in items} <= {bucket}
    detail = [one for one in aging_detail(book.database, day(as_of)) if one.bucket == bucket]
    assert {(one.number, one.item) for one in items} == {
        (one.number, one.item) for one in detail if one.currency == "EUR"
    }


def test_a_key_of_the_report_leads_to_its_accounts(book: Book) -> None:
    red, _ = accounts(book, Part(currency="EUR", by="segment", key="red"), Slice("total"))
    none, _ = accounts(book, Part(currency="EUR", by="segment", key=""), Slice("total"))
    assert ([row.number for row in red], [row.number for row in none]) == (["A-1"], ["B-1"])


def test_items_are_sorted_by_age_amount_or_issue(book: Book) -> None:
    def order(sort: str) -> list[str | None]:
        with reading(book.database) as connection:
            return [one.item for one in aged_items(connection, D, Part("EUR"), Slice(sort))[0]]

    assert order("days") == ["I-2", "I-3", "I-1", None]
    assert order("open") == ["I-2", "I-3", "I-1", None]
    assert order("issued") == ["I-1", "I-3", "I-2", None]


def test_pages_join_without_a_gap_and_on_both_clocks(book: Book) -> None:
    one, total = accounts(book, Part(), Slice("total", limit=1))
    two, _ = accounts(book, Part(), Slice("total", offset=1, limit=1))
    assert (total, [row.number for row in [*one, *two]]) == (3, ["A-1", "B-1"])
    whole = every(book.database, None, D, lambda on, cut: aged_accounts(on, D, Part(), cut), Slice("total"))
    assert [(row.number, row.currency) for row in whole] == [("A-1", "EUR"), ("B-1", "EUR"), ("B-1", "USD")]
    with reading(book.database, moment("2026-05-02"), D) as connection:
        then, _ = aged_accounts(connection, D, Part("EUR"), Slice("total"))
    assert [row.total for row in then] == [Decimal("100.00")]
