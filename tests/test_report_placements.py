"""Placements: what was proposed, placed, declined and recalled, and what is still open of it."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from engine.domain.facts.contacts import Line
from engine.domain.facts.escalation import AccountPlaced, PlacementProposed, PlacementRecalled
from projections.placements import PlacementRow, placement_list
from tests.report_log import ADA, BEN, Book, book_at, day, invoice, moment, opened, payment


@pytest.fixture
def book(book_url: str) -> Iterator[Book]:
    with book_at(book_url) as book:
        yield book


def lines(*items: tuple[str, str]) -> tuple[Line, ...]:
    return tuple(
        Line(
            item=item, step="agency", open=Decimal(amount), currency="EUR", due_on=day("2026-03-01"),
            days_past_due=90,
        )
        for item, amount in items
    )  # fmt: skip


def proposed(name: str, *items: tuple[str, str]) -> PlacementProposed:
    return PlacementProposed(placement=name, agency="Example Collections", step="agency", lines=lines(*items))


def placed(name: str, on: str, *items: tuple[str, str]) -> AccountPlaced:
    return AccountPlaced(placement=name, agency="Example Collections", placed_on=day(on), lines=lines(*items))


def recalled(name: str, on: str, declined: bool = False) -> PlacementRecalled:
    return PlacementRecalled(placement=name, recalled_on=day(on), declined=declined)


def standing(rows: list[PlacementRow]) -> list[tuple[str, str, str]]:
    return [(row.number, row.status, row.since.isoformat()) for row in rows]


def test_a_placement_from_proposal_to_recall(book: Book) -> None:
    book.add(
        ADA, opened("A-1"), invoice("I-1", "100.00", "2026-03-01"), invoice("I-2", "50.00", "2026-03-01")
    )
    book.add(ADA, proposed("L-1", ("I-1", "100.00"), ("I-2", "50.00")), known="2026-06-01 09:00")
    book.add(ADA, payment("P-1", "70.00", "2026-06-02", ("I-2", "50.00"), ("I-1", "20.00")))
    book.add(ADA, placed("L-1", "2026-06-03", ("I-1", "80.00")))
    book.add(ADA, payment("P-2", "30.00", "2026-06-20", ("I-1", "30.00")), recalled("L-1", "2026-07-01"))

    def at(as_of: str) -> tuple[str, tuple[str, ...], dict[str, Decimal], dict[str, Decimal]]:
        [row] = placement_list(book.database, day(as_of))
        return row.status, row.items, row.placed, row.open

    assert placement_list(book.database, day("2026-05-31")) == []
    assert at("2026-06-02") == (
        "proposed", ("I-1", "I-2"), {"EUR": Decimal("150.00")}, {"EUR": Decimal("80.00")},
    )  # fmt: skip
    assert at("2026-06-20") == ("placed", ("I-1",), {"EUR": Decimal("80.00")}, {"EUR": Decimal("50.00")})
    assert at("2026-07-01") == ("recalled", ("I-1",), {"EUR": Decimal("80.00")}, {"EUR": Decimal("50.00")})


def test_a_declined_proposal_and_another_account(book: Book) -> None:
    for stream, number in ((ADA, "A-1"), (BEN, "B-1")):
        book.add(stream, opened(number), invoice("I-1", "100.00", "2026-03-01"))
        book.add(stream, proposed("L-1", ("I-1", "100.00")), known="2026-06-01 09:00")
    book.add(ADA, recalled("L-1", "2026-06-02", declined=True), known="2026-06-04 09:00")
    rows = placement_list(book.database, day("2026-06-30"))
    assert standing(rows) == [("A-1", "declined", "2026-06-02"), ("B-1", "proposed", "2026-06-01")]
    assert {row.agency for row in rows} == {"Example Collections"}
    as_known = placement_list(book.database, day("2026-06-30"), moment("2026-06-03"))
    assert [status for _, status, _ in standing(as_known)] == ["proposed", "proposed"]
