"""`arrears letters …`: reminders on paper, for the printer."""

from pathlib import Path
from typing import Annotated, Any

import typer

from arrears.cli.delivering import CARRIER_DOWN, reminders_in_words
from arrears.cli.output import console, errors, print_json
from arrears.cli.running import progress
from arrears.cli.session import session_of
from arrears.delivery.carriers import print_letters
from arrears.delivery.letters.windows import WINDOWS, WindowName
from arrears.delivery.settings import SettingMissing, delivery_settings

letters = typer.Typer(no_args_is_help=True, help="Reminders on paper.")


def register(app: typer.Typer) -> None:
    app.add_typer(letters, name="letters")


@letters.command("print")
def print_(
    context: typer.Context,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FOLDER", envvar="ARREARS_LETTERS_DIR", help="where to")
    ] = None,
    window: Annotated[WindowName | None, typer.Option(help=f"of the envelopes: {', '.join(WINDOWS)}")] = None,
    duplex: Annotated[
        bool | None,
        typer.Option("--duplex/--simplex", help="begin each letter on a new sheet, both sides printed"),
    ] = None,
) -> None:
    """Print the letters that are due: one PDF of this run, and beside it a list of what is in it.

    Each is looked at once more, as 'arrears deliver' does, and counts as delivered once the files are
    there. A run that was cut short is finished by the next, under the same name. Who has no address waits.

    Example: arrears letters print --to outgoing --duplex
    """
    session, settings = session_of(context), delivery_settings()
    if to is None:
        raise SettingMissing("print letters", ["--to", "ARREARS_LETTERS_DIR"])
    asked: dict[str, Any] = {"letters_window": window, "letters_duplex": duplex}
    settings = settings.model_copy(update={name: value for name, value in asked.items() if value is not None})
    with session.book() as book:
        bar = progress("letters", None)
        with bar:
            tally = print_letters(
                book.engine, settings, to, book.clock, lambda count: bar.advance(bar.task_ids[0], count)
            )
        book.catch_up()
    if session.format == "json":
        counts = [{"outcome": what, "count": count} for (_, what), count in sorted(tally.outcomes.items())]
        print_json({"outcomes": counts, "down": tally.down})
    else:
        console().print(reminders_in_words(tally) or "Nothing was due.")
    if tally.down:
        errors().print(f"No more letters can be printed now: {', '.join(tally.down.values())}")
        raise typer.Exit(CARRIER_DOWN)
