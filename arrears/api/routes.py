"""The API of a book as one application: its routes, its errors, and the document that describes it."""

from typing import Annotated, Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi

from arrears.access.users import User
from arrears.access.web import signed_in
from arrears.api import bulk, commands, feed, problems, webhooks
from arrears.api.schemas import COMPONENTS, PROBLEMS
from arrears.wiring import Book

PREFIX = "/api/v1"

router = APIRouter(tags=["access"])


@router.get("/me", summary="Who you are", responses=PROBLEMS)
def me(user: Annotated[User, signed_in("read")]) -> dict[str, Any]:
    """The user whose token or session was sent, and its role."""
    return user.as_json()


AREAS = (router, commands.router, bulk.router, feed.router, webhooks.router)


def application(book: Book) -> FastAPI:
    """The API of a book, to be mounted at `PREFIX`; it answers for its own errors."""
    app = FastAPI(title="arrears", version="1", docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.book = book
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
        app.openapi_schema = document
    return app.openapi_schema
