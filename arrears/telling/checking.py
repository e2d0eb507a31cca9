"""Whether the book agrees with itself, in one answer: aging = ledger = accounts, tables = fold of the log."""

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from arrears.telling.asking import Question
from arrears.wiring import Book
from engine.application import ACCOUNT_PREFIX
from engine.domain.account import Account
from engine.domain.evolve import evolve
from engine.store import Conflict
from projections.catch_up import current_position
from projections.check import BalanceDiffers, Difference, differences
from projections.connection import reading

ATTEMPTS = 5


def check_answer(asked: Question, as_of: date | None) -> dict[str, Any]:
    """Each difference in a sentence; as of a day (None: with all dates counted). Raises Conflict."""
    folded, found = _checked(asked, as_of)
    return {
        "as_of": as_of, "as_known": asked.as_known, "agree": not found,
        "accounts": len(folded.accounts), "facts": folded.facts,
        "differences": [{"kind": type(one).__name__, "sentence": str(one)} for one in found],
    }  # fmt: skip


@dataclass
class Folded:
    """The log up to a position, folded into accounts."""

    accounts: dict[str, Account] = field(default_factory=dict)
    facts: int = 0

    @property
    def balances(self) -> dict[tuple[str, str], Decimal]:
        """What each account owes, by account and currency."""
        return {
            (account.id, currency): amount
            for account in self.accounts.values()
            for currency, amount in account.balance.items()
        }


def _checked(asked: Question, as_of: date | None) -> tuple[Folded, list[Difference]]:
    """The differences, of a log that did not grow meanwhile; raises Conflict where it never stands still."""
    book = asked.book
    for _ in range(ATTEMPTS):
        book.catch_up()
        position = _position(book)
        folded = _fold(asked, position)
        # An account as folded counts all dates.
        balances = folded.balances if as_of is None else None
        found = differences(
            book.database, book.store.read, balances, book.engine.dates_in, as_of or date.max, asked.as_known
        )
        if _position(book) == position:
            return folded, [_named(one, folded) for one in found]
    raise Conflict


def _named(one: Difference, folded: Folded) -> Difference:
    """The difference, of an account by the number that people know it by."""
    if not isinstance(one, BalanceDiffers) or one.account not in folded.accounts:
        return one
    return replace(one, account=f"account {folded.accounts[one.account].number}")


def _position(book: Book) -> int:
    with reading(book.database) as connection:
        return current_position(connection)


def _fold(asked: Question, until: int) -> Folded:
    """The accounts, folded from what was known."""
    folded = Folded()
    for stored in asked.book.store.read_all():
        if stored.position > until:
            break
        if not asked.is_known(stored.fact):
            continue
        folded.facts += 1
        if stored.stream.startswith(ACCOUNT_PREFIX):
            evolve(folded.accounts.setdefault(stored.stream, Account(stored.stream)), stored.fact)
    return folded
