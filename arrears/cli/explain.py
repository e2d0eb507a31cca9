"""`arrears explain`: why one fact stands in the book, or what was done, and not done, on a day."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

import typer

from arrears.cli.clocks import AsKnown, AsOf, Question, question, say
from arrears.cli.output import print_json, print_rows
from arrears.cli.session import Session, parse_date
from arrears.telling.explain import day_explained, fact_answer, fact_explained
from arrears.telling.explain_day import Shown, day_answer, day_sentences
from arrears.telling.explain_fact import Explanation
from engine.domain.facts.contacts import Channel

LINE_COLUMNS = ("item", "step", "title", "currency", "open", "due_on", "days_past_due", "cycle")


def register(app: typer.Typer) -> None:
    app.command("explain")(explain)


def explain(
    context: typer.Context,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="the account's own number")],
    version: Annotated[
        int | None,
        typer.Argument(metavar="[FACT-VERSION]", help="the fact's place in the account's timeline"),
    ] = None,
    on: Annotated[
        date | None,
        typer.Option(parser=parse_date, metavar="DATE", help="instead of a fact: a day where the debtor is"),
    ] = None,
    invoice: Annotated[
        list[str] | None,
        typer.Option("--invoice", metavar="INVOICE", help="with --on: only this one (may be repeated)"),
    ] = None,
    channel: Annotated[Channel | None, typer.Option(help="with --on: only the steps on this channel")] = None,
    as_of: AsOf = None,
    as_known: AsKnown = None,
) -> None:
    """Explain a fact, or a day: what was decided, on what, and of every step that was not taken why not.

    \b
    Example: arrears explain C-1042 12
    Example: arrears explain ACME --on 2026-05-03 --invoice INV-1
    """
    if (version is None) == (on is None):
        raise typer.BadParameter("say either which fact, by its number, or which day, with --on")
    if on is None and (invoice or channel):
        raise typer.BadParameter("--invoice and --channel go with --on")
    if on is not None and as_of is not None:
        raise typer.BadParameter("--on says the day already: leave out --as-of")
    with question(context, as_of, as_known) as asked:
        if on is not None:
            _show_day(asked.session, day_explained(asked, number, on, invoice or (), channel))
            return
        assert version is not None
        _show_fact(asked, fact_explained(asked, number, version, as_of))


# --- a day ------------------------------------------------------------------------------------------------


def _show_day(session: Session, shown: Shown) -> None:
    if session.format == "json":
        print_json(day_answer(shown))
    else:
        _print_sentences(session, list(day_sentences(shown)))


def _print_sentences(session: Session, sentences: Sequence[str]) -> None:
    if session.format == "csv":
        print_rows(session, [{"sentence": said.strip()} for said in sentences], ("sentence",))
    else:
        say(session, *sentences)


# --- a fact -----------------------------------------------------------------------------------------------


def _show_fact(asked: Question, answer: Explanation) -> None:
    session, told = asked.session, fact_answer(asked, answer)
    if session.format == "json":
        print_json(told)
        return
    asked.introduce()
    if session.format == "csv":
        _print_sentences(session, list(answer.sentences()))
    else:
        say(session, *answer.sentences())
        _show_tables(session, answer)
    say(session, told.get("note"))


def _show_tables(session: Session, answer: Explanation) -> None:
    if lines := answer.lines():
        print_rows(session, lines, LINE_COLUMNS, title="\nEach invoice at its own step")
    if because := answer.because:
        rows = [{"figure": name, "was": value} for name, value in because.figures.items()]
        print_rows(session, rows, ("figure", "was"), title="\nThe figures it was decided on")
    for excerpt in answer.excerpts:
        say(
            session,
            f"\nThe document, from line {excerpt.first} on:",
            *(f"  {line}" for line in excerpt.lines),
        )
