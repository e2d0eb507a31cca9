"""`arrears demo`: a generated portfolio, played under the shipped policy, and what to look at in it."""

import tempfile
from datetime import date
from pathlib import Path

import typer

from arrears.cli.account import account
from arrears.cli.explain import explain
from arrears.cli.imports import import_readings
from arrears.cli.output import console, errors
from arrears.cli.reports import aging_report, promises_report
from arrears.cli.session import Session, session_of
from arrears.demo.portfolio import write_portfolio
from arrears.imports.folder import read_folder
from arrears.wiring import Book
from engine.domain.facts.contacts import CallScheduled

DEMO_BOOK = "sqlite:///demo.db"
STORY = "C-0001"
UNTIL = date(2026, 6, 30)
MONTHS = 18

NEXT = """
Try next, each with --book {book}:

  arrears report worklist --as-of {until}             who is to be called, why, and what they last promised
  arrears report aging --by account --as-of {until}   who owes how much, since when
  arrears report promises --by taken_by                  whose promises are kept
  arrears placements                                     what waits for a manager's approval
  arrears explain {story} {version}                              why a decision was taken
  arrears check                                          every figure against the log of facts
  arrears tick --at 2026-07-10T12:00Z                    what falls due in the next ten days
"""


def register(app: typer.Typer) -> None:
    app.command("demo")(demo)


def demo(context: typer.Context) -> None:
    """Build a demo book (demo.db, or the one named by --book) and show what it can answer.

    About 500 invented accounts and 4,000 invoices over 18 months, played under the shipped policy.

    Example: arrears demo
    """
    session = session_of(context)
    source = context.find_root().get_parameter_source("book")
    if source is None or source.name != "COMMANDLINE":
        session.url = DEMO_BOOK
    with session.book(create=True) as book:
        if book.has_accounts():
            errors().print(f"{book.shown_url} is there already and is shown as it is.", soft_wrap=True)
        else:
            _build(book)
        version = _first_call(book)
    _show(context, session, version)


def _build(book: Book) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_portfolio(Path(folder), until=UNTIL, months=MONTHS)
        _, readings = read_folder(Path(folder))
        imported = import_readings(book, readings, "played", until=UNTIL)
    facts = sum(imported.stored.values())
    console().print(
        f"{imported.stored['AccountOpened']} accounts, {imported.stored['InvoiceRaised']} invoices, "
        f"{MONTHS} months: {facts} facts in {book.shown_url}",
        soft_wrap=True,
    )


def _first_call(book: Book) -> int:
    """The version of a fact worth explaining: the first call that the engine scheduled in the story."""
    facts = book.store.stream(book.account_id(STORY))
    return next(stored.version for stored in facts if isinstance(stored.fact, CallScheduled))


def _show(context: typer.Context, session: Session, version: int) -> None:
    _title(f"Aging at the end of {UNTIL}")
    aging_report(context, as_of=UNTIL)
    _title("Promises to pay")
    promises_report(context, as_of=UNTIL)
    _title(f"What was sent to {STORY}, and what came of it")
    account(context, STORY, as_of=UNTIL)
    _title(f"Why was {STORY} to be called? (arrears explain {STORY} {version})")
    explain(context, STORY, version)
    console().print(
        NEXT.format(book=session.url, until=UNTIL, story=STORY, version=version),
        highlight=False,
        soft_wrap=True,
    )


def _title(text: str) -> None:
    console().print(f"\n[bold]{text}[/bold]")
