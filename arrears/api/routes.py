"""The API of a book as one application: its routes, its errors, and the document that describes it."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from arrears.access.permissions import Permission
from arrears.access.users import User
from arrears.access.web import SignedIn, signed_in
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
    reading,
    reevaluating,
    reports,
    sealing,
    texts,
    users,
    webhooks,
    works,
)
from arrears.api import book as book_routes
from arrears.api.asking import Follower
from arrears.api.schemas import COMPONENTS, PROBLEMS
from arrears.casework.directory import Directory
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
    *(
        files.router,
        texts.router,
        book_routes.router,
        accounts.router,
        lists.router,
        reports.router,
        policies.router,
    ),
    *(works.router, reevaluating.router, sealing.router, users.router),
)


def application(book: Book, background: Background | None = None) -> FastAPI:
    """The API of a book, to be mounted at `PREFIX`; it answers for its own errors.

    `background`: the long work of this server, which others may look at as well.
    """
    app = FastAPI(title="arrears", version="1", docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.book = book
    app.state.follower = Follower(book)
    app.state.background = background or Background()
    app.state.directory = Directory(book)
    for area in AREAS:
        app.include_router(area)
    app.add_api_route("/docs", reading.docs, include_in_schema=False)
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
        for operation, permission in _permissions(app, document):
            operation["x-permission"] = permission
            needs = f"Needs the permission `{permission}`."
            if needs not in operation["description"]:
                operation["description"] += f"\n\n{needs}"
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


def _permissions(app: FastAPI, document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Permission]]:
    """Each operation of the document, and the permission that its route asks for."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if not isinstance(route, APIRoute) or not route.include_in_schema:
            continue
        asked = [one.call for one in route.dependant.dependencies if isinstance(one.call, SignedIn)]
        for method in context.methods or ():
            operation = document["paths"].get(context.path_format, {}).get(method.lower())
            if operation is not None and asked:
                yield operation, asked[0].permission
