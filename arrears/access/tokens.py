"""API tokens: shown once, kept as a hash, in force until they expire, are revoked or their user disabled.

A token is `arrears_ID_SECRET`. The secret is 256 random bits, so that a fast hash keeps it: nobody can
guess it, which a slow one is there to hinder.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Any

from sqlalchemy import Engine, Row, insert, select, update

from arrears.access.faults import TokenUnknown
from arrears.access.users import User, find_user
from arrears.server_tables import tokens
from engine.agenda import EPOCH, MICROSECOND, micros
from projections.connection import writing

PREFIX = "arrears"
DAYS = 365


@dataclass(frozen=True, slots=True)
class Token:
    """What may be shown of a token at any time."""

    id: str
    user: str
    label: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id, "user": self.user, "label": self.label,
            "created_at": self.created_at.isoformat(), "expires_at": self.expires_at.isoformat(),
            "revoked_at": self.revoked_at.isoformat() if self.revoked_at else None,
        }  # fmt: skip


def add_token(database: Engine, user: str, label: str, at: datetime, days: int = DAYS) -> tuple[Token, str]:
    """A new token of a user, and the whole of it, which is never shown again; raises UserUnknown."""
    token_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    row = {
        "id": token_id, "user": user, "label": label, "secret_hash": hashed(secret),
        "created_at": micros(at), "expires_at": micros(at + timedelta(days)),
    }  # fmt: skip
    with writing(database) as connection:
        find_user(connection, user)
        connection.execute(insert(tokens).values(row))
        kept = connection.execute(select(tokens).where(tokens.c.id == token_id)).one()
    return _token(kept), f"{PREFIX}_{token_id}_{secret}"


def list_tokens(database: Engine, user: str | None = None) -> list[Token]:
    """The tokens (of one user), revoked and expired ones too, the oldest first."""
    query = select(tokens).order_by(tokens.c.created_at, tokens.c.id)
    with database.connect() as connection:
        return [_token(row) for row in connection.execute(query) if user in (None, row.user)]


def revoke_token(database: Engine, token_id: str, at: datetime) -> Token:
    """Ends a token from the next request on; done again it changes nothing. Raises TokenUnknown."""
    its = tokens.c.id == token_id
    with writing(database) as connection:
        in_force = its & tokens.c.revoked_at.is_(None)
        connection.execute(update(tokens).where(in_force).values(revoked_at=micros(at)))
        row = connection.execute(select(tokens).where(its)).one_or_none()
    if row is None:
        raise TokenUnknown(token=token_id)
    return _token(row)


def user_of_token(database: Engine, presented: str, at: datetime) -> User | None:
    """Whom the token lets in at that moment; None: nobody."""
    prefix, _, rest = presented.partition("_")
    token_id, _, secret = rest.partition("_")
    if prefix != PREFIX or not secret:
        return None
    with database.connect() as connection:
        row = connection.execute(select(tokens).where(tokens.c.id == token_id)).one_or_none()
        if row is None or not compare_digest(row.secret_hash, hashed(secret)):
            return None
        user = find_user(connection, row.user)
    is_over = row.revoked_at is not None or row.expires_at <= micros(at) or user.is_disabled
    return None if is_over else user


def hashed(secret: str) -> str:
    """What is kept of a secret that nobody can guess."""
    return sha256(secret.encode()).hexdigest()


def _token(row: Row[Any]) -> Token:
    revoked_at = None if row.revoked_at is None else _moment(row.revoked_at)
    return Token(row.id, row.user, row.label, _moment(row.created_at), _moment(row.expires_at), revoked_at)


def _moment(kept: int) -> datetime:
    return EPOCH + kept * MICROSECOND
