"""What a reader is told when something is refused, is not there, or goes wrong: a page with a sentence."""

import logging
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from arrears.access.faults import FormStale, NotAllowed, NotSignedIn, TooManyLogIns
from arrears.web.headers import HEADERS
from arrears.web.pages import render
from engine.domain.errors import RuleBroken
from engine.store import Conflict
from policies.book import NoPolicy

STATUSES: dict[type, int] = {
    NotAllowed: 403,
    FormStale: 403,
    TooManyLogIns: 429,
    RuleBroken: 409,
    NoPolicy: 409,
}
"""The status of each fault that says in a sentence what was wrong."""

log = logging.getLogger("arrears.web")

TITLES = {
    400: "This could not be read",
    401: "Sign in first",
    403: "This is not yours to do",
    404: "There is no such page",
    405: "This cannot be done here",
    409: "This was refused",
    412: "Somebody else was faster",
    413: "This is too much at once",
    422: "Something is missing or wrong",
    429: "Too many attempts",
    500: "Something went wrong",
    503: "The book cannot be reached",
}
SENTENCES = {
    403: "Your role does not allow this. Ask an administrator of this book if it should.",
    404: "The address may be mistyped, or what it named is not in this book.",
    405: "Go back and use the form on the page.",
    412: "What you were looking at has changed meanwhile. Load the page again and look before you repeat it.",
    500: "It is our fault, not yours. Nothing was recorded by halves.",
}


def error_page(request: Request, status: int, sentence: str = "", reference: str = "") -> Response:
    """The page for a status; `sentence` says what in particular was wrong."""
    title = TITLES.get(status, TITLES[500] if status >= 500 else TITLES[400])
    said = sentence or SENTENCES.get(status, "")
    return render(request, "error.html", status, title=title, sentence=said, code=status, reference=reference)


def install(app: FastAPI) -> None:
    """Has the application answer with these pages."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(NotSignedIn, _to_log_in)
    for fault in STATUSES:
        app.add_exception_handler(fault, _refused)
    app.add_exception_handler(Conflict, _overtaken)
    app.add_exception_handler(Exception, _failed)


def _http(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)
    said = (
        SENTENCES.get(fault.status_code)
        if fault.detail in ("Not Found", "Method Not Allowed")
        else fault.detail
    )
    page = error_page(request, fault.status_code, said or "")
    page.headers.update(fault.headers or {})
    return page


def _invalid(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, RequestValidationError)
    told = [f"{' '.join(map(str, one['loc'][1:]))}: {one['msg'].lower()}" for one in fault.errors()]
    return error_page(request, 422, "; ".join(told))


def _refused(request: Request, fault: Exception) -> Response:
    status = next(STATUSES[kind] for kind in type(fault).__mro__ if kind in STATUSES)
    page = error_page(request, status, as_sentence(str(fault)))
    if isinstance(fault, TooManyLogIns):
        page.headers["Retry-After"] = str(fault.data["retry_after_seconds"])
    return page


def as_sentence(text: str) -> str:
    """What a fault says, with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."


def _to_log_in(request: Request, _: Exception) -> Response:
    """To the log-in page, and from there back to what was asked for."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = "" if asked == "/" or request.method != "GET" else "?" + urlencode({"back": asked})
    if "hx-request" in request.headers:  # only a part of a page was asked for
        return Response(status_code=401, headers={"HX-Redirect": "/log-in"})
    return RedirectResponse(f"/log-in{back}", status_code=303)


def _overtaken(request: Request, _: Exception) -> Response:
    return error_page(request, 412)


def _failed(request: Request, fault: Exception) -> Response:
    reference = uuid4().hex[:8]
    log.error("page failed: %s %s", request.method, reference, exc_info=fault)
    page = error_page(request, 500, reference=reference)
    page.headers.update(HEADERS)  # this one leaves beside the console's middleware
    return page
