"""`arrears check` and `arrears reconcile`: whether the book agrees with itself, and with another ledger."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import typer

from arrears.cli.clocks import AsKnown, AsOf, Question, question, say
from arrears.cli.ledger import Balances, read_ledger
from arrears.cli.output import counted, errors, print_json, print_rows
from arrears.cli.session import Session, session_of
from arrears.imports.faults import Fault
from arrears.telling.asking import noted
from arrears.telling.rows import exact
from arrears.wiring import Book
from engine.application import ACCOUNT_PREFIX
from engine.domain.account import Account
from engine.domain.evolve import evolve
from engine.domain.money import ZERO
from engine.store import Conflict
from projections.aging import AgingRow, aging
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


def check(context: typer.Context, as_of: AsOf = None, as_known: AsKnown = None) -> None:
    """Check the whole book: aging = ledger = accounts, and tables = fold of the log.

    By default with all dates counted; as of a day, or as known at a moment, aging = ledger.

    Example: arrears check
    """
    with question(context, as_of, as_known) as asked:
        folded, found = _checked(asked, as_of)
    session = asked.session
    if session.format == "json":
        print_json({
            "as_of": as_of, "as_known": asked.as_known, "agree": not found,
            "accounts": len(folded.accounts), "facts": folded.facts,
            "differences": [{"kind": type(one).__name__, "sentence": str(one)} for one in found],
        })  # fmt: skip
    elif session.format == "csv":
        print_rows(session, [{"difference": str(one)} for one in found], ("difference",))
    else:
        if as_of or as_known:
            asked.introduce()
        say(session, *map(str, found), _verdict(folded, found))
    if found:
        raise typer.Exit(DIFFERENT)


def _verdict(folded: "Folded", found: list[Difference]) -> str:
    if found:
        return counted(len(found), "differences")
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


# --- the book with the ledger it was imported from --------------------------------------------------------

_COLUMNS = ("account", "currency", "file", "book", "difference")


def reconcile(context: typer.Context, file: Path, as_of: AsOf = None, as_known: AsKnown = None) -> None:
    """Compare balances with those of a file: columns account,currency,balance.

    Example: arrears reconcile ledger.csv --as-of 2026-03-31
    """
    session = session_of(context)
    ledger = read_ledger(file)
    if ledger.faults:
        _complain(session, ledger.faults)
        raise typer.Exit(BAD_INPUT)
    with question(context, as_of, as_known) as asked:
        rows = aging(asked.book.database, asked.as_of, asked.as_known, "account")
    ours = _balances(rows)
    note = asked.note(row.rests_on_backfill for row in rows)
    found = _compare(ledger.balances, ours)
    compared = len(ledger.balances.keys() | ours.keys())
    if session.format == "json":
        answer = {**asked.clocks, "agree": not found, "compared": compared, "differences": found}
        print_json(noted(answer, note))
    else:
        asked.introduce()
        _show(session, found, compared)
        say(session, note)
    if found:
        raise typer.Exit(DIFFERENT)


def _balances(rows: Sequence[AgingRow]) -> Balances:
    """What each account owes, by its number and currency."""
    balances: Balances = {}
    for row in rows:
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
