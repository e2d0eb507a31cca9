"""The API keeps what its document promises, whatever it is sent: held against it by schemathesis.

Each operation gets its example and a few requests that fit the document, or do not; the same at each run.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import negative_data_rejection
from starlette.types import Receive, Scope, Send

from arrears.access import tokens
from arrears.api import routes
from arrears.serving import application
from arrears.wiring import Book, open_book
from tests.api_story import Caller, tell

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
FEW = 3

CONFIG = {
    # Many rules are no schema's: a day that has not come yet, an account that is unknown, rising edges.
    "checks": {"positive_data_acceptance": {"enabled": False}},
    "phases": {"coverage": {"enabled": False}, "examples": {"enabled": True}},
    "generation": {"deterministic": True, "allow-x00": True, "with-security-parameters": False},
}


@schemathesis.serializer("application/x-ndjson")
def _lines(_: object, value: object) -> bytes:
    """Lines are sent as they are: they are text in the document."""
    return str(value).encode("utf-8", "replace")


SERVED: dict[str, FastAPI] = {}


async def served(scope: Scope, receive: Receive, send: Send) -> None:
    """The server of the book that the tests of this module share, which is made after they are collected."""
    await SERVED["book"](scope, receive, send)


DOCUMENT = routes.application(cast("Book", None)).openapi()
schema: BaseSchema = schemathesis.openapi.from_dict(DOCUMENT, config=SchemathesisConfig.from_dict(CONFIG))
schema.app = served
# What starts processes is tried elsewhere, once.
schema = schema.exclude(path_regex="^/(replays/control|forecasts|rebuilds)$")


@pytest.fixture(scope="module")
def headers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Those of an administrator of a small book, at which the document is held."""
    url = f"sqlite:///{tmp_path_factory.mktemp('fuzzing') / 'book.db'}"
    book = open_book(url, None, "a clerk", create=True, clock=lambda: NOON)
    tell(Caller(book, "administrator"))
    SERVED["book"] = application(book)
    _, token = tokens.add_token(book.database, "administrator-program", "", NOON)
    yield {"Authorization": f"Bearer {token}"}
    book.close()


@schema.parametrize()
@settings(
    max_examples=FEW, derandomize=True, database=None, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_every_operation_keeps_its_promises(case: Any, headers: dict[str, str]) -> None:
    # A stream of lines is taken whatever it holds: each line that is refused is told.
    lines = [negative_data_rejection] if case.operation.path == "/commands" else []
    case.call_and_validate(headers=headers, excluded_checks=lines)
