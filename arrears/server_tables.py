"""Tables of the server in the book's database that are not made from facts: who may come in, who is told,
and which account somebody has open at the moment.

They are made with the book and stay when the tables of facts are rebuilt. No personal data but the names by
which users log in. Moments are whole microseconds since 1970 in UTC.
"""

from urllib.parse import urlsplit

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Engine,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    select,
    text,
)

from projections.connection import writing

_SCHEMA_LOCK = 4_209_116  # any number, the same in every process

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("password_hash", Text),  # none: only tokens let this user in
    Column("is_disabled", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
tokens = Table(
    "access_tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("user", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)
sessions = Table(
    "sessions",
    metadata,
    Column("id_hash", Text, primary_key=True),
    Column("user", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
log_ins_failed = Table(
    "log_ins_failed",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name_hash", Text, nullable=False),  # what was typed may be a password, put into the wrong field
    Column("at", BigInteger, nullable=False),
)
secrets = Table(
    "server_secrets",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
idempotency = Table(
    "idempotency",
    metadata,
    Column("user", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_hash", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("stream", Text),  # none: the request is under way, or was cut short
    Column("after_version", BigInteger),
    Column("facts", BigInteger),
)
webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("topics", Text, nullable=False),  # parted by spaces; none: all
    Column("label", Text, nullable=False),
    Column("secret", Text, nullable=False),  # as it is, because it signs: like `server_secrets`
    Column("state", Text, nullable=False),
    Column("position", BigInteger, nullable=False),  # of the log, up to which facts were delivered
    Column("attempts", Integer, nullable=False),  # that failed for the fact behind the position
    Column("next_try_at", BigInteger, nullable=False),
    Column("failing_since", BigInteger),
    Column("trouble", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("claimed_by", Text),
    Column("claimed_until", BigInteger),
)
webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("webhook", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("message", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("status", Integer),  # none: nobody answered
    Column("trouble", Text),
    Column("at", BigInteger, nullable=False),
)
Index("webhook_deliveries_state", webhook_deliveries.c.state, webhook_deliveries.c.at)
desk_open = Table(
    "desk_open",
    metadata,
    Column("account", Text, primary_key=True),  # its stream: one collector has it open at a time
    Column("user", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
)
desk_skipped = Table(
    "desk_skipped",
    metadata,
    Column("user", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("until", BigInteger, nullable=False),
)
Index("idempotency_at", idempotency.c.at)
Index("sessions_user", sessions.c.user)
Index("log_ins_failed_name", log_ins_failed.c.name_hash, log_ins_failed.c.at)


def create(database: Engine) -> None:
    """Makes the tables that are not there yet; several processes may do so at once."""
    with writing(database) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SCHEMA_LOCK})
        metadata.create_all(connection)


def webhook_hosts(database: Engine) -> list[str]:
    """The hosts that facts are posted to, each once."""
    with database.connect() as connection:
        urls = connection.execute(select(webhooks.c.url)).scalars()
        return sorted({urlsplit(url).hostname or "" for url in urls})
