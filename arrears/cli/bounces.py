"""`arrears bounces read`: what came back about reminders of ours."""

from collections import Counter
from collections.abc import Mapping

import typer

from arrears.cli.output import console, print_json
from arrears.cli.session import session_of
from arrears.delivery.bounces import Outcome, read_bounces
from arrears.delivery.settings import delivery_settings

group = typer.Typer(no_args_is_help=True, help="Bounces: mails that came back.")


def register(app: typer.Typer) -> None:
    """Adds the group."""
    group.command("read")(read)
    app.add_typer(group, name="bounces")


def read(context: typer.Context) -> None:
    """Read the mailbox of bounces (ARREARS_BOUNCES_URL), and record which reminders came back.

    Mails about nothing of ours are left alone. `arrears deliver` reads it, too.

    Example: arrears bounces read
    """
    session, settings = session_of(context), delivery_settings()
    with session.book() as book:
        outcomes = read_bounces(book.engine, settings, book.clock)
        book.catch_up()
    if session.format == "json":
        print_json({"mails": dict(sorted(outcomes.items()))})
    else:
        console().print(in_words(outcomes) or "Bounces: nothing new.")


def in_words(outcomes: Mapping[Outcome, int]) -> str:
    """One sentence on what came into the mailbox; empty where nothing did."""
    said = [f"{count} {what}" for what, count in sorted(Counter(outcomes).items())]
    return f"Bounces: {', '.join(said)}." if said else ""
