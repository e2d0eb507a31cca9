"""Wake-ups over 100,000 accounts: what one costs is what is due, not what exists."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

from arrears.wiring import Book
from benchmarks.measure import START, Result, Timing, new_book, seconds, timed
from engine import agenda
from engine.accounts import Stamp, stamped
from engine.application import Seen
from engine.domain.account import Account
from engine.domain.evolve import fold
from engine.domain.facts.accounts import AccountOpened
from engine.domain.facts.base import Fact, Stored
from engine.domain.facts.items import InvoiceRaised
from engine.escalation import tick
from policies.due import next_due_at

ACCOUNTS, ACCOUNTS_A_DAY = 100_000, 1_000
IDLE_AIM_SECONDS = 0.020
IDLE_TIMES = 20
REMINDERS_BEGIN = START + timedelta(days=10)
"""Noon of the first day on which the shipped policy's reminders are due."""


def wake_up(folder: Path) -> Iterator[Result]:
    """A wake-up where nothing is due, and one where a thousand are, beside a book of only a thousand."""
    with closing(_book(folder, "large", ACCOUNTS)) as large, closing(_book(folder, "small", 1_000)) as small:
        idle, idle_small = _idle_seconds(large), _idle_seconds(small)
        yield Result(
            f"tick, 0 due of {ACCOUNTS:,} accounts", Timing(idle),
            "0 due of 1,000", Timing(idle_small), IDLE_AIM_SECONDS,
        )  # fmt: skip
        yield Result(
            f"tick, {ACCOUNTS_A_DAY:,} due of {ACCOUNTS:,} accounts", _due(large),
            "1,000 due of 1,000", _due(small),
        )  # fmt: skip


def _book(folder: Path, name: str, accounts: int) -> Book:
    """A book of accounts with an invoice each, a thousand falling due a day, as a first wake-up leaves it."""
    book = new_book(folder, name)
    stamp, policies = book.stamp(), book.engine.policies()
    _, policy = policies.default_at(START)
    seen: list[Seen] = []
    for first in range(0, accounts, ACCOUNTS_A_DAY):
        due_on = REMINDERS_BEGIN.date() + timedelta(days=3 + first // ACCOUNTS_A_DAY)
        facts = [stamped(fact, stamp) for fact in _facts(due_on)]
        due_at = next_due_at(fold(Account(""), facts), policies, START)
        ids = [f"account-{number:06}" for number in range(first, first + ACCOUNTS_A_DAY)]
        book.store.append(
            [Stored(0, one, version, fact) for one in ids for version, fact in enumerate(facts, start=1)]
        )
        seen += [Seen(one, len(facts), due_at, policy, policies.stream_version) for one in ids]
    agenda.catch_up(book.database, book.store.read)
    agenda.settle(book.database, seen)
    return book


def _facts(due_on: date) -> list[Fact]:
    on = START.date()
    invoice = InvoiceRaised(
        invoice="INV-1", amount=Decimal("100.00"), currency="EUR", issued_on=on, due_on=due_on
    )
    return [AccountOpened(number="a customer", opened_on=on), invoice]


def _tick(book: Book, at: datetime) -> int:
    """The number of accounts that were looked at."""
    return tick(book.engine, at, Stamp("benchmark", at)).accounts


def _idle_seconds(book: Book) -> float:
    """The seconds that the slowest of several wake-ups with nothing due takes."""
    hours = (START + timedelta(hours=hour) for hour in range(IDLE_TIMES))
    return max(seconds(partial(_tick, book, at)) for at in hours)


def _due(book: Book) -> Timing:
    """The wake-up on the first day with reminders, for a thousand accounts."""
    took, looked_at = timed(partial(_tick, book, REMINDERS_BEGIN))
    assert looked_at == ACCOUNTS_A_DAY, f"{looked_at} accounts were due"
    return Timing(took, looked_at, "accounts")
