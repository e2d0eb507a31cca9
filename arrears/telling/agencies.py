"""Agencies in one answer: what each brings in, and what it is to be told."""

from datetime import date
from decimal import Decimal
from typing import Any

from arrears.telling.asking import Question, noted
from engine.domain.money import money
from projections.agencies import AgencyNews, AgencyRow, agency_news, agency_rows
from projections.placements import on_backfill

SUMS = ("placed", "recovered", "commission", "net", "direct", "open")
RATES = ("recovery_rate", "cost_rate")


def agencies_answer(asked: Question) -> dict[str, Any]:
    """What was placed with each agency, what it recovered, at which rate and cost."""
    rows = [_row(row) for row in agency_rows(asked.book.database, asked.as_of, asked.as_known)]
    return noted({**asked.clocks, "rows": rows}, _note(asked))


def agency_answer(asked: Question, name: str, since: date | None = None) -> dict[str, Any]:
    """What an agency is to be told from that day on: payments that came to us, disputes and recalls."""
    news = agency_news(asked.book.database, name, since or date.min, asked.as_of, asked.as_known)
    rows = [_news_row(one) for one in news]
    return noted({"agency": name, "from": since, **asked.clocks, "news": rows}, _note(asked))


def _note(asked: Question) -> str | None:
    """Says where what was placed rests on backfilled history."""
    if asked.as_known is None:
        return None
    return asked.note([on_backfill(asked.book.database, asked.as_of, asked.as_known)])


def _row(row: AgencyRow) -> dict[str, Any]:
    sums = {name: str(money(getattr(row, name), row.currency)) for name in SUMS}
    rates = {name: _rounded(getattr(row, name)) for name in RATES}
    return {
        "agency": row.agency, "currency": row.currency, "placements": row.placements,
        "recalled": row.recalled, **sums, **rates,
    }  # fmt: skip


def _rounded(rate: Decimal | None) -> str | None:
    return None if rate is None else f"{rate:.4f}"


def _news_row(one: AgencyNews) -> dict[str, Any]:
    return {
        "on": one.on, "what": one.what, "account": one.number, "placement": one.placement, "item": one.item,
        "reference": one.reference, "currency": one.currency,
        "amount": None if one.amount is None else str(money(one.amount, one.currency or "")),
    }  # fmt: skip
