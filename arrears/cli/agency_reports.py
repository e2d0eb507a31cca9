"""`arrears report agencies` and `… agency`: what agencies bring in, and what they are to be told."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import typer

from arrears.cli.clocks import AsKnown, AsOf, Question, question, say
from arrears.cli.output import print_json, print_rows
from arrears.cli.session import parse_date
from arrears.telling.asking import noted
from engine.domain.money import money
from projections.agencies import AgencyNews, AgencyRow, agency_news, agency_rows
from projections.placements import placement_list

_SUMS = ("placed", "recovered", "commission", "net", "direct", "open")
_RATES = ("recovery_rate", "cost_rate")
_AGENCIES = ("agency", "currency", "placements", "recalled", *_SUMS, *_RATES)
_NEWS = ("on", "what", "account", "placement", "item", "reference", "currency", "amount")


def register(report: typer.Typer) -> None:
    report.command("agencies")(agencies)
    report.command("agency")(agency)


def agencies(context: typer.Context, as_of: AsOf = None, as_known: AsKnown = None) -> None:
    """Agencies: what was placed with each, what it recovered, at which rate and cost.

    Example: arrears report agencies --as-of 2026-12-31
    """
    with question(context, as_of, as_known) as asked:
        rows = [_row(row) for row in agency_rows(asked.book.database, asked.as_of, asked.as_known)]
        note = _note(asked)
    if asked.session.format == "json":
        print_json(noted({**asked.clocks, "rows": rows}, note))
    else:
        asked.introduce()
        shown = rows if asked.session.format == "csv" else [_in_percent(row) for row in rows]
        print_rows(asked.session, shown, _AGENCIES)
        say(asked.session, note)


def _note(asked: Question) -> str | None:
    """Says where what was placed rests on backfilled history."""
    placed = placement_list(asked.book.database, asked.as_of, asked.as_known)
    return asked.note(one.rests_on_backfill for one in placed)


def _row(row: AgencyRow) -> dict[str, Any]:
    sums = {name: str(money(getattr(row, name), row.currency)) for name in _SUMS}
    rates = {name: _rounded(getattr(row, name)) for name in _RATES}
    return {
        "agency": row.agency, "currency": row.currency, "placements": row.placements,
        "recalled": row.recalled, **sums, **rates,
    }  # fmt: skip


def _rounded(rate: Decimal | None) -> str | None:
    return None if rate is None else f"{rate:.4f}"


def _in_percent(row: dict[str, Any]) -> dict[str, Any]:
    return row | {rate: f"{Decimal(row[rate]):.1%}" for rate in _RATES if row[rate] is not None}


def agency(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="AGENCY", help="its name, as in the placements")],
    since: Annotated[
        date | None,
        typer.Option("--from", parser=parse_date, metavar="DATE", help="the first day; by default all"),
    ] = None,
    as_of: AsOf = None,
    as_known: AsKnown = None,
) -> None:
    """What an agency is to be told: payments that came to us, disputes and recalls of what it has.

    Example: arrears report agency "Harbour Recoveries" --from 2026-06-01
    """
    with question(context, as_of, as_known) as asked:
        news = agency_news(asked.book.database, name, since or date.min, asked.as_of, asked.as_known)
        note = _note(asked)
    rows = [_news_row(one) for one in news]
    if asked.session.format == "json":
        print_json(noted({"agency": name, "from": since, **asked.clocks, "news": rows}, note))
    else:
        asked.introduce()
        print_rows(asked.session, rows, _NEWS)
        if not rows:
            say(asked.session, f"There is nothing to tell {name}.")
        say(asked.session, note)


def _news_row(one: AgencyNews) -> dict[str, Any]:
    return {
        "on": one.on, "what": one.what, "account": one.number, "placement": one.placement, "item": one.item,
        "reference": one.reference, "currency": one.currency,
        "amount": None if one.amount is None else str(money(one.amount, one.currency or "")),
    }  # fmt: skip
