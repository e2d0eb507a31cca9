"""What became of each fact at a webhook: delivered, a dead letter, or queued to be sent again by hand.

Kept are the place of the fact in the log and what was answered, never what it says: whatever is sent again is
read from the log again, so that what was erased meanwhile shows as erased.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import Connection, Engine, Row, and_, delete, select, update

from arrears.server_tables import webhook_deliveries as deliveries
from arrears.server_tables import webhooks
from arrears.webhooks.faults import DeliveryUnknown
from arrears.webhooks.subscriptions import Webhook, find_webhook
from engine.agenda import EPOCH, MICROSECOND, micros
from projections.catch_up import insert_or
from projections.connection import writing

State = Literal["delivered", "dead", "queued"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of the fact at a position of the log. `status`: what was answered; None: nothing was."""

    position: int
    message: str
    topic: str
    state: State
    attempts: int
    status: int | None
    trouble: str | None
    at: datetime

    def as_json(self) -> dict[str, Any]:
        return {
            "position": self.position, "message": self.message, "topic": self.topic, "state": self.state,
            "attempts": self.attempts, "status": self.status, "trouble": self.trouble,
            "at": self.at.isoformat(),
        }  # fmt: skip


def list_deliveries(
    database: Engine, webhook: str, state: State | None = None, limit: int = 100, before: int | None = None
) -> list[Delivery]:
    """The deliveries of a webhook (of that state, from before a position), the latest first.

    Raises WebhookUnknown.
    """
    query = select(deliveries).where(deliveries.c.webhook == webhook)
    if state is not None:
        query = query.where(deliveries.c.state == state)
    if before is not None:
        query = query.where(deliveries.c.position < before)
    with database.connect() as connection:
        find_webhook(connection, webhook)
        rows = connection.execute(query.order_by(deliveries.c.position.desc()).limit(limit))
        return [_delivery(row) for row in rows]


def redeliver(database: Engine, webhook: str, positions: Sequence[int] | None) -> int:
    """Queues these deliveries (None: all dead letters) to be sent once more, before anything else.

    Returns how many. Raises WebhookUnknown, DeliveryUnknown, having queued nothing.
    """
    wanted = (
        deliveries.c.state == "dead"
        if positions is None
        else and_(
            deliveries.c.position.in_(positions), deliveries.c.state.in_(("dead", "delivered", "queued"))
        )
    )
    with writing(database) as connection:
        find_webhook(connection, webhook)
        queue = update(deliveries).where(deliveries.c.webhook == webhook, wanted).values(state="queued")
        queued = set(connection.execute(queue.returning(deliveries.c.position)).scalars())
        if positions is not None and (missing := sorted(set(positions) - queued)):
            raise DeliveryUnknown(webhook=webhook, positions=", ".join(map(str, missing)))
    return len(queued)


def queued(database: Engine, webhook: str, limit: int) -> list[Delivery]:
    """What is to be sent again, in the order of the log."""
    its = and_(deliveries.c.webhook == webhook, deliveries.c.state == "queued")
    query = select(deliveries).where(its).order_by(deliveries.c.position).limit(limit)
    with database.connect() as connection:
        return [_delivery(row) for row in connection.execute(query)]


def keep_again(database: Engine, webhook: str, delivery: Delivery) -> None:
    """Keeps what became of a delivery that was sent again."""
    with writing(database) as connection:
        find_webhook(connection, webhook)
        _keep(connection, webhook, delivery)


def move(
    database: Engine, webhook: Webhook, owner: str, delivery: Delivery | None = None, **values: Any
) -> bool:
    """Keeps where a webhook stands by now, and what became of a delivery, in one transaction.

    False, and nothing is kept, where the webhook is not ours any more, or was moved since it was claimed.
    """
    mine = and_(
        webhooks.c.id == webhook.id, webhooks.c.claimed_by == owner, webhooks.c.position == webhook.position
    )
    with writing(database) as connection:
        is_ours = bool(connection.execute(update(webhooks).where(mine).values(values)).rowcount)
        if is_ours and delivery is not None:
            _keep(connection, webhook.id, delivery)
    return is_ours


def _keep(connection: Connection, webhook: str, delivery: Delivery) -> None:
    row = {
        "webhook": webhook, "position": delivery.position, "message": delivery.message,
        "topic": delivery.topic, "state": delivery.state, "attempts": delivery.attempts,
        "status": delivery.status, "trouble": delivery.trouble, "at": micros(delivery.at),
    }  # fmt: skip
    keep = insert_or(connection, deliveries).values(row)
    connection.execute(keep.on_conflict_do_update(index_elements=["webhook", "position"], set_=row))


def forget(database: Engine, before: datetime) -> None:
    """Forgets what was delivered before that moment; dead letters stay."""
    old = and_(deliveries.c.state == "delivered", deliveries.c.at < micros(before))
    with writing(database) as connection:
        connection.execute(delete(deliveries).where(old))


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        row.position, row.message, row.topic, cast("State", row.state), row.attempts, row.status,
        row.trouble, EPOCH + row.at * MICROSECOND,
    )  # fmt: skip
