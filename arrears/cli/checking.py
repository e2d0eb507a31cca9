"""`arrears check` and `arrears reconcile`: whether the book agrees with itself, and with another ledger."""

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import typer

from arrears.cli.clocks import AsOf, question, say
from arrears.cli.ledger import Balances, read_ledger
from arrears.cli.output import errors, print_json, print_rows
from arrears.cli.rows import exact
from arrears.cli.session import Session, session_of
from arrears.imports.faults import Fault
from arrears.wiring import Book
from engine.application import ACCOUNT_PREFIX
from engine.domain.account import Account
from engine.domain.evolve import evolve
from engine.domain.money import ZERO
from engine.store import Conflict
from projections.aging import aging
from projections.catch_up import current_position
from projections.check import BalanceDiffers, Difference, differences
from projections.connection import reading

BAD_INPUT = 2
DIFFERENT = 1
ATTEMPTS = 5


def register(app: typer.Typer) -> None:
    app.command("check")(check)
    app.command("reconcile")(reconcile)


# --- the book with itself ---------------------------------------------------------------------------------


def check(context: typer.Context) -> None:
    """Check the whole book: aging = ledger = accounts, and tables = fold of the log.

    Example: arrears check
    """
    session = session_of(context)
    with session.book() as book:
        folded, found = _checked(book)
    if session.format == "json":
        print_json({
            "agree": not found, "accounts": len(folded.accounts), "facts": folded.facts,
            "differences": [{"kind": type(one).__name__, "sentence": str(one)} for one in found],
        })  # fmt: skip
    elif session.format == "csv":
        print_rows(session, [{"difference": str(one)} for one in found], ("difference",))
    else:
        say(session, *map(str, found), _verdict(folded, found))
    if found:
        raise typer.Exit(DIFFERENT)


def _verdict(folded: "Folded", found: list[Difference]) -> str:
    if found:
        return f"{len(found)} differences"
    return f"all {len(folded.accounts)} accounts, {folded.facts} facts agree"


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


def _checked(book: Book) -> tuple[Folded, list[Difference]]:
    """The differences, of a log that did not grow meanwhile; raises Conflict where it never stands still."""
    for _ in range(ATTEMPTS):
        book.catch_up()
        position = _position(book)
        folded = _fold(book, position)
        found = differences(book.database, book.store.read, folded.balances)
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


def _fold(book: Book, until: int) -> Folded:
    folded = Folded()
    for stored in book.store.read_all():
        if stored.position > until:
            break
        folded.facts += 1
        if stored.stream.startswith(ACCOUNT_PREFIX):
            evolve(folded.accounts.setdefault(stored.stream, Account(stored.stream)), stored.fact)
    return folded


# --- the book with the ledger it was imported from --------------------------------------------------------

_COLUMNS = ("account", "currency", "file", "book", "difference")


def reconcile(context: typer.Context, file: Path, as_of: AsOf = None) -> None:
    """Compare balances with those of a file: columns account,currency,balance.

    Example: arrears reconcile ledger.csv --as-of 2026-03-31
    """
    session = session_of(context)
    ledger = read_ledger(file)
    if ledger.faults:
        _complain(session, ledger.faults)
        raise typer.Exit(BAD_INPUT)
    with question(context, as_of, None) as asked:
        ours = _balances(asked.book, asked.as_of)
        day = asked.as_of
    found = _compare(ledger.balances, ours)
    compared = len(ledger.balances.keys() | ours.keys())
    if session.format == "json":
        print_json({"as_of": day, "agree": not found, "compared": compared, "differences": found})
    else:
        _show(session, found, compared)
    if found:
        raise typer.Exit(DIFFERENT)


def _balances(book: Book, as_of: date) -> Balances:
    """What each account owes at the end of that day, by its number and currency."""
    balances: Balances = {}
    for row in aging(book.database, as_of, None, "account"):
        balances[row.key, row.currency] = balances.get((row.key, row.currency), ZERO) + row.total
    return balances


def _compare(theirs: Balances, ours: Balances) -> list[dict[str, Any]]:
    """Each difference; an account that one side does not have counts as nothing owed."""
    found = []
    for account, currency in sorted(theirs.keys() | ours.keys()):
        file, book = theirs.get((account, currency)), ours.get((account, currency))
        difference = (book or ZERO) - (file or ZERO)
        if difference:
            found.append({
                "account": account, "currency": currency,
                "file": None if file is None else exact(file, currency),
                "book": None if book is None else exact(book, currency),
                "difference": exact(difference, currency),
            })  # fmt: skip
    return found


def _show(session: Session, found: list[dict[str, Any]], compared: int) -> None:
    if found or session.format == "csv":
        print_rows(session, found, _COLUMNS)
    verdict = f"{len(found)} of {compared} balances differ" if found else f"all {compared} balances agree"
    say(session, verdict)


def _complain(session: Session, faults: list[Fault]) -> None:
    if session.format == "json":
        print_json({"faults": [fault.as_json() for fault in faults]})
        return
    for fault in faults:
        errors().print(str(fault), markup=False, highlight=False, soft_wrap=True)
