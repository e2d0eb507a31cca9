"""The console as one application: its pages, its files, and what every answer carries."""

from collections.abc import Awaitable, Callable
from importlib import resources
from typing import Annotated

from fastapi import APIRouter, FastAPI, Form, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles

from arrears.web import errors, home
from arrears.web.headers import HEADERS
from arrears.web.pages import ZONE_COOKIE
from arrears.wiring import Book

AREAS: tuple[APIRouter, ...] = (home.router,)
"""The routers of the areas; whoever adds one also leads there in `navigation.GROUPS`."""

_FILES_FOR_SECONDS = 31_536_000


def router() -> APIRouter:
    """The pages of all areas."""
    pages = APIRouter(include_in_schema=False)
    for area in AREAS:
        pages.include_router(area)
    pages.add_api_route("/zone", choose_zone, methods=["POST"])
    return pages


def application(book: Book) -> FastAPI:
    """The console of a book, by itself or mounted beside the API: it answers for its own errors."""
    app = FastAPI(title="arrears", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.book = book
    app.mount("/static", StaticFiles(directory=str(resources.files("arrears.web") / "static")))
    app.include_router(router())
    app.middleware("http")(with_headers)
    errors.install(app)
    return app


async def with_headers(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    """Every answer with the headers that keep other sites, inline scripts and guessing out."""
    response = await answer(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.url.path.startswith("/static/") and request.query_params.get("v"):
        response.headers["Cache-Control"] = f"public, max-age={_FILES_FOR_SECONDS}, immutable"
    return response


def choose_zone(zone: Annotated[str, Form()], back: Annotated[str, Form()] = "/") -> Response:
    """Keeps in the browser in which zone moments are shown there; only what they look like depends on it."""
    there = back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/"
    response = RedirectResponse(there, status_code=303)
    response.set_cookie(ZONE_COOKIE, zone[:64], max_age=_FILES_FOR_SECONDS, httponly=True, samesite="lax")
    return response
