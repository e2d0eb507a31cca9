"""Aging: buckets at their limits, both clocks, currencies, corrections, reversals."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest

from engine.domain.facts.accounts import PolicyAssigned
from engine.domain.facts.items import (
    FeeCharged,
    InvoiceCorrected,
    InvoiceWrittenOff,
    PaymentAllocated,
    PaymentReversed,
)
from projections.aging import (
    AgingRow,
    EdgesNotAscending,
    aging,
    aging_detail,
    bucket_labels,
)
from tests.report_log import ADA, BEN, Book, allocations, book_at, day, invoice, moment, opened, payment


@pytest.fixture
def book(book_url: str) -> Iterator[Book]:
    with book_at(book_url) as book:
        yield book


def shown(rows: list[AgingRow]) -> list[str]:
    """Each row as its key, and the columns that are not zero."""
    texts = []
    for row in rows:
        apart = ("key", "count", "principal", "interest", "fees")
        columns = [f"{name} {value}" for name, value in row.as_json().items() if name not in apart]
        some = [column for column in columns[1:] if Decimal(column.split()[1])]
        texts.append(f"{row.key} {row.currency} #{row.count}: {', '.join(some)}")
    return texts


@pytest.mark.parametrize(
    ("days_past_due", "bucket"),
    [
        (-400, "current"), (-1, "current"), (0, "current"),
        (1, "1-30"), (29, "1-30"), (30, "1-30"),
        (31, "31-60"), (60, "31-60"),
        (61, "61-90"), (90, "61-90"),
        (91, "91+"), (4000, "91+"),
    ],
)  # fmt: skip
def test_each_day_past_due_falls_into_its_bucket(sqlite_url: str, days_past_due: int, bucket: str) -> None:
    as_of = day("2026-06-30")
    due = as_of - timedelta(days=days_past_due)
    with book_at(sqlite_url) as book:
        book.add(ADA, opened("A-1"), invoice("I-1", "100.00", due.isoformat(), issued="2010-01-01"))
        [row] = aging(book.database, as_of)
        [item] = aging_detail(book.database, as_of)
    assert {name for name, amount in row.buckets.items() if amount} == {bucket}
    assert (item.bucket, item.days_past_due) == (bucket, days_past_due)


def test_the_buckets_of_a_whole_book(book: Book) -> None:
    """Due 10 days ahead, and 0, 1, 30, 31, 60, 61, 90 and 91 days ago: 100, 200, 300 … 900."""
    dues = (
        "2026-07-10 2026-06-30 2026-06-29 2026-05-31 2026-05-30 2026-05-01 2026-04-30 2026-04-01 2026-03-31"
    )
    for number, due in enumerate(dues.split(), start=1):
        book.log.add(ADA, invoice(f"I-{number}", f"{number}00.00", due))
    book.add(ADA, invoice("not issued yet", "5000.00", "2026-08-01", issued="2026-07-01"))
    [row] = aging(book.database, day("2026-06-30"))
    assert row.as_json() == {
        "key": "EUR", "currency": "EUR", "count": 9, "current": "300.00", "1-30": "700.00",
        "31-60": "1100.00", "61-90": "1500.00", "91+": "900.00", "unapplied": "0.00", "total": "4500.00",
        "principal": "4500.00", "interest": "0.00", "fees": "0.00",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("due", "as_of", "bucket"),
    [
        ("2028-01-30", "2028-02-29", "1-30"),
        ("2028-01-30", "2028-03-01", "31-60"),
        ("2027-01-30", "2027-03-01", "1-30"),
        ("2028-02-29", "2028-02-29", "current"),
        ("2028-02-29", "2028-03-01", "1-30"),
    ],
)
def test_a_leap_day_is_a_day(sqlite_url: str, due: str, as_of: str, bucket: str) -> None:
    with book_at(sqlite_url) as book:
        book.add(ADA, invoice("I-1", "100.00", due))
        assert [item.bucket for item in aging_detail(book.database, day(as_of))] == [bucket]


@pytest.mark.parametrize(
    ("edges", "labels"),
    [
        ((30, 60, 90), ("current", "1-30", "31-60", "61-90", "91+")),
        ((7,), ("current", "1-7", "8+")),
        ((1, 2), ("current", "1-1", "2-2", "3+")),
        ((), ("current", "1+")),
    ],
)
def test_other_edges_make_other_buckets(edges: tuple[int, ...], labels: tuple[str, ...]) -> None:
    assert bucket_labels(edges) == labels


@pytest.mark.parametrize("edges", [(0, 30), (30, 30), (60, 30), (-1,)])
def test_edges_that_do_not_rise_are_refused(sqlite_url: str, edges: tuple[int, ...]) -> None:
    with book_at(sqlite_url) as book, pytest.raises(EdgesNotAscending, match="rising numbers of days"):
        aging(book.database, day("2026-06-30"), edges=edges)


def test_amounts_are_written_with_their_currencys_decimals(book: Book) -> None:
    """Yen have none, Kuwaiti dinars three; an account may owe both, and each payment settles its own."""
    book.add(ADA, opened("A-1"), invoice("Y-1", "120000", "2026-06-01", currency="JPY"))
    book.add(ADA, invoice("K-1", "10.005", "2026-06-30", currency="KWD"))
    book.add(ADA, payment("P-1", "20000", "2026-06-10", ("Y-1", "20000"), currency="JPY"))
    book.add(ADA, payment("P-2", "0.001", "2026-06-10", currency="KWD"))
    yen, dinars = (row.as_json() for row in aging(book.database, day("2026-06-30"), by="account"))
    assert (yen["key"], yen["1-30"], yen["unapplied"], yen["total"]) == ("A-1", "100000", "0", "100000")
    assert (dinars["current"], dinars["unapplied"], dinars["total"]) == ("10.005", "0.001", "10.004")


def test_a_payment_counts_from_its_day_on(book: Book) -> None:
    book.add(ADA, opened("A-1"), invoice("I-1", "100.00", "2026-05-31"))
    book.add(ADA, payment("P-1", "130.00", "2026-06-10", ("I-1", "100.00")))
    assert shown(aging(book.database, day("2026-06-09"))) == ["EUR EUR #1: 1-30 100.00, total 100.00"]
    assert shown(aging(book.database, day("2026-06-10"))) == ["EUR EUR #0: unapplied 30.00, total -30.00"]


def test_what_is_settled_has_no_row(book: Book) -> None:
    book.add(ADA, invoice("I-1", "100.00", "2026-05-31"))
    book.add(ADA, payment("P-1", "100.00", "2026-06-10", ("I-1", "100.00")))
    assert aging(book.database, day("2026-06-10")) == []
    assert aging_detail(book.database, day("2026-06-10")) == []


def test_money_that_came_before_the_invoice_waits_as_unapplied(book: Book) -> None:
    """Paid on 1 June for an invoice that was issued on 10 June."""
    book.add(ADA, payment("P-1", "100.00", "2026-06-01"), invoice("I-1", "80.00", "2026-07-10", "2026-06-10"))
    book.add(ADA, PaymentAllocated.model_validate({
        "payment": "P-1", "currency": "EUR", "allocated_on": "2026-06-10",
        "allocations": allocations("2026-06-10", ("I-1", "80.00")),
    }))  # fmt: skip
    assert shown(aging(book.database, day("2026-06-09"))) == ["EUR EUR #0: unapplied 100.00, total -100.00"]
    assert shown(aging(book.database, day("2026-06-10"))) == ["EUR EUR #0: unapplied 20.00, total -20.00"]


def test_what_is_paid_on_an_invoice_nobody_knew_yet_was_unapplied(book: Book) -> None:
    """Imported history: the payment's line was known on 1 June, the invoice's on 10 June."""
    book.add(ADA, payment("P-1", "80.00", "2026-06-01", ("I-1", "80.00", "2026-06-10")))
    book.add(ADA, invoice("I-1", "80.00", "2026-07-10", "2026-06-10"))
    as_known = aging(book.database, day("2026-06-30"), moment("2026-06-09"))
    assert shown(as_known) == ["EUR EUR #0: unapplied 80.00, total -80.00"]
    assert aging(book.database, day("2026-06-30")) == []


def reversal(on: str, reopened: list[dict[str, str]], unapplied: str = "0.00") -> PaymentReversed:
    return PaymentReversed.model_validate({
        "payment": "P-1", "amount": "100.00", "currency": "EUR", "reversed_on": on, "reopened": reopened,
        "unapplied": unapplied,
    })  # fmt: skip


def test_a_bounced_payment_reopens_what_it_closed_on_the_day_it_bounced(book: Book) -> None:
    book.add(ADA, invoice("I-1", "70.00", "2026-05-31"))
    book.add(ADA, payment("P-1", "100.00", "2026-06-01", ("I-1", "70.00")))
    book.add(ADA, reversal("2026-06-05", allocations("2026-06-05", ("I-1", "70.00")), "30.00"))
    assert shown(aging(book.database, day("2026-06-04"))) == ["EUR EUR #0: unapplied 30.00, total -30.00"]
    assert shown(aging(book.database, day("2026-06-05"))) == ["EUR EUR #1: 1-30 70.00, total 70.00"]
    before_it_bounced = aging(book.database, day("2026-06-30"), moment("2026-06-04"))
    assert shown(before_it_bounced) == ["EUR EUR #0: unapplied 30.00, total -30.00"]


def test_a_payment_for_a_later_invoice_that_bounced_before_it_was_issued(book: Book) -> None:
    book.add(ADA, payment("P-1", "100.00", "2026-06-01", ("I-1", "100.00", "2026-06-10")))
    book.add(ADA, invoice("I-1", "100.00", "2026-07-10", "2026-06-10"))
    book.add(ADA, reversal("2026-06-05", allocations("2026-06-10", ("I-1", "100.00"))))
    assert aging(book.database, day("2026-06-05")) == []
    assert shown(aging(book.database, day("2026-06-10"))) == ["EUR EUR #1: current 100.00, total 100.00"]


def corrected(on: str, amount: str, due: str, previous_due: str = "2026-05-31") -> InvoiceCorrected:
    return InvoiceCorrected.model_validate({
        "invoice": "I-1", "amount": amount, "previous_amount": "100.00", "due_on": due,
        "previous_due_on": previous_due, "currency": "EUR", "effective_on": on,
    })  # fmt: skip


def test_a_later_due_date_counts_from_the_day_it_takes_effect(book: Book) -> None:
    book.add(ADA, invoice("I-1", "100.00", "2026-05-31"))
    book.add(ADA, corrected("2026-06-15", "100.00", "2026-07-31"))
    assert shown(aging(book.database, day("2026-06-14"))) == ["EUR EUR #1: 1-30 100.00, total 100.00"]
    assert shown(aging(book.database, day("2026-06-15"))) == ["EUR EUR #1: current 100.00, total 100.00"]
    as_known = aging(book.database, day("2026-06-15"), moment("2026-06-15 11:59"))
    assert shown(as_known) == ["EUR EUR #1: 1-30 100.00, total 100.00"]


def test_a_due_date_that_was_an_error_is_corrected_from_the_issue_on(book: Book) -> None:
    """The second correction holds from the issue on, and so stands over the first."""
    book.add(ADA, invoice("I-1", "100.00", "2026-05-31", "2026-05-01"))
    book.add(ADA, corrected("2026-06-15", "100.00", "2026-07-31"), known="2026-06-15")
    book.add(ADA, corrected("2026-05-01", "100.00", "2026-06-10", "2026-07-31"), known="2026-06-20")
    dues = {
        (as_of, known): aging_detail(book.database, day(as_of), moment(known))[0].due_on
        for as_of in ("2026-06-14", "2026-06-30")
        for known in ("2026-06-14", "2026-06-15", "2026-06-20")
    }
    assert dues == {
        ("2026-06-14", "2026-06-14"): day("2026-05-31"),
        ("2026-06-14", "2026-06-15"): day("2026-05-31"),
        ("2026-06-14", "2026-06-20"): day("2026-06-10"),
        ("2026-06-30", "2026-06-14"): day("2026-05-31"),
        ("2026-06-30", "2026-06-15"): day("2026-07-31"),
        ("2026-06-30", "2026-06-20"): day("2026-06-10"),
    }


def test_a_penalty_replaces_the_claim_from_its_day_on(book: Book) -> None:
    book.add(ADA, invoice("I-1", "100.00", "2026-05-31"), corrected("2026-06-15", "150.00", "2026-05-31"))
    totals = [aging(book.database, day(as_of))[0].total for as_of in ("2026-06-14", "2026-06-15")]
    assert totals == [Decimal("100.00"), Decimal("150.00")]


def test_charges_age_by_their_own_due_date_and_are_not_counted_as_invoices(book: Book) -> None:
    fee = FeeCharged(
        charge="F-1", amount=Decimal("5.00"), currency="EUR", charged_on=day("2026-06-01"),
        due_on=day("2026-06-20"), invoice="I-1",
    )  # fmt: skip
    book.add(ADA, invoice("I-1", "100.00", "2026-04-30"), fee)
    assert shown(aging(book.database, day("2026-06-30"))) == [
        "EUR EUR #1: 1-30 5.00, 61-90 100.00, total 105.00"
    ]  # fmt: skip
    kinds = [(item.item, item.item_kind) for item in aging_detail(book.database, day("2026-06-30"))]
    assert kinds == [("I-1", "invoice"), ("F-1", "fee")]


def test_written_off_is_no_longer_owed(book: Book) -> None:
    given_up = InvoiceWrittenOff(
        invoice="I-1", amount=Decimal("100.00"), currency="EUR", written_off_on=day("2026-06-15")
    )
    book.add(ADA, invoice("I-1", "100.00", "2026-04-30"), given_up)
    assert [len(aging(book.database, day(as_of))) for as_of in ("2026-06-14", "2026-06-15")] == [1, 0]


def test_what_happens_on_one_account_leaves_the_other_as_it_was(book: Book) -> None:
    book.add(BEN, opened("B-1"), invoice("I-1", "100.00", "2026-05-31"))
    before = aging(book.database, day("2026-06-30"), by="account")
    book.add(ADA, opened("A-1"), invoice("I-1", "500.00", "2026-04-30"))
    book.add(ADA, payment("P-1", "500.00", "2026-06-01", ("I-1", "500.00")))
    assert aging(book.database, day("2026-06-30"), by="account", account=BEN) == before
    assert [row.key for row in aging(book.database, day("2026-06-30"), by="account")] == ["B-1"]


def test_by_account_is_by_number_and_keeps_accounts_of_one_number_apart(book: Book) -> None:
    book.add(BEN, opened("7"), invoice("I-1", "10.00", "2026-06-30"))
    book.add(ADA, opened("7"), invoice("I-1", "20.00", "2026-06-30"))
    book.add("account-cid", opened("10"), invoice("I-1", "30.00", "2026-06-30"))
    rows = aging(book.database, day("2026-06-30"), by="account")
    assert [(row.key, row.account, row.total) for row in rows] == [
        ("10", "account-cid", Decimal("30.00")), ("7", ADA, Decimal("20.00")), ("7", BEN, Decimal("10.00")),
    ]  # fmt: skip


def test_by_segment(book: Book) -> None:
    book.add(ADA, opened("A-1", segment="retail"), invoice("I-1", "10.00", "2026-06-30"))
    book.add(BEN, opened("B-1"), invoice("I-1", "20.00", "2026-06-30"))
    assert shown(aging(book.database, day("2026-06-30"), by="segment")) == [
        " EUR #1: current 20.00, total 20.00",
        "retail EUR #1: current 10.00, total 10.00",
    ]


def assigned(policy: str, at: str) -> PolicyAssigned:
    return PolicyAssigned(policy=policy, effective_from=moment(at))


def test_by_policy_takes_the_assignment_of_that_day_else_the_books(book: Book) -> None:
    """The book follows `gentle`, from 20 June `firm`; Ada was given `strict` on the 10th, from the 15th."""
    book.add("policies", assigned("gentle", "2026-01-01"), known="2026-01-01")
    book.add("policies", assigned("firm", "2026-06-20"), known="2026-06-02")
    book.add(ADA, invoice("I-1", "10.00", "2026-07-31", "2026-06-01"))
    book.add(BEN, invoice("I-1", "20.00", "2026-07-31", "2026-06-01"))
    book.add(ADA, assigned("strict", "2026-06-15"), known="2026-06-10")

    def keys(as_of: date, as_known: str | None = None) -> list[str]:
        known = moment(as_known) if as_known else None
        return [f"{row.key} {row.total}" for row in aging(book.database, as_of, known, by="policy")]

    assert keys(day("2026-06-14")) == ["gentle 30.00"]
    assert keys(day("2026-06-15")) == ["gentle 20.00", "strict 10.00"]
    assert keys(day("2026-06-20")) == ["firm 20.00", "strict 10.00"]
    assert keys(day("2026-06-15"), "2026-06-09") == ["gentle 30.00"]
    assert keys(date.max) == ["firm 20.00", "strict 10.00"]


def test_the_detail_adds_up_to_the_totals(book: Book) -> None:
    book.add(
        ADA, opened("A-1"), invoice("I-2", "100.00", "2026-05-31"), invoice("I-1", "50.00", "2026-07-31")
    )
    book.add(ADA, payment("P-1", "30.00", "2026-06-10", ("I-2", "10.00")))
    detail = aging_detail(book.database, day("2026-07-01"))
    assert [(item.item, item.bucket, item.open) for item in detail] == [
        ("I-2", "31-60", Decimal("90.00")), ("I-1", "current", Decimal("50.00")),
        (None, "unapplied", Decimal("-20.00")),
    ]  # fmt: skip
    [row] = aging(book.database, day("2026-07-01"))
    assert row.total == sum(item.open for item in detail) == Decimal("120.00")
    assert aging_detail(book.database, day("2026-07-01"), account=ADA) == detail
    assert aging_detail(book.database, day("2026-07-01"), account=BEN) == []


def test_a_row_says_where_it_rests_on_backfilled_knowledge(book: Book) -> None:
    book.add(
        ADA, opened("A-1"), invoice("I-1", "10.00", "2026-06-30"), basis="backfill: invoices.csv, line 2"
    )
    book.add(BEN, opened("B-1"), invoice("I-1", "20.00", "2026-06-30"), basis="demo")
    rows = aging(book.database, day("2026-06-30"), moment("2026-07-01"), by="account")
    assert [(row.key, row.rests_on_backfill) for row in rows] == [("A-1", True), ("B-1", False)]


def test_what_was_paid_twice_for_a_time_is_unapplied_then(book: Book) -> None:
    """P-1 pays on the 20th and is taken back on the 30th; P-2, recorded then, had come in on the 10th: from
    the 20th to the 29th the item was paid twice over, by what is known today."""
    book.add(ADA, opened("A-1"), invoice("I-1", "100.00", "2026-03-05"))
    book.add(ADA, payment("P-1", "100.00", "2026-03-20", ("I-1", "100.00")))
    taken_back = PaymentReversed.model_validate({
        "payment": "P-1", "amount": "100.00", "currency": "EUR", "reversed_on": "2026-03-30",
        "reopened": allocations("2026-03-30", ("I-1", "100.00")), "unapplied": "0",
    })  # fmt: skip
    book.add(ADA, taken_back)
    book.add(ADA, payment("P-2", "100.00", "2026-03-10", ("I-1", "100.00")), known="2026-03-30 13:00")
    found = {}
    for on in ("2026-03-09", "2026-03-19", "2026-03-20", "2026-03-29", "2026-03-30"):
        rows = aging(book.database, day(on))
        found[on] = [(row.buckets["1-30"], row.unapplied, row.total) for row in rows]
    hundred, nothing = Decimal("100.00"), Decimal("0.00")
    assert found == {
        "2026-03-09": [(hundred, nothing, hundred)], "2026-03-19": [],
        "2026-03-20": [(nothing, hundred, -hundred)], "2026-03-29": [(nothing, hundred, -hundred)],
        "2026-03-30": [],
    }  # fmt: skip
    [item] = aging_detail(book.database, day("2026-03-20"))
    assert (item.item, item.item_kind, item.due_on, item.open) == ("I-1", "unapplied", None, -hundred)
