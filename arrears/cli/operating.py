"""What commands that go on until they are stopped share; and `arrears settings`."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from typing import Annotated

import typer
from prometheus_client import start_http_server

from arrears import logs
from arrears.cli.output import print_json, print_rows
from arrears.cli.session import session_of
from arrears.delivery.settings import delivery_settings
from arrears.operating.jobs import at_work, until_stopped
from arrears.operating.meters import Meters
from arrears.operating.settings import ServerSettings, all_settings, server_settings
from arrears.serving import LOOPBACK
from arrears.wiring import Book
from engine.scheduler import Job

log = logs.logger("arrears.work")
MetricsPort = Annotated[
    int | None,
    typer.Option(
        help="show metrics for Prometheus on this port of this machine", min=1, max=65535, metavar="PORT"
    ),
]


def register(app: typer.Typer) -> None:
    app.command("settings")(settings)


def settings(context: typer.Context) -> None:
    """List every setting that the environment may hold, with what holds now. Secrets are not shown.

    Example: arrears settings --format json
    """
    session = session_of(context)
    held = list(all_settings())
    if session.format == "json":
        print_json([one.as_json for one in held])
        return
    rows = [
        {
            "name": one.name,
            "value": one.value,
            "from": "environment" if one.is_set else "default",
            "what it is": one.what,
        }
        for one in held
    ]
    print_rows(session, rows, ("name", "value", "from", "what it is"))


@contextmanager
def ready_to_run(book: Book, metrics_port: int | None = None) -> Iterator[tuple[ServerSettings, Meters]]:
    """The settings, and the meters of this process, which has begun to log and to be measured."""
    held, meters = server_settings(), Meters()
    logs.configure(_log_format(held), held.log_level)
    meters.watch(book, delivery_settings().within)
    if metrics_port is None:
        yield held, meters
        return
    server, thread = start_http_server(metrics_port, LOOPBACK, meters.registry)
    try:
        yield held, meters
    finally:
        server.shutdown()
        thread.join()


def _log_format(held: ServerSettings) -> logs.Format:
    if held.log_format == "auto":
        return "text" if sys.stderr.isatty() else "json"
    return held.log_format


def work_until_stopped(jobs: Sequence[Job], meters: Meters, doing: str) -> None:
    """Does the jobs until SIGINT or SIGTERM comes; `doing` is logged first."""
    stopped = Event()
    with until_stopped(stopped.set), at_work(jobs, meters):
        log.info(f"{doing}; stop with Ctrl-C")
        stopped.wait()
