"""The console as one application: its pages, its files, and what every answer carries."""

from collections.abc import Awaitable, Callable
from importlib import resources

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles

from arrears.access.throttle import Throttle
from arrears.casework.directory import Directory
from arrears.casework.lookout import Lookout
from arrears.casework.ranked import Standing
from arrears.web import (
    accounts,
    admin_state,
    admin_users,
    admin_webhooks,
    aging,
    attachments,
    casework_reports,
    dashboard,
    desk,
    errors,
    exceptions,
    forms,
    imports,
    policies,
    promises,
    replays,
    signing,
    texts,
    unsubscribing,
    waiting,
    worklist,
)
from arrears.web.headers import HEADERS
from arrears.wiring import Book
from arrears.working.background import Background

AREAS: tuple[APIRouter, ...] = (
    signing.router,
    dashboard.router,
    aging.router,
    promises.router,
    waiting.router,
    casework_reports.router,
    policies.router,
    replays.router,
    imports.router,
    texts.router,
    admin_users.router,
    admin_webhooks.router,
    admin_state.router,
    unsubscribing.router,
    forms.router,
    worklist.router,
    desk.router,
    exceptions.router,
    attachments.router,
    accounts.router,  # behind the forms: a number may hold slashes
)
"""The routers of the areas; whoever adds one also leads there in `navigation.GROUPS`."""

_FILES_FOR_SECONDS = 31_536_000


def router() -> APIRouter:
    """The pages of all areas."""
    pages = APIRouter(include_in_schema=False)
    for area in AREAS:
        pages.include_router(area)
    return pages


def application(book: Book, background: Background | None = None) -> FastAPI:
    """The console of a book, by itself or mounted beside the API: it answers for its own errors."""
    app = FastAPI(title="arrears", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.book = book
    app.state.throttle = Throttle()
    app.state.background = background or Background()
    app.state.imports = Background(imports.REMEMBERED)
    app.state.directory, app.state.worklist, app.state.lookout = Directory(book), Standing(), Lookout()
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
