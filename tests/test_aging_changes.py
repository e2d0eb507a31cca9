"""What moved an aging between two moments of knowledge: exactly the facts learnt in between."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.domain.decisions.items import correct_invoice
from engine.domain.money import ZERO
from projections.aging import UNAPPLIED, aging
from projections.aging_changes import AgingChange, KnownBackwards, aging_changes
from projections.catch_up import rebuild
from tests.report_log import ADA, BEN, book_at, day, invoice, moment, opened, payment
from tests.test_report_check import STEPS, Step, known_after, played

MARCH_31 = day("2026-03-31")


def _moves(changes: list[AgingChange]) -> list[tuple[str, str, dict[str, str]]]:
    return [(c.number, c.topic, {name: str(amount) for name, amount in c.moves.items()}) for c in changes]


def test_only_what_was_learnt_in_between_moves_it(book_url: str) -> None:
    """Aging of 31 March as known on 2 and on 30 April: money that had come in March was posted late."""
    with book_at(book_url) as book:
        book.add(ADA, opened("A-1"), invoice("I-1", "100.00", "2026-02-20"), known="2026-01-10")
        book.add(BEN, opened("B-1"), invoice("I-1", "70.00", "2026-05-31"), known="2026-01-10")
        book.add(ADA, payment("P-1", "60.00", "2026-03-30", ("I-1", "60.00")), known="2026-04-03")
        book.add(BEN, payment("P-2", "70.00", "2026-04-04", ("I-1", "70.00")), known="2026-04-04")
        book.add(ADA, payment("P-3", "5.00", "2026-03-31"), known="2026-05-01")

        first, later = moment("2026-04-02"), moment("2026-04-30")
        assert _moves(aging_changes(book.database, MARCH_31, first, later)) == [
            ("A-1", "PaymentReceived", {"31-60": "-60.00"})
        ]


def test_a_new_due_date_moves_the_whole_open_amount(book_url: str) -> None:
    with book_at(book_url) as book:
        book.add(ADA, opened("A-1"), invoice("I-1", "100.00", "2026-02-20"), known="2026-01-10")
        book.add(ADA, payment("P-1", "40.00", "2026-03-01", ("I-1", "40.00")), known="2026-03-01")
        account = book.log.folded(ADA)
        [corrected] = correct_invoice(
            account, invoice="I-1", effective_on=day("2026-01-21"), due_on=day("2026-04-20")
        )
        book.add(ADA, corrected, known="2026-04-10")

        changes = aging_changes(book.database, MARCH_31, moment("2026-04-02"), moment("2026-04-30"))
        assert _moves(changes) == [("A-1", "InvoiceCorrected", {"31-60": "-60.00", "current": "60.00"})]


def test_knowledge_cannot_be_compared_backwards(sqlite_url: str) -> None:
    with book_at(sqlite_url) as book, pytest.raises(KnownBackwards):
        aging_changes(book.database, MARCH_31, moment("2026-04-02"), moment("2026-04-02"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=15)
@given(steps=STEPS, first=st.integers(0, 25), more=st.integers(1, 25), days=st.integers(0, 90))
def test_the_moves_lead_from_the_one_report_to_the_other(
    book_url: str, steps: list[Step], first: int, more: int, days: int
) -> None:
    log, _ = played(steps)
    as_of = date.fromordinal(day("2028-02-20").toordinal() + days)
    known, against = moment(known_after(first)), moment(known_after(first + more))
    with book_at(book_url) as book:
        rebuild(book.database, log.read)
        sums: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
        for row in aging(book.database, as_of, known):
            for name, amount in (*row.buckets.items(), (UNAPPLIED, row.unapplied)):
                sums[row.currency, name] += amount
        for change in aging_changes(book.database, as_of, known, against):
            for name, amount in change.moves.items():
                sums[change.currency, name] += amount
        for row in aging(book.database, as_of, against):
            for name, amount in (*row.buckets.items(), (UNAPPLIED, row.unapplied)):
                sums[row.currency, name] -= amount
        assert {key: amount for key, amount in sums.items() if amount} == {}
