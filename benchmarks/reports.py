"""Aging over 200,000 postings, beside a plain sum of the same table."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

from sqlalchemy import func, select

from arrears.wiring import Book
from benchmarks.measure import START, Result, Timing, median_seconds, new_book
from engine.accounts import stamped
from engine.domain.facts.accounts import AccountOpened
from engine.domain.facts.base import Allocation, Fact, Stored
from engine.domain.facts.items import InvoiceRaised, PaymentReceived
from projections.aging import aging
from projections.balances import By
from projections.catch_up import write
from projections.connection import writing
from projections.fold import fold
from projections.tables import postings

ACCOUNTS, INVOICES_EACH, POSTINGS_AN_INVOICE = 1_000, 50, 4
IN_PART = 5
"""Of so many invoices one is paid in part, the others wholly."""
KEYS: tuple[By, ...] = ("currency", "account")
RUNS = 3


def reports(folder: Path) -> Iterator[Result]:
    """Aging by currency and by account, as known today."""
    count = ACCOUNTS * INVOICES_EACH * POSTINGS_AN_INVOICE
    with closing(new_book(folder, "reports")) as book:
        _fill(book)
        plain = median_seconds([partial(_plain_sum, book, count)] * RUNS)
        for by in KEYS:
            report = partial(aging, book.database, START.date(), by=by)
            yield Result(
                f"aging by {by} over {count:,} postings", Timing(median_seconds([report] * RUNS)),
                "plain sum of the postings", Timing(plain),
            )  # fmt: skip


def _plain_sum(book: Book, count: int) -> None:
    query = select(func.sum(postings.c.amount_minor), func.count()).group_by(postings.c.currency)
    with book.database.connect() as connection:
        [(_, counted)] = connection.execute(query)
    assert counted == count


def _fill(book: Book) -> None:
    """Writes the tables as a catch-up with a log of that length would leave them."""
    stamp, position = book.stamp(), 0
    with writing(book.database) as connection:
        for account in range(ACCOUNTS):
            facts = [stamped(fact, stamp) for fact in _facts(f"customer {account}")]
            stored = [
                Stored(position + version, f"account-{account}", version, fact)
                for version, fact in enumerate(facts, start=1)
            ]
            position += len(stored)
            write(connection, fold(stored))


def _facts(number: str) -> Iterator[Fact]:
    """An account, and invoices that are paid one after the other."""
    today = START.date()
    yield AccountOpened(number=number, opened_on=today - timedelta(days=INVOICES_EACH * 3))
    for invoice in range(INVOICES_EACH):
        name, due_on = f"INV-{invoice}", today - timedelta(days=invoice * 2)
        issued_on = due_on - timedelta(days=30)
        paid = Decimal("40.00" if invoice % IN_PART == 0 else "100.00")
        yield InvoiceRaised(
            invoice=name, amount=Decimal("100.00"), currency="EUR", issued_on=issued_on, due_on=due_on
        )
        yield PaymentReceived(
            payment=f"PAY-{invoice}", amount=paid, currency="EUR", received_on=due_on,
            allocations=(Allocation(item=name, amount=paid, on=due_on),),
        )  # fmt: skip
