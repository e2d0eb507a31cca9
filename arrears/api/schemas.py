"""Parts of the OpenAPI document that routes share."""

from functools import cache
from importlib import resources
from typing import Any

import orjson
from fastapi import Response

from arrears.api.answer_shapes import ANSWERS

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "Problem details (RFC 9457). `title` is the name of the rule that was broken.",
    "required": ["type", "title", "status", "detail", "data"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "the rule in a sentence, with its figures"},
        "data": {"type": "object", "description": "what the rule was judged on"},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "all that is wrong with the request",
            "items": {
                "type": "object",
                "required": ["field", "expected"],
                "properties": {"field": {"type": "string"}, "expected": {"type": "string"}},
            },
        },
    },
    "example": {
        "type": "about:blank", "title": "ItemUnknown", "status": 409,
        "detail": "account 'ACME' has no invoice or charge 'INV-9'",
        "data": {"account": "ACME", "item": "INV-9"}, "instance": "/api/v1/commands/pay",
    },
}  # fmt: skip
RECORDED: dict[str, Any] = {
    "type": "object",
    "required": ["recorded", "already_known"],
    "properties": {
        "recorded": {
            "type": "array",
            "items": {"type": "object", "required": ["topic"], "properties": {"topic": {"type": "string"}}},
        },
        "already_known": {"type": "boolean", "description": "it was recorded before, with the same content"},
        "nothing": {"type": "string", "description": "why there was nothing to record"},
    },
    "example": {
        "recorded": [{"topic": "NoteAdded", "note": "Pays on the last Friday of the month."}],
        "already_known": False,
    },
}
FACT_PAGE: dict[str, Any] = {
    "type": "object",
    "required": ["facts", "next"],
    "properties": {
        "facts": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["position", "stream", "version", "topic", "by", "recorded_at", "fact"],
                "properties": {
                    "position": {"type": "integer"},
                    "stream": {"type": "string"},
                    "version": {"type": "integer"},
                    "topic": {"type": "string"},
                    "account": {"type": ["string", "null"], "description": "the account's number"},
                    "by": {"type": "string", "description": "who recorded it"},
                    "fact": {"type": "object", "description": "what it says"},
                },
            },
        },
        "next": {"type": "integer"},
    },
    "example": {
        "facts": [
            {
                "position": 812, "stream": "account-5f0c", "version": 3, "topic": "NoteAdded",
                "account": "ACME", "by": "mira", "recorded_at": "2026-06-30T12:00:00+00:00",
                "known_at": "2026-06-30T12:00:00+00:00", "basis": None, "because": None,
                "fact": {"note": "Pays on the last Friday of the month."},
            }
        ],
        "next": 812,
    },
}  # fmt: skip


@cache
def examples() -> dict[str, Any]:
    """An answer of each shape, as a book of invented debtors gave it."""
    found: dict[str, Any] = orjson.loads((resources.files("arrears.api") / "examples.json").read_bytes())
    return found


EVENT: dict[str, Any] = {
    "type": "object",
    "description": "one server-sent event: the fact, its topic and its position",
    "properties": {"data": {"type": "string"}, "event": {"type": "string"}, "id": {"type": "string"}},
}
COMPONENTS: dict[str, Any] = {
    **{name: shape | {"example": examples()[name]} for name, shape in ANSWERS.items()},
    "Problem": PROBLEM,
    "Recorded": RECORDED,
    "FactPage": FACT_PAGE,
}

_WHY = {
    400: "the request could not be read",
    401: "nobody is signed in",
    403: "the role does not allow it",
    404: "there is no such account, or nothing else of that name",
    405: "not by this method",
    409: "a rule refused it; nothing was recorded",
    412: "the account has changed since it was seen",
    413: "the body is too long",
    422: "something is missing or cannot be so",
    429: "too often: see Retry-After",
    503: "the book cannot be reached, or others were faster too often: see Retry-After",
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": why,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, why in _WHY.items()
}
"""The problems that any route may answer with."""


def told(name: str, *more: int, status: int = 200) -> dict[str, Any]:
    """What a route says of its answer: the shape of that name, or a problem."""
    json = {"schema": {"$ref": f"#/components/schemas/{name}"}}
    responses = PROBLEMS | {status: {"description": "the answer", "content": {"application/json": json}}}
    if 304 in more:
        responses[304] = {"description": "it stands as it was under the ETag that you have"}
        responses[status]["headers"] = {"ETag": {"schema": {"type": "string"}}}
    return {"responses": responses, "response_class": Response, "status_code": status}
