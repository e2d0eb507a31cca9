"""Follow-ups: accounts that somebody wanted to look at again, from that day until it has been done."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, Select, exists, func, select

from projections.connection import reading
from projections.personal import read_people
from projections.tables import accounts, follow_ups, timeline

LOOKED_AT = (
    *("NoteAdded", "CallMade", "InboundContactReceived", "PromiseMade", "RepaymentPlanAgreed"),
    *(
        "SettlementAgreed",
        "DisputeOpened",
        "DisputeResolved",
        "HoldPlaced",
        "AccountPlaced",
        "InvoiceWrittenOff",
    ),
)
"""What somebody records who has looked at an account."""


@dataclass(frozen=True)
class FollowUp:
    """An account to be looked at again since `due_on`; fact `version` says what for."""

    account: str
    number: str
    name: str | None
    due_on: date
    waiting_days: int
    version: int
    by: str
    rests_on_backfill: bool


def follow_ups_due(database: Engine, as_of: date, as_known: datetime | None = None) -> list[FollowUp]:
    """What is to be looked at by the end of that day, the longest due first.

    A new date for the same account takes the place of the one before; whatever somebody records who has
    looked at it, on the day or later, settles it.
    """
    query = (
        due_follow_ups(as_of)
        .add_columns(
            accounts.c.name, accounts.c.backfilled,
            func.coalesce(accounts.c.number, follow_ups.c.account).label("number"),
        )
        .outerjoin(accounts, accounts.c.stream == follow_ups.c.account)
    )  # fmt: skip
    with reading(database, as_known, as_of) as connection:
        return [
            FollowUp(
                account=row.account, number=row.number, name=row.name, due_on=row.due_on,
                waiting_days=(as_of - row.due_on).days, version=row.version, by=row.by,
                rests_on_backfill=bool(row.backfilled),
            )
            for row in read_people(connection, query)
        ]  # fmt: skip


def due_follow_ups(as_of: date) -> Select[Any]:
    """The rows of what `follow_ups_due` returns, without the debtors."""
    newer = follow_ups.alias("newer")
    replaced = exists().where(
        newer.c.account == follow_ups.c.account, newer.c.position > follow_ups.c.position,
        newer.c.happened_on <= as_of,
    )  # fmt: skip
    looked_at = exists().where(
        timeline.c.account == follow_ups.c.account, timeline.c.position > follow_ups.c.position,
        timeline.c.topic.in_(LOOKED_AT), timeline.c.policy.is_(None),
        timeline.c.happened_on >= follow_ups.c.due_on, timeline.c.happened_on <= as_of,
    )  # fmt: skip
    return (
        select(follow_ups)
        .where(follow_ups.c.due_on <= as_of, follow_ups.c.happened_on <= as_of, ~replaced, ~looked_at)
        .order_by(follow_ups.c.due_on, follow_ups.c.position)
    )
