"""`arrears backup`: the book and its keys into files, while others work on it."""

from pathlib import Path
from typing import Annotated

import typer

from arrears.backup import BackupFault, back_up
from arrears.cli.clocks import say
from arrears.cli.output import print_json
from arrears.cli.session import session_of

KEPT_APART = "Keep the two apart, and the master key apart from both."


def register(app: typer.Typer) -> None:
    app.command("backup")(backup)


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="a new file for the book")],
    keys: Annotated[
        Path | None,
        typer.Option(help="a new file for the key ring of an encrypted book, elsewhere", metavar="FILE"),
    ] = None,
) -> None:
    """Write the book and its key ring into new files, one state of each, while others work on it.

    An SQLite file is copied page by page; on PostgreSQL pg_dump writes its custom format. An erasure does not
    reach a back-up of the key ring: destroy those from before it.

    \b
    Example: arrears backup /backups/book.db --keys /elsewhere/book.keys.db
    """
    session = session_of(context)
    with session.book() as book:
        try:
            written = back_up(book, file, keys)
        except BackupFault as fault:
            raise typer.BadParameter(str(fault)) from None
    if session.format == "json":
        print_json({"files": [str(one) for one in written]})
        return
    say(session, *(f"{one} ({one.stat().st_size} bytes)" for one in written))
    if len(written) > 1:
        say(session, KEPT_APART)
