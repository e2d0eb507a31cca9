"""The API of a book as one application: its routes, its errors, and the document that describes it."""

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi

from arrears.access.users import User
from arrears.access.web import signed_in
from arrears.api import (
    accounts,
    bulk,
    callbacks,
    commands,
    feed,
    files,
    lists,
    policies,
    problems,
    reports,
    sealing,
    users,
    webhooks,
    works,
)
from arrears.api import book as book_routes
from arrears.api.asking import Follower
from arrears.api.schemas import COMPONENTS, PROBLEMS
from arrears.wiring import Book
from arrears.working.background import Background

PREFIX = "/api/v1"

router = APIRouter(tags=["access"])


@router.get("/me", summary="Who you are", responses=PROBLEMS)
def me(user: Annotated[User, signed_in("read")]) -> dict[str, Any]:
    """The user whose token or session was sent, and its role."""
    return user.as_json()


AREAS = (
    *(router, commands.router, bulk.router, feed.router, webhooks.router, callbacks.router),
    # What ends in a word of its own goes before the account itself, whose number may hold slashes.
    *(files.router, book_routes.router, accounts.router, lists.router, reports.router, policies.router),
    *(works.router, sealing.router, users.router),
)


def application(book: Book, background: Background | None = None) -> FastAPI:
    """The API of a book, to be mounted at `PREFIX`; it answers for its own errors.

    `background`: the long work of this server, which others may look at as well.
    """
    app = FastAPI(title="arrears", version="1", docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.book = book
    app.state.follower = Follower(book)
    app.state.background = background or Background()
    for area in AREAS:
        app.include_router(area)
    problems.install(app)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return app


def _document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title="arrears", version="1", routes=app.routes, servers=[{"url": PREFIX}],
            description="Collections as facts: commands record them, queries read what they come to.",
        )  # fmt: skip
        components = document.setdefault("components", {})
        schemas = components.setdefault("schemas", {})
        components["schemas"] = schemas | COMPONENTS
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
        for path in document["paths"].values():
            for operation in path.values():
                _add_examples(operation["responses"].values(), components["schemas"])
        app.openapi_schema = document
    return app.openapi_schema


def _add_examples(answers: Iterable[dict[str, Any]], shapes: dict[str, Any]) -> None:
    """Puts the example of its shape to each answer, where people look for it."""
    for answer in answers:
        for content in answer.get("content", {}).values():
            shape = shapes.get(content.get("schema", {}).get("$ref", "").rpartition("/")[2], {})
            if "example" in shape:
                content.setdefault("example", shape["example"])
