"""Accounts in a list, and the facts of one: a page at a time."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from arrears.telling.account import event_row, facts_until
from arrears.telling.asking import Question
from arrears.telling.recorded import fields
from arrears.telling.rows import by_currency
from engine.domain.facts.base import Stored
from projections.account_pages import AccountRow, account_page
from projections.connection import reading

Row = dict[str, Any]
_AT_ONCE = 500


def account_rows(
    asked: Question, after: str, count: int, equal: Mapping[str, str], only: Sequence[str] | None = None
) -> list[tuple[str, Row]]:
    """At most so many accounts behind a stream, each with its stream; of some, where named."""
    with reading(asked.book.database, asked.as_known, asked.as_of) as connection:
        found = account_page(connection, asked.as_of, after, count, equal, only)
    return [(one.account, account_row(one)) for one in found]


def account_row(one: AccountRow) -> Row:
    """An account in a list."""
    return {
        "account": one.number, "name": one.name, "kind": one.kind, "country": one.country,
        "collector": one.collector, "segment": one.segment, "policy": one.policy, "opened_on": one.opened_on,
        "balance": by_currency(one.balance), "overdue": by_currency(one.overdue),
        "days_past_due": one.days_past_due,
    }  # fmt: skip


def facts_behind(asked: Question, number: str, after: int, count: int, until: date | None) -> list[Row]:
    """At most so many facts of an account behind a version, as known; with a day to go `until`, only what had
    happened by its end. Raises AccountUnknown."""
    stream = asked.account_id(number)
    found: list[Stored] = []
    while len(found) < count:
        some = asked.book.store.stream(stream, after, _AT_ONCE)
        found += facts_until(asked, (one for one in some if asked.is_known(one.fact)), until)
        if len(some) < _AT_ONCE:
            break
        after = some[-1].version
    return [_row(asked, one) for one in found[:count]]


def _row(asked: Question, one: Stored) -> Row:
    because = one.fact.because
    return event_row(asked, one) | {
        "because": because and because.model_dump(mode="json", exclude_none=True), "fact": fields(one.fact),
    }  # fmt: skip
