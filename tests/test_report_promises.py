"""Promises: what became of each on both clocks, and the share that was kept."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from engine.domain.facts.base import Allocation
from engine.domain.facts.items import InvoiceRaised, PaymentAllocated, PaymentReceived
from engine.domain.facts.promises import (
    Judgement,
    PromiseBroken,
    PromiseKept,
    PromiseMade,
    PromisePartlyKept,
    PromiseWithdrawn,
    RepaymentPlanAgreed,
)
from projections.promise_sums import promise_summaries
from projections.promises import PromiseRow, promise_list
from tests.report_log import ADA, BEN, Book, book_at, day, moment, opened


@pytest.fixture
def book(book_url: str) -> Iterator[Book]:
    with book_at(book_url) as book:
        yield book


def terms(deadline: str) -> dict[str, Any]:
    return {"tolerance": "0.00", "deadline": deadline, "judge_at": f"{deadline}T22:00:00Z"}


def promised(
    name: str, amount: str, until: str, made: str = "2026-05-01", taken_by: str = "mia", currency: str = "EUR"
) -> PromiseMade:
    return PromiseMade.model_validate({
        "promise": name, "amount": amount, "currency": currency, "made_on": made, "promised_on": until,
        "items": ["I-1"], "terms": terms(until), "taken_by": taken_by,
    })  # fmt: skip


def judged(kind: type[Judgement], name: str, received: str, at: str) -> Judgement:
    return kind(promise=name, received=Decimal(received), judged_at=moment(at))


def withdrawn(name: str, on: str) -> PromiseWithdrawn:
    return PromiseWithdrawn(promise=name, withdrawn_on=day(on))


def standing(rows: list[PromiseRow]) -> dict[str, str]:
    return {row.promise: f"{row.status} {row.received}" for row in rows}


def test_each_promise_stands_as_it_was_judged(book: Book) -> None:
    book.add(ADA, opened("A-1"))
    for name in ("kept", "partly", "broken", "moot", "open"):
        book.add(ADA, promised(name, "100.00", "2026-05-15"))
    book.add(
        ADA,
        judged(PromiseKept, "kept", "100.00", "2026-05-18 04:00"),
        judged(PromisePartlyKept, "partly", "40.00", "2026-05-18 04:00"),
        judged(PromiseBroken, "broken", "0", "2026-05-18 04:00"),
        withdrawn("moot", "2026-05-10"),
    )
    rows = promise_list(book.database, day("2026-05-31"))
    assert standing(rows) == {
        "kept": "kept 100.00", "partly": "partly_kept 40.00", "broken": "broken 0.00",
        "moot": "withdrawn 0.00", "open": "pending 0.00",
    }  # fmt: skip
    assert {(row.number, row.amount, row.promised_on) for row in rows} == {
        ("A-1", Decimal("100.00"), day("2026-05-15"))
    }


def test_before_it_was_judged_a_promise_was_pending(book: Book) -> None:
    book.add(ADA, promised("Z-1", "100.00", "2026-05-15"))
    book.add(ADA, judged(PromiseBroken, "Z-1", "0", "2026-05-18 04:00"))
    stood = {
        as_of: standing(promise_list(book.database, day(as_of))) for as_of in ("2026-04-30", "2026-05-17")
    }
    assert stood == {"2026-04-30": {}, "2026-05-17": {"Z-1": "pending 0.00"}}
    assert standing(promise_list(book.database, day("2026-05-18"))) == {"Z-1": "broken 0.00"}


def test_a_promise_is_judged_again_when_its_money_bounces(book: Book) -> None:
    """Kept on 18 May, broken on 25 May; as known on the 24th it was kept."""
    book.add(ADA, promised("Z-1", "100.00", "2026-05-15"))
    book.add(ADA, judged(PromiseKept, "Z-1", "100.00", "2026-05-18 04:00"))
    book.add(ADA, judged(PromiseBroken, "Z-1", "0", "2026-05-25 04:00"))
    assert standing(promise_list(book.database, day("2026-05-31"))) == {"Z-1": "broken 0.00"}
    as_known = promise_list(book.database, day("2026-05-31"), moment("2026-05-24"))
    assert standing(as_known) == {"Z-1": "kept 100.00"}


def plan(name: str = "plan") -> RepaymentPlanAgreed:
    days = ("2026-05-15", "2026-06-15", "2026-07-15")
    return RepaymentPlanAgreed.model_validate({
        "plan": name, "currency": "EUR", "agreed_on": "2026-05-01", "items": ["I-1"], "taken_by": "mia",
        "instalments": [{"promised_on": on, "amount": "50.00", "terms": terms(on)} for on in days],
    })  # fmt: skip


def test_each_instalment_of_a_plan_is_a_promise_of_its_own(book: Book) -> None:
    book.add(ADA, plan())
    book.add(ADA, judged(PromiseKept, "plan/1", "50.00", "2026-05-18 04:00"))
    book.add(ADA, judged(PromiseBroken, "plan/2", "0.00", "2026-06-18 04:00"))
    rows = promise_list(book.database, day("2026-06-30"))
    assert standing(rows) == {"plan/1": "kept 50.00", "plan/2": "broken 0.00", "plan/3": "pending 0.00"}
    assert {row.plan for row in rows} == {"plan"}


def test_a_withdrawn_plan_takes_with_it_what_was_still_pending(book: Book) -> None:
    book.add(ADA, plan(), plan("other"))
    book.add(BEN, plan())
    book.add(ADA, judged(PromiseKept, "plan/1", "50.00", "2026-05-18 04:00"), withdrawn("plan", "2026-06-01"))
    assert standing(promise_list(book.database, day("2026-06-30"), account=ADA)) == {
        "plan/1": "kept 50.00", "plan/2": "withdrawn 0.00", "plan/3": "withdrawn 0.00",
        "other/1": "pending 0.00", "other/2": "pending 0.00", "other/3": "pending 0.00",
    }  # fmt: skip
    statuses = {row.status for row in promise_list(book.database, day("2026-06-30"), account=BEN)}
    assert statuses == {"pending"}


def test_who_took_a_promise_is_who_recorded_it_where_nobody_else_is_named(book: Book) -> None:
    book.add(ADA, promised("Z-1", "100.00", "2026-05-15", taken_by=""))
    assert [row.taken_by for row in promise_list(book.database, day("2026-05-31"))] == ["test"]


@pytest.fixture
def judged_book(book: Book) -> Book:
    """Kept 100 and 300, 50 of 200, broken 400, pending 500, withdrawn 600; and one in yen, kept."""
    book.add(
        ADA,
        promised("k1", "100.00", "2026-05-15"), promised("k2", "300.00", "2026-06-01", taken_by="leo"),
        promised("p1", "200.00", "2026-05-31"), promised("b1", "400.00", "2026-06-15"),
        promised("o1", "500.00", "2026-06-30"), promised("w1", "600.00", "2026-05-20"),
        promised("y1", "7000", "2026-05-20", currency="JPY"),
        judged(PromiseKept, "k1", "100.00", "2026-05-18"), judged(PromiseKept, "y1", "7000", "2026-05-23"),
        judged(PromiseKept, "k2", "310.00", "2026-06-04"), withdrawn("w1", "2026-05-19"),
        judged(PromisePartlyKept, "p1", "50.00", "2026-06-03"),
        judged(PromiseBroken, "b1", "0", "2026-06-18"),
    )  # fmt: skip
    return book


def test_the_kept_rate_is_kept_of_judged_by_number_and_by_amount(judged_book: Book) -> None:
    euros, yen = promise_summaries(judged_book.database, day("2026-06-20"))
    assert (euros.key, euros.currency, euros.promised, euros.received) == (
        "all", "EUR", Decimal("2100.00"), Decimal("460.00"),
    )  # fmt: skip
    assert euros.counts == {"pending": 1, "kept": 2, "partly_kept": 1, "broken": 1, "withdrawn": 1}
    assert (euros.kept_rate_by_number, euros.kept_rate_by_amount) == (Decimal("0.5000"), Decimal("0.4000"))
    assert (yen.currency, yen.kept_rate_by_number, yen.received) == ("JPY", Decimal(1), Decimal(7000))


def test_the_summary_by_month_of_the_promised_date(judged_book: Book) -> None:
    months = promise_summaries(judged_book.database, day("2026-06-20"), by="month")
    euros = [one for one in months if one.currency == "EUR"]
    assert [(one.key, one.kept_rate_by_number, one.kept_rate_by_amount) for one in euros] == [
        ("2026-05", Decimal("0.5000"), Decimal("0.3333")), ("2026-06", Decimal("0.5000"), Decimal("0.4286")),
    ]  # fmt: skip


def test_the_summary_by_who_took_them(judged_book: Book) -> None:
    rows = promise_summaries(judged_book.database, day("2026-06-20"), by="taken_by")
    euros = [one for one in rows if one.currency == "EUR"]
    assert [(one.key, one.counts["kept"], one.promised) for one in euros] == [
        ("leo", 1, Decimal("300.00")), ("mia", 1, Decimal("1800.00")),
    ]  # fmt: skip


def test_where_none_was_judged_there_is_no_rate(book: Book) -> None:
    book.add(ADA, promised("Z-1", "100.00", "2026-05-15"))
    [summary] = promise_summaries(book.database, day("2026-05-01"))
    assert (summary.kept_rate_by_number, summary.kept_rate_by_amount) == (None, None)
    assert promise_summaries(book.database, day("2026-04-30")) == []


def raised(invoice: str) -> InvoiceRaised:
    return InvoiceRaised(
        invoice=invoice, amount=Decimal("500.00"), currency="EUR", issued_on=day("2026-04-01"),
        due_on=day("2026-04-15"),
    )  # fmt: skip


def paid(payment: str, amount: str, on: str, invoice: str = "I-1") -> PaymentReceived:
    part = Allocation(item=invoice, amount=Decimal(amount), on=day(on))
    return PaymentReceived(
        payment=payment, amount=Decimal(amount), currency="EUR", received_on=day(on), allocations=(part,)
    )


def test_money_received_late_counts_once_for_the_oldest_promise_and_on_both_clocks(book: Book) -> None:
    """Two promises of 100; 30 came in time for the first, 150 on its invoice late, 40 on another invoice."""
    counted = PromisePartlyKept(
        promise="p1", received=Decimal("30.00"), counted=(("in-time", Decimal("30.00")),),
        judged_at=moment("2026-05-18 04:00"),
    )  # fmt: skip
    book.add(
        ADA, opened("A-1"), raised("I-1"), raised("I-2"), promised("p1", "100.00", "2026-05-15"),
        promised("p2", "100.00", "2026-05-16"), paid("in-time", "30.00", "2026-05-10"), counted,
        judged(PromiseBroken, "p2", "0", "2026-05-19 04:00"), paid("late", "150.00", "2026-05-20"),
        paid("other", "40.00", "2026-05-20", "I-2"),
    )  # fmt: skip

    def late(as_of: str, as_known: str | None = None) -> list[str]:
        rows = promise_list(book.database, day(as_of), moment(as_known) if as_known else None)
        return [f"{row.promise} {row.received} {row.received_late}" for row in rows]

    assert late("2026-05-31") == ["p1 30.00 70.00", "p2 0.00 80.00"]
    assert late("2026-05-19") == ["p1 30.00 0.00", "p2 0.00 0.00"]
    [summary] = promise_summaries(book.database, day("2026-05-31"), by="debtor")
    assert (summary.key, summary.promised, summary.received, summary.received_late) == (
        "A-1", Decimal("200.00"), Decimal("30.00"), Decimal("150.00"),
    )  # fmt: skip


def test_money_that_came_in_time_is_not_late_because_it_was_set_against_the_invoice_later(book: Book) -> None:
    unapplied = paid("early", "40.00", "2026-05-10").model_copy(update={"allocations": ()})
    later = PaymentAllocated(
        payment="early", currency="EUR", allocated_on=day("2026-05-20"),
        allocations=(Allocation(item="I-1", amount=Decimal("40.00"), on=day("2026-05-20")),),
    )  # fmt: skip
    book.add(ADA, raised("I-1"), promised("p1", "100.00", "2026-05-15"), unapplied, later)
    book.add(ADA, paid("late", "30.00", "2026-05-21"))
    [row] = promise_list(book.database, day("2026-05-31"))
    assert row.received_late == Decimal("30.00")


def test_what_was_replaced_is_promised_once(book: Book) -> None:
    replaced = PromiseWithdrawn(promise="old", withdrawn_on=day("2026-05-10"), replaced_by="new")
    book.add(ADA, promised("old", "100.00", "2026-05-15"), replaced, promised("new", "90.00", "2026-05-30"))
    [summary] = promise_summaries(book.database, day("2026-05-31"))
    assert (summary.promised, summary.counts["withdrawn"]) == (Decimal("90.00"), 1)


@pytest.mark.parametrize(
    ("by", "sums"),
    [
        ("collector", {"": ("50.00", "0.00"), "kim": ("200.00", "30.00"), "mira": ("100.00", "0.00")}),
        ("policy", {"": ("50.00", "0.00"), "firm": ("200.00", "0.00"), "gentle": ("100.00", "30.00")}),
        ("month", {"2026-05": ("300.00", "30.00"), "2026-06": ("50.00", "0.00")}),
        ("debtor", {"A-1": ("350.00", "30.00")}),
    ],
)
def test_what_was_promised_and_came_is_summed_by_each_key(
    book: Book, by: Any, sums: dict[str, tuple[str, str]]
) -> None:
    """Three promises of one debtor, worked by two collectors, on the terms of two policies."""
    made = [
        ("p1", "100.00", "2026-05-15", "kim", "gentle"), ("p2", "100.00", "2026-05-31", "kim", "firm"),
        ("p3", "100.00", "2026-05-16", "mira", "firm"), ("p4", "50.00", "2026-06-01", None, ""),
    ]  # fmt: skip
    book.add(ADA, opened("A-1"), raised("I-1"))
    for name, amount, until, collector, policy in made:
        fact = promised(name, amount, until)
        pinned = fact.terms.model_copy(update={"policy": policy})
        book.add(ADA, fact.model_copy(update={"collector": collector, "terms": pinned}))
    book.add(ADA, judged(PromisePartlyKept, "p1", "30.00", "2026-05-18 04:00"))
    rows = promise_summaries(book.database, day("2026-06-30"), by=by)
    assert {row.key: (str(row.promised), str(row.received)) for row in rows} == sums
