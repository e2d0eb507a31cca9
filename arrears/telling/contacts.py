"""Contacts in one answer: each of a time, or how many at which step."""

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any, Literal

from arrears.telling.asking import Question, noted
from arrears.telling.rows import contact_row
from projections.contacts import contact_counts, contact_list

DAYS_BACK = 30


def contacts_answer(
    asked: Question, since: date | None, until: date | None, by: Literal["step"] | None = None
) -> dict[str, Any]:
    """What was sent, called and received between two days; by default in the last 30."""
    first, last = days_asked(asked, since, until)
    contacts = contact_list(asked.book.database, first, last, asked.as_known, asked.zone, as_of=asked.as_of)
    rows = [asdict(one) for one in contact_counts(contacts)] if by else [contact_row(one) for one in contacts]
    answer = {"from": first, "to": last, **asked.clocks, "by": by, "rows": rows}
    return noted(answer, asked.note(one.rests_on_backfill for one in contacts))


def days_asked(asked: Question, since: date | None, until: date | None) -> tuple[date, date]:
    """The first and the last day that are asked for."""
    last = until or asked.as_of
    return since or last - timedelta(DAYS_BACK), last
