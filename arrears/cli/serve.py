"""`arrears serve`: the HTTP API and the console, until stopped."""

from typing import Annotated

import typer

from arrears.access.users import any_users
from arrears.cli.output import errors
from arrears.cli.session import session_of
from arrears.serving import FIRST_USER, LOOPBACK, address_to_bind
from arrears.serving import serve as serve_book


def register(app: typer.Typer) -> None:
    app.command("serve")(serve)


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="the address to listen on")] = LOOPBACK,
    port: Annotated[int, typer.Option(help="the port to listen on", min=0, max=65535)] = 8000,
) -> None:
    """Serve the HTTP API (/api/v1) until stopped (Ctrl-C or SIGTERM).

    While the book has no users it listens on this machine only.

    \b
    Example: arrears serve --port 8000
    """
    with session_of(context).book() as book:
        bound = address_to_bind(book, host)
        if not any_users(book.database):
            _say(f"Nobody can sign in yet. Add the first user: {FIRST_USER}")
        if bound != host:
            _say(f"Until there is one it listens on {bound} only; then start it again.")
        _say(f"serving {book.shown_url} at http://{bound}:{port}; stop with Ctrl-C")
        serve_book(book, bound, port)


def _say(sentence: str) -> None:
    errors().print(sentence, markup=False, highlight=False, soft_wrap=True)
