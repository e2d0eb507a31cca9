"""Puts the API and the console together in one application, and serves it."""

from ipaddress import ip_address

import uvicorn
from fastapi import FastAPI

from arrears.access.users import any_users
from arrears.api import routes
from arrears.api.routes import PREFIX
from arrears.web import console
from arrears.wiring import Book

STOP_WITHIN_SECONDS = 10  # what waits for news, or streams, is cut off then
LOOPBACK = "127.0.0.1"
FIRST_USER = "arrears user add NAME --role administrator"


def application(book: Book) -> FastAPI:
    """The application that serves this book; it does not close it."""
    app = FastAPI(title="arrears", openapi_url=None, docs_url=None, redoc_url=None)
    app.mount(PREFIX, routes.application(book))
    app.mount("/", console.application(book))
    return app


def address_to_bind(book: Book, asked: str) -> str:
    """The address asked for; the loopback one while the book has no users, who could not be told apart."""
    return asked if is_loopback(asked) or any_users(book.database) else LOOPBACK


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def serve(book: Book, host: str, port: int) -> None:
    """Serves the book until stopped (Ctrl-C or SIGTERM); requests that are under way are finished."""
    uvicorn.run(
        application(book),
        host=host,
        port=port,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=STOP_WITHIN_SECONDS,
    )
