"""The document of the API for people: one page, made from it, that needs no other host."""

import json
import re
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

_PAGES = Environment(loader=PackageLoader("arrears.api", "."), autoescape=True, undefined=StrictUndefined)
_QUOTED = re.compile(r"`([^`]*)`")
_PAGES.filters["quoted"] = lambda text: Markup(_QUOTED.sub(r"<code>\1</code>", str(escape(text))))
_PAGES.filters["pretty"] = lambda value: json.dumps(value, indent=2, ensure_ascii=False)


def docs(request: Request) -> HTMLResponse:
    """Each operation: what it does, what it needs, what it is given and what it answers."""
    document = request.app.openapi()
    return HTMLResponse(_PAGES.get_template("docs.html").render(areas=_areas(document), document=document))


def _areas(document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The operations by their first tag, in the order of the document."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            shown = {"method": method.upper(), "path": path, "is": operation, "answer": _answer(operation)}
            shown["body"] = _example(operation.get("requestBody", {}))
            found.setdefault((operation.get("tags") or ["more"])[0], []).append(shown)
    return found


def _answer(operation: dict[str, Any]) -> tuple[str, Any] | None:
    """The status and the example of the answer where all goes well."""
    for status, answer in operation["responses"].items():
        if status.startswith("2") and (example := _example(answer)) is not None:
            return status, example
    return None


def _example(part: dict[str, Any]) -> Any:
    contents = part.get("content", {}).values()
    return next((one["example"] for one in contents if "example" in one), None)
