"""Access at the door of the server: who sends the request, and may they?

A route says `user: Annotated[User, signed_in("read")]`. Whoever is not signed in raises NotSignedIn, whoever
may not NotAllowed, and a form without the token of its session FormStale: `arrears.serving` answers them.
"""

from typing import Any

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from arrears.access.faults import FormStale, NotAllowed, NotSignedIn
from arrears.access.permissions import Permission
from arrears.access.sessions import SESSION, Seal, log_out, server_key, user_of_session
from arrears.access.tokens import user_of_token
from arrears.access.users import User
from arrears.wiring import Book

COOKIE = "arrears_session"
VISIT_COOKIE = "arrears_visit"  # whose log-in form it is, before there is a session
FORM_FIELD, FORM_HEADER = "form_token", "x-form-token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def book_of(request: Request) -> Book:
    """The book that this application serves."""
    book = request.app.state.book
    assert isinstance(book, Book)
    return book


def seal_of(request: Request) -> Seal:
    """What this book's servers sign with."""
    state = request.app.state
    if not hasattr(state, "seal"):
        state.seal = Seal(server_key(book_of(request).database))
    seal: Seal = state.seal
    return seal


class SignedIn:
    """A dependency: the user who sends the request, by token or by cookie, if the role has the permission."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, request: Request) -> User:
        user = await run_in_threadpool(find_visitor, request)
        if user is None:
            raise NotSignedIn
        if not user.may(self.permission):
            raise NotAllowed(role=user.role, permission=self.permission)
        if presented_token(request) is None and request.method not in SAFE_METHODS:
            await check_form(request)
        request.state.user = user  # for what is drawn around the answer
        return user


def signed_in(permission: Permission) -> Any:
    """What a route is marked with that needs that permission."""
    return Depends(SignedIn(permission))


def find_visitor(request: Request) -> User | None:
    """Who sends the request; None: nobody that is known. A token goes before a cookie."""
    book = book_of(request)
    token = presented_token(request)
    if token is not None:
        return user_of_token(book.database, token, book.clock())
    session = session_of(request)
    return None if session is None else user_of_session(book.database, session, book.clock())


def presented_token(request: Request) -> str | None:
    """The token of `Authorization: Bearer …`; None where that is not sent."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def session_of(request: Request) -> str | None:
    """The session that the cookie names, signed by us; it may have ended."""
    cookie = request.cookies.get(COOKIE)
    return None if cookie is None else seal_of(request).session(cookie)


# --- cookies ----------------------------------------------------------------------------------------------


def set_session(request: Request, response: Response, session: str) -> None:
    """Gives the browser the session that `log_in` started."""
    _set_cookie(request, response, COOKIE, seal_of(request).cookie(session), int(SESSION.total_seconds()))
    response.delete_cookie(VISIT_COOKIE)


def end_session(request: Request, response: Response) -> None:
    """Logs out: the session ends, and the browser forgets it."""
    session = session_of(request)
    if session is not None:
        log_out(book_of(request).database, session)
    response.delete_cookie(COOKIE)


def set_visit(request: Request, response: Response, visit: str) -> None:
    """Gives the browser a mark before it is signed in, which the log-in form is bound to."""
    _set_cookie(request, response, VISIT_COOKIE, seal_of(request).cookie(visit), None)


def _set_cookie(request: Request, response: Response, name: str, value: str, seconds: int | None) -> None:
    response.set_cookie(
        name, value, max_age=seconds, httponly=True, samesite="lax", secure=request.url.scheme == "https"
    )


# --- forms ------------------------------------------------------------------------------------------------


def visit_of(request: Request) -> str | None:
    """The session, else the mark of a visitor who is not signed in yet."""
    session = session_of(request)
    cookie = request.cookies.get(VISIT_COOKIE)
    return session if session or cookie is None else seal_of(request).session(cookie)


def form_token(request: Request) -> str:
    """The token that each form of this page carries in its field `form_token`; "" where nobody is there."""
    visit = visit_of(request)
    return "" if visit is None else seal_of(request).form_token(visit)


async def check_form(request: Request) -> None:
    """Raises FormStale where the request carries no token of its session, in the form or in a header."""
    token = request.headers.get(FORM_HEADER) or (await request.form()).get(FORM_FIELD)
    visit = visit_of(request)
    if visit is None or not isinstance(token, str) or not seal_of(request).is_form_token(visit, token):
        raise FormStale
