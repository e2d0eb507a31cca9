"""Figures of a book small enough to work them out by hand."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from engine.domain.facts.contacts import CallMade, CallOutcome
from engine.domain.facts.items import FeeCharged, InvoiceWrittenOff, PaymentReversed
from engine.domain.facts.promises import PromiseBroken, PromiseKept, PromiseMade, PromiseTerms
from projections.aging import bucket_labels
from projections.figures.cells import WHOLE
from projections.figures.kpi import VARIANTS, Basis, figures_of
from projections.figures.months import Cut, months
from projections.formulas import rounded
from tests.report_log import ADA, BEN, Book, allocations, book_at, day, invoice, moment, opened, payment

MARCH_31 = date(2026, 3, 31)


@pytest.fixture
def book(book_url: str) -> Iterator[Book]:
    with book_at(book_url) as book:
        book.add(ADA, opened("1", "2026-01-01", segment="small", collector="Jo"))
        book.add(ADA, invoice("A1", "1200.00", "2026-02-04", "2026-01-05"))
        book.add(ADA, invoice("A2", "600.00", "2026-03-04", "2026-02-02"))
        book.add(ADA, payment("P1", "1200.00", "2026-02-14", ("A1", "1200.00")))
        book.add(ADA, payment("P2", "400.00", "2026-03-10", ("A2", "400.00")))
        book.add(BEN, opened("2", "2026-02-01", segment="large"))
        book.add(BEN, invoice("B1", "900.00", "2026-03-18", "2026-02-16"))
        book.add(BEN, invoice("B2", "300.00", "2026-04-08", "2026-03-09"))
        book.add(BEN, fee("F1", "30.00", "2026-03-20"))
        yield book


def fee(number: str, amount: str, on: str) -> FeeCharged:
    return FeeCharged(
        charge=number, amount=Decimal(amount), currency="EUR", charged_on=day(on), due_on=day(on)
    )


def call(number: str, at: str, outcome: str) -> CallMade:
    return CallMade(call=number, called_at=moment(at), outcome=CallOutcome(outcome))


def shown(
    book: Book, *names: str, as_of: date = MARCH_31, known: datetime | None = None, cut: Cut = WHOLE,
    charges: bool = False,
) -> dict[str, str]:  # fmt: skip
    """The figures of the last month, of these names (figure and variant) or all that have a value."""
    found = months(book.database, UTC, as_of, known, cut)
    basis = Basis(bucket_labels(), charges)
    chosen = [one for one in VARIANTS if not names or f"{one.figure} {one.name}" in names]
    return {
        " ".join(filter(None, (one.variant.figure, one.variant.name, one.step))): str(rounded(one.value, 2))
        for one in figures_of(found, chosen, basis)
        if one.value is not None
    }


def test_dso_and_cei_in_every_variant(book: Book) -> None:
    names = [f"{one.figure} {one.name}" for one in VARIANTS if one.figure in ("dso", "cei")]

    assert shown(book, *names) == {
        "dso quarter": "42.00",  # 1,400 ÷ 3,000 × 90
        "dso month": "144.67",  # 1,400 ÷ 300 × 31
        "dso year": "42.00",  # there are no more than three months
        "dso countback": "51.53",  # 31, then 1,100 of February's 1,500 × 28
        "dso best-possible": "9.00",  # 300 ÷ 3,000 × 90
        "dso delinquent": "33.00",
        "cei month": "26.67",  # (1,500 + 300 − 1,400) ÷ (1,500 + 300 − 300)
        "cei quarter-average": "-57.14",  # (0 + 1,000 − 1,400) ÷ (1,000 − 300)
        "cei quarter-total": "59.26",  # (0 + 3,000 − 1,400) ÷ (3,000 − 300)
    }  # fmt: skip


def test_charges_count_on_both_sides_or_on_none(book: Book) -> None:
    assert shown(book, "dso quarter", charges=True) == {"dso quarter": "42.48"}  # 1,430 ÷ 3,030 × 90


def test_a_month_that_runs_is_counted_up_to_the_day(book: Book) -> None:
    """On 15 March: 200, 900 and 300 are open, of which 1,200 are not due; nothing has rolled yet."""
    names = ("dso quarter", "dso best-possible", "cei month", "cure-rate accounts", "roll-rates net")

    assert shown(book, *names, as_of=date(2026, 3, 15)) == {
        "dso quarter": "34.53",  # 1,400 ÷ 3,000 × 74
        "dso best-possible": "29.60",  # 1,200 ÷ 3,000 × 74
        "cei month": "66.67",  # (1,500 + 300 − 1,400) ÷ (1,800 − 1,200)
    }


def test_roll_rates_net_and_by_account(book: Book) -> None:
    """At the end of February both were current (600 and 900); a month later both are 1-30 days late."""
    rolled = shown(book, "roll-rates net", "roll-rates accounts", "cure-rate accounts")
    assert rolled == {"roll-rates net current to 1-30": "75.33"}  # (200 + 900 + 30) ÷ 1,500

    book.add(ADA, payment("P3", "200.00", "2026-04-02", ("A2", "200.00")))
    assert shown(
        book, "roll-rates accounts", "roll-rates balances", "cure-rate accounts", as_of=date(2026, 4, 30)
    ) == {
        "roll-rates accounts 1-30: cure": "50.00", "roll-rates accounts 1-30: stay": "0.00",
        "roll-rates accounts 1-30: forward": "50.00",
        "roll-rates balances 1-30: cure": "13.99",  # 200 of 200 + 900 + 300 + 30
        "roll-rates balances 1-30: stay": "0.00", "roll-rates balances 1-30: forward": "86.01",
        "cure-rate accounts": "50.00",
    }  # fmt: skip


def test_days_to_pay_count_what_was_paid_in_full_and_not_what_was_taken_back(book: Book) -> None:
    """A1 was paid after 40 days, 10 of them late; its payment is returned in March."""
    february = date(2026, 2, 28)
    names = ("days-to-pay average", "days-to-pay late", "days-to-pay late-only")

    assert list(shown(book, *names, as_of=february).values()) == ["40.00", "10.00", "10.00"]
    book.add(ADA, PaymentReversed.model_validate({
        "payment": "P1", "amount": "1200.00", "currency": "EUR", "reversed_on": "2026-03-30",
        "unapplied": "0",
        "reopened": allocations("2026-03-30", ("A1", "1200.00")),
    }))  # fmt: skip
    assert list(shown(book, *names, as_of=february).values()) == ["40.00", "10.00", "10.00"]
    assert shown(book, "dso quarter") == {"dso quarter": "78.00"}  # 2,600 are open


def test_promises_by_the_month_promised_for_as_they_were_judged_last(book: Book) -> None:
    terms = PromiseTerms(tolerance=Decimal(0), deadline=day("2026-03-10"), judge_at=moment("2026-03-11"))
    for number, amount in (("one", "300.00"), ("two", "100.00")):
        book.add(ADA, PromiseMade(
            promise=number, items=("A2",), amount=Decimal(amount), currency="EUR",
            made_on=day("2026-03-01"), promised_on=day("2026-03-10"), terms=terms,
        ))  # fmt: skip
    book.add(ADA, PromiseKept(promise="one", received=Decimal(300), judged_at=moment("2026-03-11")))
    book.add(ADA, PromiseBroken(promise="two", received=Decimal(0), judged_at=moment("2026-03-11")))

    rates = {"kept-rate number": "50.00", "kept-rate amount": "75.00", "kept-rate money": "75.00"}
    assert shown(book, *rates) == rates
    assert shown(book, *rates, known=moment("2026-03-11")) == {}


def test_calls_by_who_answered_in_the_month_that_it_was_in_the_books_zone(book: Book) -> None:
    outcomes = ("promised", "third_party", "no_answer", "voicemail", "wrong_number")
    for number, outcome in enumerate(outcomes):
        book.add(BEN, call(f"call-{number}", f"2026-03-{number + 20} 10:00", outcome))

    assert shown(book, *(f"contact-rate {name}" for name in (
        "right-party-per-attempt", "right-party-per-contact", "contact"
    ))) == {
        "contact-rate right-party-per-attempt": "20.00",
        "contact-rate right-party-per-contact": "33.33",
        "contact-rate contact": "60.00",
    }  # fmt: skip


def test_of_one_segment_or_collector(book: Book) -> None:
    assert shown(book, "dso quarter", cut=("segment", "small")) == {
        "dso quarter": "10.00"
    }  # 200 ÷ 1,800 × 90
    assert shown(book, "dso quarter", cut=("collector", "Jo")) == {"dso quarter": "10.00"}
    assert shown(book, "dso quarter", cut=("collector", "")) == {"dso quarter": "59.00"}  # 1,200 ÷ 1,200 × 59


def test_bad_debt_is_what_was_written_off(book: Book) -> None:
    book.add(ADA, InvoiceWrittenOff(
        invoice="A2", amount=Decimal("200.00"), currency="EUR", written_off_on=day("2026-03-25"),
        reason="lost",
    ))  # fmt: skip

    assert shown(book, "bad-debt gross", "bad-debt net") == {
        "bad-debt gross": "6.67", "bad-debt net": "6.67"
    }  # fmt: skip
