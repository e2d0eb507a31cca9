"""Requests read from JSON, with all that is wrong with one said at once."""

from typing import Any

from pydantic import ValidationError

from arrears.commands.base import Request, RequestUnfit


class BodyUnfit(RequestUnfit):
    """A body that is no request; `errors` says of each field what was expected."""

    def __init__(self, errors: list[dict[str, str]]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{error['field']}: {error['expected']}" for error in errors))


def parsed(command: type[Request], content: bytes) -> Request:
    """The request that the JSON states; raises BodyUnfit."""
    try:
        return command.model_validate_json(content)
    except ValidationError as wrong:
        raise BodyUnfit(errors_of(wrong.errors(include_url=False))) from None


def errors_of(errors: Any) -> list[dict[str, str]]:
    """Each field that is wrong, and what was expected of it."""
    return [
        {"field": ".".join(map(str, error["loc"])) or "body", "expected": _expected(error)}
        for error in errors
    ]


def _expected(error: Any) -> str:
    reason = error.get("ctx", {}).get("error")
    return f"expected {reason}" if isinstance(reason, Exception) and str(reason) else str(error["msg"])


def inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with each reference to its own definitions written out in its place."""
    definitions = schema.get("$defs", {})

    def whole(part: Any) -> Any:
        if isinstance(part, list):
            return [whole(one) for one in part]
        if not isinstance(part, dict):
            return part
        name = str(part.get("$ref", "")).removeprefix("#/$defs/")
        if name in definitions:
            return whole(definitions[name])
        return {key: whole(value) for key, value in part.items() if key != "$defs"}

    resolved: dict[str, Any] = whole(schema)
    return resolved
