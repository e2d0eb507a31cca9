"""Draws the pages of the console from templates."""

from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from arrears.access.users import User
from arrears.access.web import FORM_FIELD, book_of, find_visitor, form_token
from arrears.casework.directory import ERASED
from arrears.web import flash
from arrears.web.filters import FILTERS, READER_ZONE
from arrears.web.labels import label_of
from arrears.web.navigation import GROUPS, Group, Link, is_here

ZONE_COOKIE = "arrears-zone"

environment = Environment(
    loader=PackageLoader("arrears.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True,
)  # fmt: skip


def render(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """The page that the template makes of these values and of what every page knows: `request`, `book`,
    `user` (None: nobody is signed in), `groups` (the navigation), `said` (what was just done)."""
    shown_zone = zone_of(request)
    token = READER_ZONE.set(shown_zone)
    try:
        text = environment.get_template(template).render(
            request=request, book=book_of(request), user=user_of(request), groups=GROUPS,
            said=flash.said(request), zone=shown_zone.key, **values,
        )  # fmt: skip
    finally:
        READER_ZONE.reset(token)
    response = HTMLResponse(text, status, headers={"Cache-Control": "no-store"})
    if flash.COOKIE in request.cookies:
        response.delete_cookie(flash.COOKIE)
    return response


def user_of(request: Request) -> User | None:
    """Who is signed in, whether the page asks for it or not; None: nobody."""
    known = getattr(request.state, "user", None)
    return known if isinstance(known, User) else find_visitor(request)


def zone_of(request: Request) -> ZoneInfo:
    """The zone in which the reader wants moments: the one chosen in this browser, else the book's."""
    try:
        return ZoneInfo(request.cookies[ZONE_COOKIE])
    except (KeyError, ValueError, ZoneInfoNotFoundError, OSError):
        return book_of(request).zone


@cache
def static(name: str) -> str:
    """Where a file of ours is served: its address changes with its content, so that browsers may keep it."""
    content = (resources.files("arrears.web") / "static" / name).read_bytes()
    return f"/static/{name}?v={sha256(content).hexdigest()[:12]}"


def with_query(request: Request, **changed: object) -> str:
    """The query string of this page with some values changed; None leaves one out."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in changed]
    given = [(name, str(value)) for name, value in changed.items() if value is not None]
    return "?" + urlencode([*kept, *given])


def form_field(request: Request) -> Markup:
    """The hidden field that every form carries, so that other sites cannot send it for the reader."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FORM_FIELD, form_token(request))


def names(values: Iterable[str]) -> list[tuple[str, str]]:
    """The values as choices that are called what they are."""
    return [(value, value) for value in values]


def permitted(user: User, group: Group) -> list[Link]:
    """The links of a group that the user is led to."""
    return [link for link in group.links if user.may(link.permission)]


environment.filters.update(FILTERS)
environment.globals.update(
    static=static, with_query=with_query, is_here=is_here, form_field=form_field, permitted=permitted,
    names=names, erased=ERASED, label_of=label_of,
)  # fmt: skip
