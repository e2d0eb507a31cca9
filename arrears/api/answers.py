"""Answers in JSON, written as the command line writes them: amounts, dates and moments as text."""

from typing import Any

import orjson
from fastapi import Response


def as_json(value: Any) -> Any:
    """The value with every amount, date and moment as text, as `--format json` prints it."""
    return orjson.loads(dumped(value))


def dumped(value: Any) -> bytes:
    """The JSON that `--format json` prints, without its indentation."""
    return orjson.dumps(value, default=str)


def answered(value: Any, status: int = 200, **headers: str) -> Response:
    """An answer in JSON."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Response(dumped(value), status, named, media_type="application/json")


def etag(version: int, shown: str = "") -> str:
    """The entity tag of an account: the version of its stream, and what was shown of it."""
    return f'"{version}.{shown}"' if shown else f'"{version}"'
