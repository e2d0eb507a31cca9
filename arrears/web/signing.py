"""Signing in and out, and what a reader chooses for this browser."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from arrears.access.faults import LogInFailed, TooManyLogIns
from arrears.access.sessions import log_in
from arrears.access.users import User, any_users
from arrears.access.web import (
    book_of,
    check_form,
    end_session,
    find_visitor,
    seal_of,
    set_session,
    set_visit,
    signed_in,
    visit_of,
)
from arrears.web.errors import as_sentence
from arrears.web.pages import ZONE_COOKIE, render

router = APIRouter()

_YEAR_SECONDS = 31_536_000
Text = Annotated[str, Form()]


@router.get("/log-in")
def ask(request: Request, back: str = "/") -> Response:
    """The form; whoever is signed in already is sent on."""
    if find_visitor(request) is not None:
        return RedirectResponse(path_of_ours(back), status_code=303)
    return _form(request, back)


@router.post("/log-in")
async def enter(request: Request, name: Text = "", password: Text = "", back: Text = "/") -> Response:
    """Starts a session and goes on to what was asked for; says only that name or password were wrong."""
    await check_form(request)
    return await run_in_threadpool(_enter, request, name.strip(), password, back)


def _enter(request: Request, name: str, password: str, back: str) -> Response:
    book = book_of(request)
    address = request.client.host if request.client else "unknown"
    try:
        request.app.state.throttle.count(address, book.clock())
        _, session = log_in(book.database, name, password, book.clock())
    except (LogInFailed, TooManyLogIns) as fault:
        return _form(
            request, back, name, as_sentence(str(fault)), 401 if isinstance(fault, LogInFailed) else 429
        )
    response = RedirectResponse(path_of_ours(back), status_code=303)
    set_session(request, response, session)
    return response


def _form(request: Request, back: str, name: str = "", problem: str = "", status: int = 200) -> Response:
    """The form, bound to this browser by a mark in a cookie."""
    visit = visit_of(request) or secrets.token_urlsafe(32)
    page = render(
        request, "log_in.html", status, token=seal_of(request).form_token(visit), back=back, name=name,
        problem=problem, nobody=not any_users(book_of(request).database),
    )  # fmt: skip
    set_visit(request, page, visit)
    return page


@router.post("/log-out")
def leave(request: Request, _: Annotated[User, signed_in("read")]) -> Response:
    """Ends the session."""
    response = RedirectResponse("/log-in", status_code=303)
    end_session(request, response)
    return response


@router.post("/zone")
def choose_zone(
    _: Annotated[User, signed_in("read")], zone: Annotated[str, Form(max_length=64)], back: Text = "/"
) -> Response:
    """Keeps in the browser in which zone moments are shown there; only what they look like depends on it."""
    response = RedirectResponse(path_of_ours(back), status_code=303)
    response.set_cookie(ZONE_COOKIE, zone, max_age=_YEAR_SECONDS, httponly=True, samesite="lax")
    return response


def path_of_ours(path: str) -> str:
    """The path to go on to; the first page where it would lead to another site."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"
