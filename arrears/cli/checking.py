"""`arrears check` and `arrears reconcile`: whether the book agrees with itself, and with another ledger."""

from pathlib import Path
from typing import Any

import typer

from arrears.cli.clocks import AsKnown, AsOf, question, say
from arrears.cli.output import counted, errors, print_json, print_rows
from arrears.cli.session import Session, session_of
from arrears.imports.faults import Fault
from arrears.imports.ledger import read_ledger
from arrears.telling.checking import check_answer
from arrears.telling.reconciling import reconcile_answer

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
        answer = reconcile_answer(asked, ledger.balances)
    if session.format == "json":
        print_json(answer)
    else:
        asked.introduce()
        _show(session, answer["differences"], answer["compared"])
        say(session, answer.get("note"))
    if answer["differences"]:
        raise typer.Exit(DIFFERENT)


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
