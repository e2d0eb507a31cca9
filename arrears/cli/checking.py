"""`arrears check` and `arrears reconcile`: whether the book agrees with itself, and with another ledger."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from arrears.cli.clocks import AsKnown, AsOf, question, say
from arrears.cli.ledger import Balances, read_ledger
from arrears.cli.output import counted, errors, print_json, print_rows
from arrears.cli.session import Session, session_of
from arrears.imports.faults import Fault
from arrears.telling.asking import noted
from arrears.telling.checking import check_answer
from arrears.telling.rows import exact
from engine.domain.money import ZERO
from projections.aging import AgingRow, aging

BAD_INPUT = 2
DIFFERENT = 1


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
        answer = check_answer(asked, as_of)
    session, found = asked.session, [one["sentence"] for one in answer["differences"]]
    if session.format == "json":
        print_json(answer)
    elif session.format == "csv":
        print_rows(session, [{"difference": one} for one in found], ("difference",))
    else:
        if as_of or as_known:
            asked.introduce()
        say(session, *found, _verdict(answer))
    if found:
        raise typer.Exit(DIFFERENT)


def _verdict(answer: dict[str, Any]) -> str:
    if answer["differences"]:
        return counted(len(answer["differences"]), "differences")
    return f"all {answer['accounts']} accounts, {answer['facts']} facts agree"


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
