"""Who may sign in, as what, and by which tokens."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from arrears.access import tokens, users
from arrears.access.permissions import PERMISSIONS, ROLES, Role
from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.web import flash
from arrears.web.errors import as_sentence
from arrears.web.pages import render
from arrears.web.tables import Column
from engine.domain.errors import RuleBroken

router = APIRouter()

Administrator = Annotated[User, signed_in("users")]
Text = Annotated[str, Form()]
PATH = "/admin/users"

USERS = (Column("Name"), Column("Role"), Column("State"), Column("Tokens", figure=True))
TOKENS = (Column("Token"), Column("What for"), Column("Made"), Column("Until"), Column("State"), Column(""))


class RoleUnknown(RuleBroken):
    sentence = "there is no role '{role}'"


def role_of(text: str) -> Role:
    """The role of that name; raises RoleUnknown."""
    if text not in ROLES:
        raise RoleUnknown(role=text)
    return text


@router.get(PATH)
def list_users(request: Request, _: Administrator) -> Response:
    """Everybody who may sign in, and the form for somebody new."""
    return _list(request)


def _list(request: Request, problem: str = "", name: str = "", role: str = "collector") -> Response:
    database = book_of(request).database
    now, held = book_of(request).clock(), tokens.list_tokens(database)
    in_force = [one.user for one in held if one.revoked_at is None and one.expires_at > now]
    return render(
        request, "admin/users.html", 409 if problem else 200, people=users.list_users(database),
        columns=USERS, in_force=in_force, roles=ROLES, problem=problem, name=name, role=role,
        permissions=PERMISSIONS,
    )  # fmt: skip


@router.post(PATH)
def add(request: Request, _: Administrator, name: Text, role: Text, password: Text = "") -> Response:
    """Adds a user; without a password only tokens let it in."""
    book = book_of(request)
    try:
        added = users.add_user(book.database, name.strip(), role_of(role), password or None, book.clock())
    except RuleBroken as broken:
        return _list(request, as_sentence(str(broken)), name, role)
    return flash.see_other(f"{PATH}/{added.name}", f"{added.name} may sign in as {added.role}.")


@router.get(PATH + "/{name}")
def show(request: Request, _: Administrator, name: str) -> Response:
    """A user, with what can be changed, and its tokens."""
    return _show(request, name)


def _show(request: Request, name: str, problem: str = "", fresh: str = "") -> Response:
    book = book_of(request)
    with book.database.connect() as connection:
        person = users.find_user(connection, name)
    return render(
        request, "admin/user.html", 409 if problem else 200, person=person, roles=ROLES, problem=problem,
        fresh=fresh, tokens=tokens.list_tokens(book.database, name), columns=TOKENS, now=book.clock(),
        days=tokens.DAYS,
    )  # fmt: skip


@router.post(PATH + "/{name}/role")
def change_role(request: Request, _: Administrator, name: str, role: Text) -> Response:
    """Gives a user another role, from the next request on."""
    try:
        users.change_role(book_of(request).database, name, role_of(role))
    except RuleBroken as broken:
        return _show(request, name, as_sentence(str(broken)))
    return flash.see_other(f"{PATH}/{name}", f"{name} is a {role} from now on.")


@router.post(PATH + "/{name}/password")
def change_password(request: Request, _: Administrator, name: str, password: Text) -> Response:
    """Gives a user another password, and ends its sessions."""
    try:
        users.change_password(book_of(request).database, name, password)
    except RuleBroken as broken:
        return _show(request, name, as_sentence(str(broken)))
    return flash.see_other(f"{PATH}/{name}", f"{name} has another password; its sessions have ended.")


@router.post(PATH + "/{name}/disable")
def disable(request: Request, _: Administrator, name: str) -> Response:
    """Locks a user out at once."""
    try:
        users.disable_user(book_of(request).database, name, book_of(request).clock())
    except RuleBroken as broken:
        return _show(request, name, as_sentence(str(broken)))
    return flash.see_other(f"{PATH}/{name}", f"{name} is locked out; its tokens are revoked.")


@router.post(PATH + "/{name}/enable")
def enable(request: Request, _: Administrator, name: str) -> Response:
    """Lets a user in again."""
    users.enable_user(book_of(request).database, name)
    return flash.see_other(f"{PATH}/{name}", f"{name} may sign in again; revoked tokens stay revoked.")


@router.post(PATH + "/{name}/tokens")
def add_token(
    request: Request, _: Administrator, name: str, label: Text = "",
    days: Annotated[int, Form(ge=1, le=3650)] = tokens.DAYS,
) -> Response:  # fmt: skip
    """A new token, shown on this page and never again."""
    book = book_of(request)
    _kept, whole = tokens.add_token(book.database, name, label.strip(), book.clock(), days)
    return _show(request, name, fresh=whole)


@router.post(PATH + "/{name}/tokens/{token}/revoke")
def revoke(request: Request, _: Administrator, name: str, token: str) -> Response:
    """Ends a token from the next request on."""
    tokens.revoke_token(book_of(request).database, token, book_of(request).clock())
    return flash.see_other(f"{PATH}/{name}", f"Token {token} is revoked.")
