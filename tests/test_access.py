"""Who is let in, and what they may do: held against the one table of permissions."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.testclient import TestClient
from sqlalchemy import text
from starlette.routing import Mount

from arrears.access import sessions, tokens, users
from arrears.access.faults import LastAdministrator, LogInFailed, PasswordTooShort, TooManyLogIns
from arrears.access.permissions import PERMISSIONS, PUBLIC, ROLES, may
from arrears.access.sessions import Seal, server_key
from arrears.access.throttle import Throttle
from arrears.access.web import COOKIE, SignedIn
from arrears.cli.main import run
from arrears.serving import address_to_bind, application
from arrears.wiring import Book, open_book

PASSWORD = "correct horse battery"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass
class Clock:
    now: datetime = field(default=START)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def book(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, clock: Clock
) -> Iterator[Book]:
    """A book with one user of each role, whose name is the role."""
    url = f"sqlite:///{tmp_path_factory.mktemp('access') / 'book.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("module_postgres_url")
    opened = open_book(url, None, "a clerk", create=True, clock=clock)
    hashed = users.hash_password(PASSWORD)
    for role in ROLES:
        users.add_user(opened.database, role, role, None, START)
    with opened.database.begin() as connection:
        connection.execute(text("UPDATE users SET password_hash = :hashed"), {"hashed": hashed})
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def app(book: Book) -> FastAPI:
    return application(book)


# --- the table of permissions -----------------------------------------------------------------------------


def asked_for(dependant: Dependant) -> Iterator[SignedIn]:
    """The permissions that a route names, in its own dependencies or those of others."""
    for one in dependant.dependencies:
        if isinstance(one.call, SignedIn):
            yield one.call
        yield from asked_for(one)


def routes(app: FastAPI, prefix: str = "") -> Iterator[tuple[str, str, list[SignedIn]]]:
    """Every method and path of the application, however deep it was mounted, and what it asks for."""
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, Mount) and isinstance(route.original_route.app, FastAPI):
            yield from routes(route.original_route.app, prefix + route.original_route.path)
            continue
        named = list(asked_for(route.dependant)) if isinstance(route.original_route, APIRoute) else []
        for method in getattr(route, "methods", None) or ["GET"]:
            yield method, f"{prefix}{route.path}", named


def test_every_route_asks_for_what_the_table_says_or_is_public(app: FastAPI, book: Book) -> None:
    """Each route is asked by nobody and by each role: only those let in whom the table lets in."""
    client = TestClient(app, raise_server_exceptions=False)
    presented = {role: tokens.add_token(book.database, role, "walk", START)[1] for role in ROLES}
    walked = 0
    for method, path, named in routes(app):
        if method == "HEAD" or (method, path) in PUBLIC:
            continue
        assert named, f"{method} {path} names no permission, and is not listed as public"
        answer = client.request(method, path, follow_redirects=False)
        assert answer.status_code in (401, 303), path
        for role in ROLES:
            allowed = all(may(role, one.permission) for one in named)
            answer = client.request(
                method,
                path,
                headers={"Authorization": f"Bearer {presented[role]}"},
                follow_redirects=False,
                params={"wait_seconds": 0},
            )
            assert (answer.status_code not in (401, 403)) == allowed, f"{role}: {method} {path}"
            walked += 1
    assert walked


def test_public_routes_exist(app: FastAPI) -> None:
    assert {(method, path) for method, path, _ in routes(app)} >= PUBLIC


def test_an_administrator_may_do_everything_and_a_viewer_only_read() -> None:
    assert all(may("administrator", permission) for permission in PERMISSIONS)
    assert [permission for permission in PERMISSIONS if may("viewer", permission)] == ["read"]


# --- tokens -----------------------------------------------------------------------------------------------


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_token_is_kept_as_a_hash_and_ends(app: FastAPI, book: Book) -> None:
    made, whole = tokens.add_token(book.database, "auditor", "year end", START, days=1)
    client = TestClient(app)

    me = client.get("/api/v1/me", headers=bearer(whole))
    assert (me.status_code, me.json()["name"], me.json()["role"]) == (200, "auditor", "auditor")
    with book.database.connect() as connection:
        kept = connection.execute(text("SELECT * FROM access_tokens WHERE id = :id"), {"id": made.id}).one()
    assert not set(whole.split("_")[2:]) & set(map(str, kept))

    last_moment, over = START + timedelta(days=1, microseconds=-1), START + timedelta(days=1)
    assert tokens.user_of_token(book.database, whole, last_moment) is not None
    assert tokens.user_of_token(book.database, whole, over) is None
    tokens.revoke_token(book.database, made.id, START)
    refused = client.get("/api/v1/me", headers=bearer(whole))
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert refused.json()["title"] == "NotSignedIn"


@pytest.mark.parametrize("presented", ["", "x", "arrears_", "arrears_00_x", "arrears_é_ü", "other_1_2"])
def test_what_is_no_token_lets_nobody_in(book: Book, presented: str) -> None:
    assert tokens.user_of_token(book.database, presented, START) is None


# --- log-in and sessions ----------------------------------------------------------------------------------


def test_a_session_lasts_twelve_hours_and_ends_with_the_password(book: Book) -> None:
    user, session = sessions.log_in(book.database, "manager", PASSWORD, START)
    assert (user.name, user.role) == ("manager", "manager")
    last_moment = START + sessions.SESSION - timedelta(microseconds=1)
    assert sessions.user_of_session(book.database, session, last_moment) == user
    assert sessions.user_of_session(book.database, session, START + sessions.SESSION) is None

    users.change_password(book.database, "manager", PASSWORD)
    assert sessions.user_of_session(book.database, session, START) is None


def test_logging_out_ends_that_session_only(book: Book) -> None:
    _, first = sessions.log_in(book.database, "viewer", PASSWORD, START)
    _, second = sessions.log_in(book.database, "viewer", PASSWORD, START)
    sessions.log_out(book.database, first)
    assert sessions.user_of_session(book.database, first, START) is None
    assert sessions.user_of_session(book.database, second, START) is not None


def test_five_wrong_passwords_keep_a_name_out_for_a_quarter_of_an_hour(book: Book) -> None:
    for minute in range(5):
        with pytest.raises(LogInFailed):
            sessions.log_in(book.database, "collector", "wrong", START + timedelta(minutes=minute))
    with pytest.raises(TooManyLogIns) as refused:
        sessions.log_in(book.database, "collector", PASSWORD, START + timedelta(minutes=14, seconds=59))
    assert refused.value.data == {"retry_after_seconds": 2}
    sessions.log_in(book.database, "auditor", PASSWORD, START + timedelta(minutes=5))
    user, _ = sessions.log_in(book.database, "collector", PASSWORD, START + timedelta(minutes=15))
    assert user.name == "collector"


def test_who_is_unknown_is_refused_like_who_mistyped(book: Book) -> None:
    with pytest.raises(LogInFailed):
        sessions.log_in(book.database, "nobody", PASSWORD, START)
    with pytest.raises(LogInFailed):
        sessions.log_in(book.database, "auditor", "wrong", START)


def test_one_address_cannot_try_many_names() -> None:
    throttle = Throttle(attempts=2)
    throttle.count("192.0.2.1", START)
    throttle.count("192.0.2.1", START)
    throttle.count("192.0.2.2", START)
    with pytest.raises(TooManyLogIns):
        throttle.count("192.0.2.1", START + timedelta(minutes=14))
    throttle.count("192.0.2.1", START + timedelta(minutes=15))


def test_a_cookie_of_our_own_making_only(app: FastAPI, book: Book) -> None:
    _, session = sessions.log_in(book.database, "administrator", PASSWORD, START)
    seal = Seal(server_key(book.database))
    assert seal.session(seal.cookie(session)) == session
    for cookie, status in ((seal.cookie(session), 200), (session, 401), (Seal("x").cookie(session), 401)):
        client = TestClient(app, cookies={COOKIE: cookie})
        assert client.get("/api/v1/me").status_code == status
    assert seal.is_form_token(session, seal.form_token(session))
    assert not seal.is_form_token("another", seal.form_token(session))


# --- users ------------------------------------------------------------------------------------------------


def test_a_disabled_user_is_out_at_once_and_the_last_administrator_stays(book: Book) -> None:
    users.add_user(book.database, "mira", "collector", PASSWORD, START)
    _, token = tokens.add_token(book.database, "mira", "", START)
    _, session = sessions.log_in(book.database, "mira", PASSWORD, START)
    users.disable_user(book.database, "mira", START)
    assert sessions.user_of_session(book.database, session, START) is None
    assert tokens.user_of_token(book.database, token, START) is None
    with pytest.raises(LogInFailed):
        sessions.log_in(book.database, "mira", PASSWORD, START)

    with pytest.raises(LastAdministrator):
        users.disable_user(book.database, "administrator", START)
    with pytest.raises(LastAdministrator):
        users.change_role(book.database, "administrator", "viewer")
    with pytest.raises(PasswordTooShort):
        users.change_password(book.database, "administrator", "11 letters!")


def test_passwords_are_kept_by_argon2id(book: Book) -> None:
    with book.database.connect() as connection:
        kept = connection.execute(text("SELECT password_hash FROM users WHERE name = 'viewer'")).scalar_one()
    assert kept.startswith("$argon2id$")


def test_what_a_user_records_says_so(book: Book) -> None:
    spoken = book.speaking_for("mira", "collector")
    assert (spoken.stamp().by, spoken.role, book.stamp().by) == ("mira", "collector", "a clerk")


# --- the command line -------------------------------------------------------------------------------------


def test_the_first_user_is_added_by_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without users the server binds to this machine only; with one, where it is told to."""
    url = f"sqlite:///{tmp_path / 'book.db'}"
    with_book = ["--book", url, "--format", "json"]
    opened = open_book(url, None, "a clerk", create=True, plain=True)
    assert address_to_bind(opened, "0.0.0.0") == "127.0.0.1"

    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    added: list[Any] = ["user", "add", "mira", "--role", "administrator", "--password-file", "-"]
    assert run([*with_book, *added]) == 0
    assert address_to_bind(opened, "0.0.0.0") == "0.0.0.0"
    assert sessions.log_in(opened.database, "mira", PASSWORD, opened.clock())[0].role == "administrator"
    opened.close()

    assert run([*with_book, "token", "add", "mira", "--label", "x"]) == 0
    assert run([*with_book, "token", "list"]) == 0
    assert run([*with_book, "user", "add", "mira", "--role", "viewer", "--no-password"]) == 3
    assert run([*with_book, "user", "add", "No One", "--role", "viewer", "--no-password"]) == 3
    assert run([*with_book, "user", "disable", "nobody"]) == 3
    said = capsys.readouterr()
    assert "UserExists" in said.err
    assert "UserNameUnfit" in said.err
