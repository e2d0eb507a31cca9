"""`arrears erase`: makes a person unreadable in this book, and says what lies outside its reach."""

import sys
from typing import Annotated, Any

import typer

from arrears.cli.desk import at_desk
from arrears.cli.output import console, errors, print_json, print_rows
from arrears.cli.session import Session
from arrears.cli.words import Number, On, text_option
from arrears.erasure import STAYS, Erasure

Why = Annotated[str, text_option("--reason", "why; it stays readable, so name nobody in it")]


def register(app: typer.Typer) -> None:
    app.command("erase")(erase)


def erase(
    context: typer.Context,
    number: Number,
    reason: Why,
    on: On = None,
    force: Annotated[bool, typer.Option("--force", help="even where money is still open")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask: it cannot be undone")] = False,
) -> None:
    """Destroy the key of an account's personal data, for ever. Amounts, dates and proofs stay.

    Done again it completes an erasure that was cut short.

    \b
    Example: arrears erase ACME --reason "request of 3 May" --yes
    """
    with at_desk(context) as desk:
        erased_on = desk.here.day(on)
        if not yes:
            _ask(number)
        erasure = desk.book.erase(number, erased_on, reason, force)
    _report(desk.session, number, erasure)


def _ask(number: str) -> None:
    if not sys.stdin.isatty():
        raise typer.BadParameter("it cannot be undone: say --yes where nobody can be asked")
    errors().print(f"Nobody will ever again read who '{number}' is, what was noted or said.", markup=False)
    typer.confirm("Erase?", abort=True, err=True)


def _report(session: Session, number: str, erasure: Erasure) -> None:
    answer: dict[str, Any] = {
        "account": number, "already_erased": not erasure.is_new, "key_destroyed": erasure.had_key,
        "still_readable": erasure.readable, "outside": erasure.outside,
    }  # fmt: skip
    if session.format == "json":
        print_json(answer)
    elif session.format == "csv":
        print_rows(session, [{"outside": sentence} for sentence in erasure.outside], ("outside",))
    else:
        _say(number, erasure)


def _say(number: str, erasure: Erasure) -> None:
    screen = console()

    def say(sentence: str) -> None:
        screen.print(sentence, markup=False, highlight=False, soft_wrap=True)

    if not erasure.is_new and not erasure.had_key:
        say(f"'{number}' had been erased before.")
    else:
        say(f"'{number}' is erased: its personal data cannot be read in this book any more.")
    if erasure.readable:
        say(f"{erasure.readable} of its facts were stored without encryption: they stay readable.")
    say(STAYS)
    say("Outside the reach of this book:")
    for sentence in erasure.outside:
        say(f"- {sentence}")
