"""The outbox in one answer: reminders that were decided, and of which nobody recorded what became of them."""

from dataclasses import asdict
from typing import Any

from arrears.delivery import outbox
from arrears.delivery.settings import delivery_settings
from arrears.wiring import Book
from projections.accounts import numbers_of


def outbox_rows(book: Book, after: str, count: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """How much waits on each channel, and at most so many reminders behind one; raises SettingsWrong."""
    at = book.clock()
    waiting = outbox.listed(book.database, count, after)
    sizes = outbox.sizes(book.database, at, at - delivery_settings().within)
    numbers = numbers_of(book.database, [one.account for one in waiting])
    return [asdict(size) for size in sizes], [outbox_row(one, numbers) for one in waiting]


def outbox_row(one: outbox.Waiting, numbers: dict[str, str]) -> dict[str, Any]:
    """A reminder that waits."""
    return {
        "account": numbers[one.account], "contact": one.contact, "channel": one.channel,
        "leaves_at": one.leaves_at, "next_try_at": one.next_try_at, "attempts": one.attempts,
        "trouble": one.trouble,
    }  # fmt: skip
