"""Webhooks: who is told which facts, and up to where in the log they have been told.

The log is the queue: a webhook keeps the position up to which its facts were delivered, so that one which is
paused or disabled for a month loses nothing. Moments are whole microseconds since 1970 in UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, cast
from uuid import uuid4

from sqlalchemy import Connection, Engine, Row, and_, delete, exists, insert, or_, select, update

from arrears.delivery.signatures import new_secret
from arrears.delivery.targets import Targets
from arrears.server_tables import webhook_deliveries, webhooks
from arrears.webhooks.faults import TopicUnknown, WebhookUnknown
from engine.agenda import EPOCH, MICROSECOND, micros
from engine.domain.facts.catalogue import TOPICS
from projections.connection import writing

State = Literal["active", "paused", "disabled"]


@dataclass(frozen=True, slots=True)
class Webhook:
    """What may be shown of a webhook at any time; its secret only signs.

    `attempts` failed for the fact behind `position`; `disabled`: because it failed for too long, or is gone.
    """

    id: str
    url: str
    topics: tuple[str, ...]
    label: str
    state: State
    position: int
    attempts: int
    next_try_at: datetime
    failing_since: datetime | None
    trouble: str | None
    created_at: datetime
    created_by: str
    secret: str = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        waits = self.state == "active" and self.attempts > 0
        return {
            "id": self.id, "url": self.url, "topics": list(self.topics), "label": self.label,
            "state": self.state, "position": self.position, "attempts": self.attempts,
            "next_try_at": self.next_try_at.isoformat() if waits else None,
            "failing_since": self.failing_since.isoformat() if self.failing_since else None,
            "trouble": self.trouble, "created_at": self.created_at.isoformat(),
            "created_by": self.created_by,
        }  # fmt: skip


def add_webhook(
    database: Engine, targets: Targets, url: str, *, topics: Sequence[str], label: str, after: int,
    by: str, at: datetime,
) -> tuple[Webhook, str]:  # fmt: skip
    """A new webhook that is told the facts behind a position, and its secret, which is never shown again.

    Raises TargetUnfit, TopicUnknown.
    """
    targets.check_url(url)
    if unknown := sorted(set(topics) - TOPICS.keys()):
        raise TopicUnknown(topics=", ".join(unknown), known=", ".join(sorted(TOPICS)))
    secret = new_secret()
    row = {
        "id": f"hook-{uuid4().hex[:12]}", "url": url, "topics": " ".join(dict.fromkeys(topics)),
        "label": label, "secret": secret, "state": "active", "position": after, "attempts": 0,
        "next_try_at": 0, "created_at": micros(at), "created_by": by,
    }  # fmt: skip
    with writing(database) as connection:
        connection.execute(insert(webhooks).values(row))
        return find_webhook(connection, str(row["id"])), secret


def list_webhooks(database: Engine) -> list[Webhook]:
    """All webhooks, the oldest first."""
    query = select(webhooks).order_by(webhooks.c.created_at, webhooks.c.id)
    with database.connect() as connection:
        return [_webhook(row) for row in connection.execute(query)]


def find_webhook(connection: Connection, webhook: str) -> Webhook:
    """The webhook of that id; raises WebhookUnknown."""
    row = connection.execute(select(webhooks).where(webhooks.c.id == webhook)).one_or_none()
    if row is None:
        raise WebhookUnknown(webhook=webhook)
    return _webhook(row)


def remove_webhook(database: Engine, webhook: str) -> Webhook:
    """Forgets the webhook and its deliveries; raises WebhookUnknown."""
    with writing(database) as connection:
        removed = find_webhook(connection, webhook)
        connection.execute(delete(webhook_deliveries).where(webhook_deliveries.c.webhook == webhook))
        connection.execute(delete(webhooks).where(webhooks.c.id == webhook))
    return removed


def pause_webhook(database: Engine, webhook: str) -> Webhook:
    """Tells it nothing until it is resumed, and then what came meanwhile, too; raises WebhookUnknown."""
    return _change(database, webhook, state="paused")


def resume_webhook(database: Engine, webhook: str) -> Webhook:
    """Goes on where it was paused or disabled, at once; raises WebhookUnknown."""
    return _change(
        database, webhook, state="active", attempts=0, next_try_at=0, failing_since=None, trouble=None
    )


def _change(database: Engine, webhook: str, **values: Any) -> Webhook:
    with writing(database) as connection:
        connection.execute(update(webhooks).where(webhooks.c.id == webhook).values(values))
        return find_webhook(connection, webhook)


# --- taking turns -----------------------------------------------------------------------------------------


def due(database: Engine, at: datetime, end: int) -> list[str]:
    """The webhooks that have something to be told now, up to that position; who waits longest first."""
    queued = exists().where(
        webhook_deliveries.c.webhook == webhooks.c.id, webhook_deliveries.c.state == "queued"
    )
    has_news = and_(webhooks.c.position < end, webhooks.c.next_try_at <= micros(at))
    query = select(webhooks.c.id).where(webhooks.c.state == "active", or_(has_news, queued))
    with database.connect() as connection:
        return list(connection.execute(query.order_by(webhooks.c.position, webhooks.c.id)).scalars())


def claim(database: Engine, webhook: str, at: datetime, owner: str, lease: timedelta) -> Webhook | None:
    """Has the webhook to itself for the time of the lease, so that no two senders tell it things at once.

    None where somebody else has it, or it is not active any more. A claim of ours is made to last longer.
    """
    free = or_(
        webhooks.c.claimed_by == owner,
        webhooks.c.claimed_until.is_(None),
        webhooks.c.claimed_until <= micros(at),
    )
    its = and_(webhooks.c.id == webhook, webhooks.c.state == "active", free)
    taken = update(webhooks).where(its).values(claimed_by=owner, claimed_until=micros(at + lease))
    with writing(database) as connection:
        row = connection.execute(taken.returning(*webhooks.c)).one_or_none()
    return None if row is None else _webhook(row)


def release(database: Engine, webhook: str, owner: str) -> None:
    """Lets others have the webhook."""
    mine = and_(webhooks.c.id == webhook, webhooks.c.claimed_by == owner)
    with writing(database) as connection:
        connection.execute(update(webhooks).where(mine).values(claimed_by=None, claimed_until=None))


def _webhook(row: Row[Any]) -> Webhook:
    failing_since = None if row.failing_since is None else _moment(row.failing_since)
    return Webhook(
        row.id, row.url, tuple(row.topics.split()), row.label, cast("State", row.state), row.position,
        row.attempts, _moment(row.next_try_at), failing_since, row.trouble, _moment(row.created_at),
        row.created_by, row.secret,
    )  # fmt: skip


def _moment(kept: int) -> datetime:
    return EPOCH + kept * MICROSECOND
