"""The files of the reports on aging."""

from collections.abc import Iterable, Iterator, Sequence

from arrears.exports.sheet import About, Field, Sheet
from projections.aging import UNAPPLIED, AgingRow, OpenItem
from projections.aging_pages import AccountAged


def _amounts(labels: Sequence[str]) -> Iterator[Field]:
    yield from (Field(label, label.capitalize(), "money") for label in labels)
    yield Field(UNAPPLIED, "Unapplied", "money")
    yield Field("total", "Total", "money")


def by_key(rows: Sequence[AgingRow], key: str, labels: Sequence[str], about: About) -> Sheet:
    """Aging by currency, segment, collector or policy."""
    named = () if key == "currency" else (Field("key", key.capitalize()),)
    fields = (*named, Field("currency", "Currency"), Field("count", "Invoices", "count"), *_amounts(labels))
    told = (
        {
            "key": row.key or "(none)", "currency": row.currency, "count": row.count, **row.buckets,
            UNAPPLIED: row.unapplied, "total": row.total,
        }
        for row in rows
    )  # fmt: skip
    return about.sheet(f"aging-by-{key}", f"Aging by {key}", fields, told)


def accounts(rows: Iterable[AccountAged], labels: Sequence[str], about: About) -> Sheet:
    """Aging by account."""
    fields = (
        Field("account", "Account"), Field("name", "Name"), Field("segment", "Segment"),
        Field("collector", "Collector"), Field("currency", "Currency"), Field("count", "Items", "count"),
        *_amounts(labels),
    )  # fmt: skip
    told = (
        {
            "account": row.number, "name": row.name, "segment": row.segment, "collector": row.collector,
            "currency": row.currency, "count": row.count, **row.buckets, UNAPPLIED: row.unapplied,
            "total": row.total,
        }
        for row in rows
    )  # fmt: skip
    return about.sheet("aging-by-account", "Aging by account", fields, told)


def items(rows: Iterable[OpenItem], about: About) -> Sheet:
    """The open items."""
    fields = (
        Field("account", "Account"), Field("item", "Item"), Field("kind", "Kind"),
        Field("issued_on", "Issued", "day"), Field("due_on", "Due", "day"),
        Field("days_past_due", "Days past due", "count"), Field("bucket", "Bucket"),
        Field("currency", "Currency"), Field("open", "Open", "money"),
    )  # fmt: skip
    told = (
        {
            "account": row.number, "item": row.item, "kind": row.item_kind, "issued_on": row.issued_on,
            "due_on": row.due_on, "days_past_due": row.days_past_due, "bucket": row.bucket,
            "currency": row.currency, "open": row.open,
        }
        for row in rows
    )  # fmt: skip
    return about.sheet("open-items", "Open items", fields, told)
