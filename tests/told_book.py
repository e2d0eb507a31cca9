"""A book that was told a story, and a terminal to ask it at: what the tests of questions and answers share.

C-1042 owes INV-1 (1200.00 EUR, due 2026-01-31) and INV-2 (80.00 GBP, due 2026-02-09). The shipped policy
reminds it, once late; it promises, and breaks its promise. C-2000 owes INV-9 (50.00 EUR), due in June, and
stays untouched.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from arrears.cli.main import run
from arrears.wiring import Book, open_book
from engine.domain.account import Account
from engine.domain.decisions.accounts import add_note, open_account
from engine.domain.decisions.items import raise_invoice
from engine.domain.decisions.promises import make_promise
from engine.domain.facts.base import Fact
from policies.book import PolicyBook
from policies.promises import promise_terms

MIRA = "mira"


def moment(text: str) -> datetime:
    """The moment that the text gives, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Desk:
    """A book whose clock stands where a test puts it: what is done at a moment is recorded then."""

    def __init__(self, url: str, now: str) -> None:
        self.now = moment(now)
        self.book: Book = open_book(url, ZoneInfo("UTC"), MIRA, create=True, clock=lambda: self.now)

    def do(self, at: str, number: str, decide: Callable[[Account, PolicyBook], list[Fact]]) -> None:
        self.now = moment(at)
        self.book.execute(number, decide, known=False)

    def open(self, at: str, number: str, **details: Any) -> None:
        opened_on = moment(at).date()
        self.do(at, number, lambda a, _: open_account(a, number=number, opened_on=opened_on, **details))

    def invoice(self, at: str, number: str, invoice: str, amount: str, currency: str, due: str) -> None:
        self.do(at, number, lambda account, _: raise_invoice(
            account, invoice=invoice, amount=Decimal(amount), currency=currency,
            issued_on=moment(at).date(), due_on=date.fromisoformat(due),
        ))  # fmt: skip

    def promise(self, at: str, number: str, promise: str, amount: Decimal, by: str, *items: str) -> None:
        promised_on = date.fromisoformat(by)
        self.do(at, number, lambda account, policies: make_promise(
            account, promise=promise, amount=amount, currency="EUR", made_on=moment(at).date(),
            promised_on=promised_on, taken_by=MIRA, items=items,
            terms=promise_terms(policies, account, amount, "EUR", promised_on, moment(at)),
        ))  # fmt: skip

    def wake(self, at: str) -> None:
        self.now = moment(at)
        self.book.tick(self.now)


def tell(url: str) -> None:
    """Makes a book and tells it the story."""
    desk = Desk(url, "2026-01-01 08:00")
    joinery = {"name": "Example Joinery", "kind": "business", "phone": "+49 30 000000", "segment": "trade"}
    desk.open("2026-01-01 10:00", "C-1042", **joinery)
    desk.open("2026-01-01 10:05", "C-2000", name="Sample Bakery")
    desk.invoice("2026-01-01 10:10", "C-1042", "INV-1", "1200.00", "EUR", due="2026-01-31")
    desk.invoice("2026-01-10 10:00", "C-1042", "INV-2", "80.00", "GBP", due="2026-02-09")
    desk.invoice("2026-01-10 10:00", "C-2000", "INV-9", "50.00", "EUR", due="2026-06-30")
    desk.wake("2026-01-28 09:00")
    desk.do("2026-02-10 10:00", "C-1042", lambda a, _: add_note(a, note="Asked for a copy of the invoice"))
    desk.wake("2026-03-02 12:30")
    desk.wake("2026-03-09 09:00")
    desk.promise("2026-03-09 11:00", "C-1042", "promise-1", Decimal("500.00"), "2026-03-13", "INV-1")
    desk.wake("2026-03-09 11:05")
    desk.wake("2026-03-31 09:00")
    desk.book.close()


def told_book(folder: Path) -> str:
    """The URL of a new book that was told the story."""
    url = f"sqlite:///{folder / 'book.db'}"
    tell(url)
    return url


@dataclass(frozen=True)
class Terminal:
    """Where commands are given to a book, in process."""

    url: str
    capsys: pytest.CaptureFixture[str]

    def ask(self, *words: str) -> tuple[int, str, str]:
        """Runs one command; the exit code, and what it wrote to standard output and standard error."""
        code = run([*words, "--book", self.url])
        written = self.capsys.readouterr()
        return code, written.out, written.err

    def answer(self, *words: str) -> Any:
        """Runs one command, which must succeed, and reads the JSON that it answers."""
        code, out, err = self.ask(*words, "--format", "json")
        assert (code, err) == (0, "")
        return json.loads(out)
