"""Users and their tokens: the same as `arrears user …` and `arrears token …`, for administrators."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from arrears.access import tokens, users
from arrears.access.permissions import Role
from arrears.access.users import LEAST_CHARACTERS, MOST_CHARACTERS, User
from arrears.access.web import book_of, signed_in
from arrears.api.answers import answered
from arrears.api.bodies import Body, shown
from arrears.api.schemas import told

router = APIRouter(tags=["users"])

Administrator = Annotated[User, signed_in("users")]
_NAME = r"^[a-z0-9][a-z0-9._-]{0,63}$"
Name = Annotated[str, Path(pattern=_NAME, description="the name to log in by", examples=["mira"])]
TokenId = Annotated[str, Path(pattern=r"^[0-9a-f]{12}$", description="the token's id, not the token")]
Password = Annotated[str, Field(min_length=LEAST_CHARACTERS, max_length=MOST_CHARACTERS)]


class NewUser(Body):
    """Who may sign in, and as what; without a password only tokens let it in."""

    model_config = shown(name="mira", role="collector")
    name: Annotated[str, Field(pattern=_NAME)]
    role: Role
    password: Password | None = None


class NewRole(Body):
    model_config = shown(role="manager")
    role: Role


class NewPassword(Body):
    model_config = shown(password="a long sentence that nobody guesses")
    password: Password


class NewToken(Body):
    """Whose token it is, what for, and for how long."""

    model_config = shown(user="mira", label="nightly postings", days=90)
    user: Annotated[str, Field(pattern=_NAME)]
    label: Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")] = ""
    days: Annotated[int, Field(ge=1, le=3650)] = tokens.DAYS


@router.get("/users", summary="All users", **told("Users"))
def list_users(request: Request, _: Administrator) -> Response:
    """Those who are disabled, too."""
    return answered({"users": [one.as_json() for one in users.list_users(book_of(request).database)]})


@router.post("/users", summary="Add a user", **told("User", status=201))
def add_user(request: Request, _: Administrator, new: NewUser) -> Response:
    """Somebody who may sign in from now on."""
    book = book_of(request)
    added = users.add_user(book.database, new.name, new.role, new.password, book.clock())
    return answered(added.as_json(), 201)


@router.post("/users/{name}/role", summary="Give a user another role", **told("User"))
def change_role(request: Request, _: Administrator, name: Name, new: NewRole) -> Response:
    """It holds from the next request on."""
    return answered(users.change_role(book_of(request).database, name, new.role).as_json())


@router.post("/users/{name}/password", summary="Give a user another password", **told("User"))
def change_password(request: Request, _: Administrator, name: Name, new: NewPassword) -> Response:
    """Whoever is signed in by that name is signed out."""
    return answered(users.change_password(book_of(request).database, name, new.password).as_json())


@router.post("/users/{name}/disable", summary="Lock a user out", **told("User"))
def disable_user(request: Request, _: Administrator, name: Name) -> Response:
    """Sessions end and tokens are revoked; what the user recorded keeps the name."""
    book = book_of(request)
    return answered(users.disable_user(book.database, name, book.clock()).as_json())


@router.post("/users/{name}/enable", summary="Let a user in again", **told("User"))
def enable_user(request: Request, _: Administrator, name: Name) -> Response:
    """Tokens that were revoked stay revoked."""
    return answered(users.enable_user(book_of(request).database, name).as_json())


@router.get("/tokens", summary="Tokens", **told("Tokens"))
def list_tokens(
    request: Request, _: Administrator,
    user: Annotated[str | None, Query(max_length=64, description="of one user")] = None,
) -> Response:  # fmt: skip
    """Those that are over, too; never what they are."""
    return answered(
        {"tokens": [one.as_json() for one in tokens.list_tokens(book_of(request).database, user)]}
    )


@router.post("/tokens", summary="Make a token", **told("NewToken", status=201))
def add_token(request: Request, _: Administrator, new: NewToken) -> Response:
    """The token is shown this once, and kept as a hash only."""
    book = book_of(request)
    made, whole = tokens.add_token(book.database, new.user, new.label, book.clock(), new.days)
    return answered(made.as_json() | {"token": whole}, 201)


@router.post("/tokens/{token}/revoke", summary="End a token", **told("Token"))
def revoke_token(request: Request, _: Administrator, token: TokenId) -> Response:
    """From the next request on."""
    book = book_of(request)
    return answered(tokens.revoke_token(book.database, token, book.clock()).as_json())
