"""Users and their passwords, which are kept as Argon2id hashes."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from arrears.access.faults import (
    LastAdministrator,
    PasswordTooLong,
    PasswordTooShort,
    UserExists,
    UserNameUnfit,
    UserUnknown,
)
from arrears.access.permissions import Permission, Role, may
from arrears.server_tables import sessions, tokens, users
from engine.agenda import micros
from projections.connection import writing

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
LEAST_CHARACTERS, MOST_CHARACTERS = 12, 1024  # longer ones would only cost the server time

_hasher = PasswordHasher()  # Argon2id with the library's parameters, RFC 9106's for little memory


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who is signed in, or could be."""

    name: str
    role: Role
    is_disabled: bool = False
    has_password: bool = True

    def may(self, permission: Permission) -> bool:
        """Whether the role of this user allows it."""
        return may(self.role, permission)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "role": self.role, "disabled": self.is_disabled,
            "password": self.has_password,
        }  # fmt: skip


def any_users(database: Engine) -> bool:
    """Whether anybody could sign in at all."""
    with database.connect() as connection:
        return connection.execute(select(users.c.name).limit(1)).first() is not None


def list_users(database: Engine) -> list[User]:
    """All users, disabled ones too, by name."""
    with database.connect() as connection:
        return [_user(row) for row in connection.execute(select(users).order_by(users.c.name))]


def find_user(connection: Connection, name: str) -> User:
    """The user of that name; raises UserUnknown."""
    row = connection.execute(select(users).where(users.c.name == name)).one_or_none()
    if row is None:
        raise UserUnknown(user=name)
    return _user(row)


def _user(row: Row[Any]) -> User:
    return User(row.name, cast("Role", row.role), row.is_disabled, row.password_hash is not None)


def add_user(database: Engine, name: str, role: Role, password: str | None, at: datetime) -> User:
    """A new user; without a password only tokens let it in.

    Raises UserNameUnfit, UserExists, PasswordTooShort, PasswordTooLong.
    """
    if not NAME.fullmatch(name):
        raise UserNameUnfit(user=name)
    hashed = None if password is None else hash_password(password)
    row = {
        "name": name, "role": role, "password_hash": hashed, "is_disabled": False, "created_at": micros(at),
    }  # fmt: skip
    with writing(database) as connection:
        if connection.execute(select(users.c.name).where(users.c.name == name)).first():
            raise UserExists(user=name)
        connection.execute(insert(users).values(row))
    return User(name, role, has_password=hashed is not None)


def change_role(database: Engine, name: str, role: Role) -> User:
    """Gives a user another role, from the next request on; raises UserUnknown, LastAdministrator."""
    with writing(database) as connection:
        if role != "administrator":
            _keep_an_administrator(connection, name)
        return _change(connection, name, role=role)


def change_password(database: Engine, name: str, password: str) -> User:
    """Gives a user another password, and ends its sessions.

    Raises UserUnknown, PasswordTooShort, PasswordTooLong.
    """
    hashed = hash_password(password)
    with writing(database) as connection:
        connection.execute(delete(sessions).where(sessions.c.user == name))
        return _change(connection, name, password_hash=hashed)


def disable_user(database: Engine, name: str, at: datetime) -> User:
    """Locks a user out: its sessions end, its tokens are revoked. Its name stays on what it recorded.

    Raises UserUnknown, LastAdministrator.
    """
    with writing(database) as connection:
        _keep_an_administrator(connection, name)
        disabled = _change(connection, name, is_disabled=True)
        connection.execute(delete(sessions).where(sessions.c.user == name))
        in_force = (tokens.c.user == name) & tokens.c.revoked_at.is_(None)
        connection.execute(update(tokens).where(in_force).values(revoked_at=micros(at)))
    return disabled


def enable_user(database: Engine, name: str) -> User:
    """Lets a disabled user in again; revoked tokens stay revoked. Raises UserUnknown."""
    with writing(database) as connection:
        return _change(connection, name, is_disabled=False)


def _change(connection: Connection, name: str, **values: Any) -> User:
    connection.execute(update(users).where(users.c.name == name).values(**values))
    return find_user(connection, name)


def _keep_an_administrator(connection: Connection, name: str) -> None:
    """Raises LastAdministrator where nobody else could administer the book; the command line still could."""
    others = (users.c.role == "administrator") & users.c.is_disabled.is_(False) & (users.c.name != name)
    user = find_user(connection, name)
    left = connection.execute(select(func.count()).select_from(users).where(others)).scalar_one()
    if user.role == "administrator" and not user.is_disabled and not left:
        raise LastAdministrator(user=name)


# --- passwords --------------------------------------------------------------------------------------------


def hash_password(password: str) -> str:
    """The Argon2id hash of a password; raises PasswordTooShort, PasswordTooLong."""
    if len(password) < LEAST_CHARACTERS:
        raise PasswordTooShort(least=LEAST_CHARACTERS)
    if len(password) > MOST_CHARACTERS:
        raise PasswordTooLong(most=MOST_CHARACTERS)
    return _hasher.hash(password)


def is_password(hashed: str | None, password: str) -> bool:
    """Whether the hash is of this password; it takes as long where there is none."""
    try:
        return _hasher.verify(hashed or _nobodys_hash(), password[:MOST_CHARACTERS]) and hashed is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(hashed: str) -> bool:
    """Whether the hash was made with weaker parameters than are used today."""
    return _hasher.check_needs_rehash(hashed)


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("the password of nobody at all")
