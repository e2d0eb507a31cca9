"""The files of what waits, of promises, disputes, agencies and contacts."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Protocol

from arrears.exports.sheet import About, Field, Sheet
from projections.agencies import AgencyRow
from projections.contacts import ContactCount, ContactRow
from projections.disputes import DisputeRow
from projections.exceptions import Exceptional
from projections.promise_sums import PromiseSummary
from projections.promises import STATUSES, PromiseRow


class Named(Protocol):
    """What an exception is called, and what to do about it."""

    @property
    def title(self) -> str: ...

    @property
    def remedy(self) -> str: ...


def exception_sheet(rows: Iterable[tuple[Exceptional, Named]], about: About) -> Sheet:
    """What waits for a person, with what to do about it."""
    fields = (
        Field("account", "Account"), Field("name", "Name"), Field("what", "What"),
        Field("since", "Since", "day"), Field("waiting_days", "Days", "count"), Field("channel", "Channel"),
        Field("step", "Step"), Field("detail", "Detail"), Field("remedy", "What to do"),
    )  # fmt: skip
    told = (
        {
            "account": row.number, "name": row.name, "what": named.title, "since": row.since,
            "waiting_days": row.waiting_days, "channel": row.channel, "step": row.step, "detail": row.detail,
            "remedy": named.remedy,
        }
        for row, named in rows
    )  # fmt: skip
    return about.sheet("exceptions", "Exceptions", fields, told)


def promise_sheet(rows: Iterable[PromiseRow], about: About) -> Sheet:
    """Promises one by one."""
    fields = (
        Field("account", "Account"), Field("promise", "Promise"), Field("plan", "Plan"),
        Field("status", "Status"), Field("currency", "Currency"), Field("amount", "Promised", "money"),
        Field("received", "In time", "money"), Field("received_late", "Late", "money"),
        Field("made_on", "Made", "day"), Field("promised_on", "For", "day"),
        Field("deadline", "Deadline", "day"), Field("judged_on", "Judged", "day"),
        Field("taken_by", "Taken by"), Field("collector", "Collector"), Field("policy", "Policy"),
    )  # fmt: skip
    told = (_told(row, fields) | {"account": row.number} for row in rows)
    return about.sheet("promises", "Promises to pay", fields, told)


def performance_sheet(rows: Iterable[PromiseSummary], by: str, about: About) -> Sheet:
    """How promises turned out, by whom or when."""
    fields = (
        Field("key", by.replace("_", " ").capitalize()), Field("currency", "Currency"),
        *(Field(status, status.replace("_", " ").capitalize(), "count") for status in STATUSES),
        Field("promised", "Promised", "money"), Field("received", "In time", "money"),
        Field("received_late", "Late", "money"), Field("kept_rate_by_number", "Kept, by number", "rate"),
        Field("kept_rate_by_amount", "Kept, by amount", "rate"),
    )  # fmt: skip
    told = (_told(row, fields) | {"key": row.key or "(none)"} | row.counts for row in rows)
    return about.sheet(f"promises-by-{by}", f"Promises by {by.replace('_', ' ')}", fields, told)


def dispute_sheet(rows: Iterable[DisputeRow], about: About) -> Sheet:
    """Disputes, a row for each currency of one."""
    fields = (
        Field("account", "Account"), Field("name", "Name"), Field("dispute", "Dispute"),
        Field("reason", "Reason"), Field("owner", "Owner"), Field("items", "Items"),
        Field("currency", "Currency"), Field("disputed", "Disputed", "money"),
        Field("opened_on", "Opened", "day"), Field("deadline", "Deadline", "day"),
        Field("days_open", "Days open", "count"), Field("days_late", "Days late", "count"),
        Field("resolved_on", "Resolved", "day"), Field("outcome", "Outcome"),
    )  # fmt: skip
    told = (
        _told(row, fields)
        | {"account": row.number, "items": ", ".join(row.items), "currency": currency, "disputed": amount}
        for row in rows
        for currency, amount in _disputed(row)
    )
    return about.sheet("disputes", "Disputes", fields, told)


def _disputed(row: DisputeRow) -> list[tuple[str | None, Decimal | None]]:
    """What is disputed by currency; a row without an amount where nothing is open any more."""
    return [*row.disputed.items()] or [(None, None)]


def agency_sheet(rows: Iterable[AgencyRow], about: About) -> Sheet:
    """What agencies were given and brought in."""
    fields = (
        Field("agency", "Agency"), Field("currency", "Currency"), Field("placements", "Placements", "count"),
        Field("recalled", "Recalled", "count"), Field("placed", "Placed", "money"),
        Field("recovered", "Recovered", "money"), Field("recovery_rate", "Rate", "rate"),
        Field("commission", "Commission", "money"), Field("cost_rate", "Cost", "rate"),
        Field("net", "Net", "money"), Field("direct", "Paid to us", "money"), Field("open", "Open", "money"),
    )  # fmt: skip
    return about.sheet("agencies", "Agencies", fields, (_told(row, fields) for row in rows))


def contact_sheet(rows: Iterable[ContactRow], about: About) -> Sheet:
    """Contacts one by one."""
    fields = (
        Field("at", "At", "moment"), Field("account", "Account"), Field("kind", "Kind"),
        Field("channel", "Channel"), Field("step", "Step"), Field("policy", "Policy"),
        Field("status", "Status"), Field("outcome", "Outcome"), Field("items", "Items", "count"),
        Field("by", "By"), Field("breaches", "Limits broken"),
    )  # fmt: skip
    told = (_told(row, fields) | {"account": row.number} for row in rows)
    return about.sheet("contacts", "Contacts", fields, told)


def contact_count_sheet(rows: Iterable[ContactCount], about: About) -> Sheet:
    """Contacts by step, channel and kind."""
    fields = (
        Field("step", "Step"), Field("channel", "Channel"), Field("kind", "Kind"),
        Field("count", "Contacts", "count"), Field("failed", "Failed", "count"),
        Field("breaches", "Beyond limits", "count"),
    )  # fmt: skip
    return about.sheet("contacts-by-step", "Contacts by step", fields, (_told(row, fields) for row in rows))


def _told(row: Any, fields: tuple[Field, ...]) -> dict[str, Any]:
    return {field.name: getattr(row, field.name, None) for field in fields}
