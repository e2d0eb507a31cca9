"""Sessions of the console: logging in, the signed cookie, the token on every form, logging out.

The cookie holds a random id, signed with the server's key; the database keeps only its hash, so that a
session can be ended and a copy of the database lets nobody in.
"""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest

from itsdangerous import BadSignature, Signer
from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from arrears.access.faults import LogInFailed, TooManyLogIns
from arrears.access.tokens import hashed
from arrears.access.users import User, find_user, hash_password, is_outdated, is_password
from arrears.server_tables import log_ins_failed, sessions, users
from arrears.server_tables import secrets as server_secrets
from engine.agenda import micros
from projections.connection import writing

SESSION = timedelta(hours=12)
ATTEMPTS, WITHIN = 5, timedelta(minutes=15)
_KEY = "cookies"


# --- logging in and out -----------------------------------------------------------------------------------


def log_in(database: Engine, name: str, password: str, at: datetime) -> tuple[User, str]:
    """The user, and the cookie of a new session; raises LogInFailed, TooManyLogIns.

    After five failures of a name within a quarter of an hour nobody gets in by it until the oldest is
    past, whatever the password. Each attempt counts before it is judged, so that many at once count, too.
    """
    attempt = _begin_attempt(database, name, at)
    with database.connect() as connection:
        row = connection.execute(select(users).where(users.c.name == name)).one_or_none()
    if not is_password(row.password_hash if row else None, password) or row is None or row.is_disabled:
        raise LogInFailed
    with writing(database) as connection:
        connection.execute(delete(log_ins_failed).where(log_ins_failed.c.id == attempt))
        if is_outdated(row.password_hash):
            new = hash_password(password)
            connection.execute(update(users).where(users.c.name == name).values(password_hash=new))
        return find_user(connection, name), _start(connection, name, at)


def _begin_attempt(database: Engine, name: str, at: datetime) -> str:
    attempt, name_hash = secrets.token_hex(16), sha256(name.encode()).hexdigest()
    its = log_ins_failed.c.name_hash == name_hash
    with writing(database) as connection:
        connection.execute(delete(log_ins_failed).where(log_ins_failed.c.at <= micros(at - WITHIN)))
        count = select(func.count(), func.min(log_ins_failed.c.at)).where(its)
        failed, oldest = connection.execute(count).one()
        if failed < ATTEMPTS:
            connection.execute(insert(log_ins_failed).values(id=attempt, name_hash=name_hash, at=micros(at)))
            return attempt
    wait_micros = oldest - micros(at - WITHIN)
    raise TooManyLogIns(retry_after_seconds=wait_micros // 1_000_000 + 1)


def _start(connection: Connection, name: str, at: datetime) -> str:
    session = secrets.token_urlsafe(32)
    connection.execute(delete(sessions).where(sessions.c.expires_at <= micros(at)))
    row = {"id_hash": hashed(session), "user": name, "expires_at": micros(at + SESSION)}
    connection.execute(insert(sessions).values(row))
    return session


def user_of_session(database: Engine, session: str, at: datetime) -> User | None:
    """Who is signed in by that session at that moment; None: nobody."""
    its = (sessions.c.id_hash == hashed(session)) & (sessions.c.expires_at > micros(at))
    with database.connect() as connection:
        name = connection.execute(select(sessions.c.user).where(its)).scalar_one_or_none()
        user = None if name is None else find_user(connection, name)
    return None if user is None or user.is_disabled else user


def log_out(database: Engine, session: str) -> None:
    """Ends the session."""
    with writing(database) as connection:
        connection.execute(delete(sessions).where(sessions.c.id_hash == hashed(session)))


# --- what is signed ---------------------------------------------------------------------------------------


def server_key(database: Engine) -> str:
    """The key with which this book's servers sign; made when it is first needed."""
    query = select(server_secrets.c.value).where(server_secrets.c.name == _KEY)
    with database.connect() as connection:
        key = connection.execute(query).scalar_one_or_none()
    if key is not None:
        return str(key)
    with writing(database) as connection:
        made = connection.execute(query).scalar_one_or_none() or secrets.token_urlsafe(32)
        connection.execute(delete(server_secrets).where(server_secrets.c.name == _KEY))
        connection.execute(insert(server_secrets).values(name=_KEY, value=made))
    return made


class Seal:
    """Signs what goes out to a browser and must come back as it was."""

    def __init__(self, key: str) -> None:
        self._cookies = Signer(key, salt="session")
        self._forms = Signer(key, salt="form")

    def cookie(self, session: str) -> str:
        """The session as the browser keeps it."""
        return self._cookies.sign(session).decode()

    def session(self, cookie: str) -> str | None:
        """The session of a cookie; None where we did not sign it."""
        try:
            return self._cookies.unsign(cookie).decode()
        except (BadSignature, UnicodeError):
            return None

    def form_token(self, session: str) -> str:
        """What every form of that session carries, so that no other site can send one in its name."""
        return self._forms.get_signature(session).decode()

    def is_form_token(self, session: str, token: str) -> bool:
        """Whether the token is of that session."""
        return compare_digest(self.form_token(session).encode(), token.encode())
