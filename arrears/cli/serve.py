"""`arrears serve`: the HTTP API and the console, and all that the book does by itself, until stopped."""

from functools import partial
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from arrears.access.users import any_users
from arrears.cli.operating import ready_to_run
from arrears.cli.output import errors
from arrears.cli.sealing import SealKey, signing_key
from arrears.cli.session import session_of
from arrears.delivery.settings import delivery_settings
from arrears.logs import logger
from arrears.operating import jobs
from arrears.operating.jobs import at_work, until_stopped
from arrears.operating.meters import Meters
from arrears.operating.settings import ServerSettings
from arrears.serving import FIRST_USER, address_to_bind, server_of
from arrears.wiring import Book
from engine.scheduler import Job

log = logger("arrears.serve")


def register(app: typer.Typer) -> None:
    app.command("serve")(serve)


def serve(
    context: typer.Context,
    host: Annotated[
        str | None, typer.Option(help="the address to listen on; by default this machine's own")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="the port to listen on; by default 8000", min=0, max=65535)
    ] = None,
    only: Annotated[
        bool,
        typer.Option("--only", help="only answer requests: 'arrears run' and 'arrears deliver' go apart"),
    ] = False,
    key: SealKey = None,
) -> None:
    """Serve the console (/) and the HTTP API (/api/v1), wake the engine and deliver, until stopped (Ctrl-C or
    SIGTERM).

    Delivery begins once a channel is set up. While the book has no users it listens on this machine only.

    \\b
    Example: arrears serve --port 8000
    Example: arrears serve --only --host 0.0.0.0
    """
    with session_of(context).book() as book, ready_to_run(book) as (settings, meters):
        asked = host or settings.host
        bound, at_port = address_to_bind(book, asked), settings.port if port is None else port
        if not any_users(book.database):
            _say(f"Nobody can sign in yet. Add the first user: {FIRST_USER}")
        if bound != asked:
            _say(f"Until there is one it listens on {bound} only; then start it again.")
        signing = None if key is None else signing_key(key)
        todo = [] if only else _desk(book, settings, meters, signing)
        doing = f"; {', '.join(job.name for job in todo)}" if todo else ""
        server = server_of(book, bound, at_port, meters, settings.trusted_proxies)
        # While it runs the server takes signals itself, and sends them on to us when it has stopped: the
        # system would end the process before its jobs are finished.
        with until_stopped(partial(setattr, server, "should_exit", True)), at_work(todo, meters):
            log.info(f"serving {book.shown_url} at http://{bound}:{at_port}{doing}; stop with Ctrl-C")
            server.run()


def _desk(book: Book, settings: ServerSettings, meters: Meters, key: Ed25519PrivateKey | None) -> list[Job]:
    """What a book on one desk does beside answering."""
    todo = [
        jobs.wake_up(book, settings.wake_every_seconds, meters),
        jobs.catch_up(book, settings.wake_every_seconds),
    ]
    todo += jobs.outgoing(book, settings.deliver_every_seconds, delivery_settings(), meters)
    if key is not None:
        todo.append(jobs.sealing(book, settings.seal_every_seconds, key))
    return todo


def _say(sentence: str) -> None:
    errors().print(sentence, markup=False, highlight=False, soft_wrap=True)
