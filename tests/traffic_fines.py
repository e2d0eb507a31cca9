"""The traffic-fine log as commands on a book: one account a case, its history known on its own days."""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from arrears.wiring import Book
from engine.accounts import Stamp
from engine.application import Command
from engine.domain.account import Account
from engine.domain.decisions import accounts, contacts, items, payments
from engine.domain.facts.base import Fact
from policies.book import PolicyBook

Row = dict[str, str]
DAYS_TO_PAY = 60
FINE, FEE, EUR = "fine", "fee", "EUR"


def import_fines(book: Book, folder: Path) -> int:
    """Backfills the whole log in one transaction, brings the tables up, and returns the number of events."""
    rows = read(folder / "traffic_fines" / "traffic_fines_10k.csv")
    batch = book.engine.execute_all(list(commands(book, rows)))
    assert not batch.refused, str(batch.refused[0].broken)
    book.catch_up()
    return len(rows)


def read(file: Path) -> list[Row]:
    """The rows of the log, in the order in which things happened."""
    with file.open(encoding="utf-8", newline="") as lines:
        return sorted(csv.DictReader(lines), key=lambda row: row["date"])


def commands(book: Book, rows: list[Row]) -> Iterator[Command]:
    """What each event of the log asks for; the five kinds that move money or the place of a case."""
    ids = book.engine.account_ids(row["case_id"] for row in rows)
    for number, row in enumerate(rows, start=1):
        on = date.fromisoformat(row["date"])
        known_at = datetime.combine(on, time(0), UTC)
        stamp = Stamp("test", book.clock(), known_at, f"backfill: traffic_fines_10k.csv, event {number}")
        yield Command(ids[row["case_id"]], _Event(row, on, number), stamp)


class _Event:
    """One event of the log, as a decision on its account."""

    def __init__(self, row: Row, on: date, number: int) -> None:
        self.row, self.on, self.number = row, on, number

    def __call__(self, account: Account, _: PolicyBook) -> list[Fact]:
        on, due_on = self.on, self.on + timedelta(DAYS_TO_PAY)
        match self.row["activity"]:
            case "Create Fine":
                opened = accounts.open_account(account, number=self.row["case_id"], opened_on=on)
                return opened + items.raise_invoice(
                    account, invoice=FINE, amount=self._amount("amount"), currency=EUR, issued_on=on,
                    due_on=due_on,
                )  # fmt: skip
            case "Send Fine":
                return items.charge(
                    account, charge=FEE, amount=self._amount("expense"), currency=EUR, charged_on=on,
                    due_on=due_on,
                )  # fmt: skip
            case "Add penalty":
                amount = self._amount("amount")
                return items.correct_invoice(account, invoice=FINE, effective_on=on, amount=amount)
            case "Payment":
                amount = self._amount("payment")
                return payments.receive_payment(
                    account, payment=f"p{self.number}", amount=amount, currency=EUR, received_on=on
                )
            case "Send for Credit Collection":
                return contacts.place_directly(
                    account, placement="collection", agency="collection", placed_on=on
                )
            case _:
                return []

    def _amount(self, column: str) -> Decimal:
        return Decimal(self.row[column])
