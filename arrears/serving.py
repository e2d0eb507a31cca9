"""Puts the API and the console together in one application, and serves it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address

import uvicorn
from fastapi import FastAPI

from arrears.access.users import any_users
from arrears.api import problems
from arrears.api import routes as api
from arrears.api.routes import PREFIX
from arrears.casework.ahead import look_ahead
from arrears.logs import logger
from arrears.operating import routes as operating
from arrears.operating.meters import Meters
from arrears.operating.requests import Watched
from arrears.web import console
from arrears.wiring import Book
from arrears.working.background import Background
from engine.scheduler import Job, running

log = logger("arrears.serve")

STOP_WITHIN_SECONDS = 10  # what waits for news, or streams, is cut off then
LOOPBACK = "127.0.0.1"
FIRST_USER = "arrears user add NAME --role administrator"


def application(book: Book, meters: Meters | None = None) -> FastAPI:
    """The application that serves this book; it does not close it. While it runs it looks ahead."""
    background = Background()
    served, shown = api.application(book, background), console.application(book, background)
    shown.state.directory = served.state.directory
    ahead = look_ahead(book, shown.state.directory, shown.state.worklist, shown.state.lookout)
    app = FastAPI(
        title="arrears", openapi_url=None, docs_url=None, redoc_url=None, lifespan=lambda _: _doing(ahead)
    )
    app.state.book = book
    app.state.meters = meters or Meters()
    app.include_router(operating.router)
    problems.install(app)
    app.mount(PREFIX, served)
    app.mount("/", shown)
    app.add_middleware(Watched, book=book, meters=app.state.meters)
    return app


@asynccontextmanager
async def _doing(job: Job) -> AsyncIterator[None]:
    """The job is done meanwhile, beside the requests."""

    def failed(job: Job, fault: Exception) -> None:
        log.error("job failed, and is tried again", job=job.name, exc_info=fault)

    with running([job], failed):
        yield


def address_to_bind(book: Book, asked: str) -> str:
    """The address asked for; the loopback one while the book has no users, who could not be told apart."""
    return asked if is_loopback(asked) or any_users(book.database) else LOOPBACK


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def server_of(book: Book, host: str, port: int, meters: Meters, trusted_proxies: str) -> uvicorn.Server:
    """The server of this book. Once it is to exit, requests that are under way are finished."""
    return uvicorn.Server(
        uvicorn.Config(
            application(book, meters), host=host, port=port, log_config=None, log_level="warning",
            access_log=False, server_header=False, timeout_graceful_shutdown=STOP_WITHIN_SECONDS,
            forwarded_allow_ips=trusted_proxies,
        )
    )  # fmt: skip
