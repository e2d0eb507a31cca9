"""What was open on any day, as known at any moment, is what the postings known then add up to."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from engine.domain.facts.base import Allocation, Fact
from engine.domain.facts.items import InvoiceCorrected, InvoiceRaised, PaymentReceived, PaymentReversed
from projections import tables
from projections.balances import open_balances
from projections.catch_up import catch_up
from projections.check import RowDiffers, differences
from projections.connection import reading
from projections.length_classes import LONGEST, class_of
from projections.rectangles import ENDLESS_ON
from tests.plain_balances import PLAIN, plain_balances
from tests.report_log import ADA, BEN, Book, book_at, day, invoice, moment, payment

BEGIN = date(2024, 1, 30)
DAYS = (0, 1, 2, 15, 16, 17, 30, 31, 64, 400, 9_000)
"""Days and moments around the ends of classes of lengths, and some far away."""
offsets = st.sampled_from(DAYS)
minor = st.integers(1, 300)


def on(days: int) -> date:
    return BEGIN + timedelta(days)


def amount(cents: int) -> Decimal:
    return Decimal(cents) / 100


def _raised(item: str, cents: int, first: int, second: int) -> Fact:
    return InvoiceRaised(
        invoice=item, amount=amount(cents), currency="EUR", issued_on=on(first), due_on=on(first + second)
    )


def _corrected(item: str, cents: int, first: int, second: int) -> Fact:
    return InvoiceCorrected(
        invoice=item, currency="EUR", amount=amount(cents), previous_amount=amount(100), due_on=on(second),
        previous_due_on=on(0), effective_on=on(first),
    )  # fmt: skip


def _paid(item: str, cents: int, first: int, second: int) -> Fact:
    """Received on one day, and set against the item on that day or another, in part or whole."""
    part = Allocation(item=item, amount=amount(max(1, cents // 2)), on=on(max(first, second)))
    return PaymentReceived(
        payment=f"P-{cents}", amount=amount(cents), currency="EUR", received_on=on(first), allocations=(part,)
    )


def _reversed(item: str, cents: int, first: int, second: int) -> Fact:
    again = Allocation(item=item, amount=amount(cents), on=on(second))
    return PaymentReversed(
        payment=f"P-{cents}", amount=amount(cents), currency="EUR", reversed_on=on(first), reopened=(again,),
        unapplied=Decimal(0),
    )  # fmt: skip


facts = st.builds(
    lambda make, *given: make(*given),
    st.sampled_from([_raised, _corrected, _paid, _paid, _reversed]),
    st.sampled_from(["I-1", "I-2"]), minor, offsets, offsets,
)  # fmt: skip
logged = st.lists(st.tuples(st.sampled_from("AB"), facts, offsets, st.booleans()), max_size=14)
Logged = Sequence[tuple[str, Fact, int, bool]]


def _moment(days: int) -> datetime:
    return datetime(2024, 1, 30, 12, tzinfo=UTC) + timedelta(days)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def book(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """One book for all examples, each of which has accounts of its own."""
    url = f"sqlite:///{tmp_path_factory.mktemp('kept') / 'book.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("module_postgres_url")
    with book_at(url) as found:
        yield found


def _told(book: Book, told: Logged, in_order: bool, page_size: int) -> list[str]:
    """Stores the facts, known in the order of the log or in any, and returns their accounts; of each item
    there is one."""
    streams = {name: f"account-{uuid4()}" for name in "AB"}
    raised: set[tuple[str, str]] = set()
    moments = sorted(days for _, _, days, _ in told)
    for (name, fact, days, backfilled), later in zip(told, moments, strict=True):
        if isinstance(fact, InvoiceRaised):
            if (name, fact.invoice) in raised:
                continue
            raised.add((name, fact.invoice))
        known = f"{_moment(later if in_order else days):%Y-%m-%d %H:%M}"
        book.log.add(streams[name], fact, known=known, basis="backfill" if backfilled else None)
    catch_up(book.database, book.log.read, page_size=page_size)
    return list(streams.values())


def _of(rows: Iterable[Any], streams: Sequence[str]) -> list[str]:
    return sorted(repr(tuple(row)) for row in rows if row[0] in streams)


@settings(max_examples=30)
@given(told=logged, in_order=st.booleans(), page_size=st.integers(1, 6), days=offsets, known=offsets)
def test_any_day_on_both_clocks(
    book: Book, told: Logged, in_order: bool, page_size: int, days: int, known: int
) -> None:  # fmt: skip
    streams = _told(book, told, in_order, page_size)
    for as_of in (on(days), on(days) - timedelta(1), date.max):
        for as_known in (None, _moment(known), _moment(known) - timedelta(microseconds=1)):
            with reading(book.database, as_known) as connection:
                plain = _of(plain_balances(connection, as_of), streams)
                for only in (None, streams, select(tables.timeline.c.account)):
                    due = open_balances(connection, as_of, only)
                    kept = connection.execute(select(*(due.c[name] for name in PLAIN))).all()
                    assert _of(kept, streams) == plain


def test_the_same_log_makes_the_same_rows_however_it_is_paged(book: Book) -> None:
    """That of all the examples, known in any order."""
    wrong = [one for one in differences(book.database, book.log.read) if isinstance(one, RowDiffers)]
    assert wrong == []
    with book.database.connect() as connection:
        assert (connection.scalar(select(func.count()).select_from(tables.balances)) or 0) > 100


@pytest.mark.parametrize(
    ("days", "power"),
    [(1, 4), (16, 4), (17, 5), (32, 5), (33, 6), (8192, LONGEST), (8193, LONGEST + 1), (10**6, LONGEST + 1)],
)
def test_lengths_have_the_power_of_two_that_holds_them(days: int, power: int) -> None:
    assert class_of(timedelta(days)) == power
    assert class_of(timedelta(days) - timedelta(microseconds=1)) == power


def test_a_state_that_is_superseded_is_known_until_then(book_url: str) -> None:
    """An invoice, paid in part: what was open is kept as it was known, and Ben's is untouched."""
    with book_at(book_url) as book:
        book.add(ADA, invoice("I-1", "100.00", "2026-05-31"), known="2026-05-01")
        book.add(BEN, invoice("I-1", "70.00", "2026-05-31"), known="2026-05-01")
        before = _rectangles(book, BEN)
        book.add(ADA, payment("P-1", "30.00", "2026-06-05", ("I-1", "30.00")), known="2026-06-08")
        assert _rectangles(book, ADA) == [
            (day("2026-05-01"), day("2026-06-04"), moment("2026-06-08"), None, 10_000),
            (day("2026-05-01"), ENDLESS_ON, moment("2026-05-01"), moment("2026-06-08"), 10_000),
            (day("2026-06-05"), ENDLESS_ON, moment("2026-06-08"), None, 7_000),
        ]
        assert _rectangles(book, BEN) == before


def _rectangles(book: Book, stream: str) -> list[tuple[Any, ...]]:
    held = tables.balances.c
    query = select(held.from_on, held.last_on, held.known_from, held.known_until, held.open_minor)
    with book.database.connect() as connection:
        rows = connection.execute(query.where(held.account == stream, held.item == "I-1"))
        return sorted((tuple(row) for row in rows), key=lambda row: (row[0], row[1]))
