"""One customer with 12,000 open invoices, beside one with twelve."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

from arrears.wiring import Book
from benchmarks.measure import START, Result, Timing, median_seconds, new_book, seconds
from engine.application import Command, Decide
from engine.domain.account import Account
from engine.domain.decisions.accounts import open_account
from engine.domain.decisions.items import raise_invoice
from engine.domain.decisions.payments import receive_payment
from engine.domain.facts.base import Fact
from policies.book import PolicyBook

MANY, FEW = 12_000, 12
CUSTOMER, COMMANDS = "a customer", 20
COMMAND_AIM_SECONDS, TICK_AIM_SECONDS = 0.050, 1.0
TERMS_DAYS = range(30, 90)
REMINDED = START + timedelta(days=60)


def large_account(folder: Path) -> Iterator[Result]:
    """A command once warm, and a wake-up that reminds of half of the invoices."""
    with closing(_book(folder, "many", MANY)) as many, closing(_book(folder, "few", FEW)) as few:
        yield Result(
            f"command, {MANY:,} open invoices", Timing(_pay(many)),
            f"{FEW} open invoices", Timing(_pay(few)), COMMAND_AIM_SECONDS,
        )  # fmt: skip
        yield Result(
            f"tick, {MANY:,} open invoices", Timing(_tick(many)),
            f"{FEW} open invoices", Timing(_tick(few)), TICK_AIM_SECONDS,
        )  # fmt: skip


def _book(folder: Path, name: str, invoices: int) -> Book:
    """A book of one customer with so many open invoices, whose due dates come in no order."""
    book = new_book(folder, name)
    stamp, account_id = book.stamp(), book.engine.account_ids([CUSTOMER])[CUSTOMER]
    decisions: list[Decide] = [_open, *(partial(_raise, number) for number in range(invoices))]
    book.engine.execute_all([Command(account_id, decide, stamp) for decide in decisions])
    book.tick(START)
    return book


def _open(account: Account, _: PolicyBook) -> list[Fact]:
    return open_account(account, number=CUSTOMER, opened_on=START.date(), timezone="Europe/Berlin")


def _raise(number: int, account: Account, _: PolicyBook) -> list[Fact]:
    due_on = START.date() + timedelta(days=TERMS_DAYS[number * 7 % len(TERMS_DAYS)])
    return raise_invoice(
        account, invoice=f"INV-{number}", amount=Decimal("100.00"), currency="EUR",
        issued_on=START.date(), due_on=due_on,
    )  # fmt: skip


def _pay(book: Book) -> float:
    """The seconds that recording a payment takes, with the tables brought up."""

    def paid(number: int) -> None:
        book.execute(
            CUSTOMER,
            lambda account, _: receive_payment(
                account, payment=f"PAY-{number}", amount=Decimal("10.00"), currency="EUR",
                received_on=START.date(),
            ),
        )  # fmt: skip

    return median_seconds(partial(paid, number) for number in range(COMMANDS))


def _tick(book: Book) -> float:
    return seconds(lambda: book.tick(REMINDED, played=True))
