"""Contacts by pages, and how many at which step: cut and counted by the database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, exists, func, literal, select

from projections.contacts import (
    SCHEDULED,
    ContactCount,
    ContactRow,
    answers,
    contacts_at,
    last_said,
)
from projections.slices import Slice
from projections.tables import UNDONE, contact_states, contacts


@dataclass(frozen=True)
class Wanted:
    """Which contacts: from that moment on and before the other, as they stood at a third, by that channel
    (None: any), all or those only that broke a limit."""

    start: datetime
    end: datetime
    stood_at: datetime
    channel: str | None = None
    broken: bool = False

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        found = [contacts.c.at >= self.start, contacts.c.at < self.end]
        if self.channel is not None:
            found.append(contacts.c.channel == self.channel)
        return [*found, contacts.c.breaches.is_not(None)] if self.broken else found


def contact_page(connection: Connection, wanted: Wanted, cut: Slice) -> tuple[list[ContactRow], int]:
    """Contacts in the order of time, and how many there are in all."""
    page = cut.of(select(contacts.c.position).where(*wanted.conditions), contacts.c.at, contacts.c.position)
    places = connection.execute(page).scalars().all()
    rows = {row.position: row for row in contacts_at(connection, places, wanted.stood_at)}
    total = select(func.count()).select_from(contacts).where(*wanted.conditions)
    return [rows[place] for place in places], connection.execute(total).scalar_one()


def contact_sums(connection: Connection, wanted: Wanted) -> list[ContactCount]:
    """The contacts by step, channel and kind; scheduled calls and cancelled contacts are none."""
    undone = exists().where(
        contact_states.c.account == contacts.c.account, contact_states.c.contact == contacts.c.contact,
        contact_states.c.status.in_(literal(status, literal_execute=True) for status in UNDONE),
    )  # fmt: skip
    # Only where something says so is looked for whether that was said last.
    status = case((undone, last_said(contact_states.c.status, wanted.stood_at)))
    answered = contacts.alias("answered")
    step = func.coalesce(contacts.c.step, answered.c.step, "")
    each = (
        select(
            step.label("step"), contacts.c.channel, contacts.c.kind, status.label("status"),
            contacts.c.breaches,
        )
        .outerjoin(answered, answers(answered))
        .where(*wanted.conditions, contacts.c.kind != SCHEDULED)
        .subquery()
    )  # fmt: skip
    query: Select[Any] = (
        select(
            each.c.step, each.c.channel, each.c.kind, func.count().label("count"),
            func.sum(case((each.c.status == "failed", 1), else_=0)).label("failed"),
            func.sum(case((each.c.breaches.is_not(None) & (each.c.breaches != ""), 1), else_=0)).label(
                "breaches"
            ),
        )
        .where(func.coalesce(each.c.status, "") != "cancelled")
        .group_by(each.c.step, each.c.channel, each.c.kind)
        .order_by(each.c.step, each.c.channel, each.c.kind)
    )  # fmt: skip
    return [ContactCount(*row) for row in connection.execute(query)]
