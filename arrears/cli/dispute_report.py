"""`arrears report disputes`: what is disputed, who is to settle it by when, and what is late."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from arrears.cli.clocks import AsKnown, AsOf, question, say
from arrears.cli.output import print_json, print_rows
from arrears.telling.asking import noted
from arrears.telling.rows import by_currency, in_words
from projections.disputes import By, DisputeRow, DisputeSum, dispute_rows, summed

_ROWS = (
    *("account", "name", "dispute", "reason", "owner", "items", "disputed", "opened_on", "deadline"),
    *("days_open", "days_late"),
)
_ENDED = (*_ROWS, "resolved_on", "outcome")


def register(report: typer.Typer) -> None:
    report.command("disputes")(disputes)


def disputes(
    context: typer.Context,
    as_of: AsOf = None,
    as_known: AsKnown = None,
    by: Annotated[By | None, typer.Option(help="count the open ones by this instead")] = None,
    resolved: Annotated[bool, typer.Option("--resolved", help="list those that have ended as well")] = False,
) -> None:
    """Disputes that are open: on what, who is to settle them, by when, for how many days, and how late.

    \b
    Example: arrears report disputes
    Example: arrears report disputes --by owner --as-of 2026-03-31
    """
    with question(context, as_of, as_known) as asked:
        rows = dispute_rows(asked.book.database, asked.as_of, asked.as_known, resolved)
        sums = None if by is None else summed(rows, by, asked.as_of)
    note = asked.note(row.rests_on_backfill for row in rows)
    session = asked.session
    if session.format == "json":
        shown = [_row(row) for row in rows] if sums is None else [_sum(one) for one in sums]
        print_json(noted({**asked.clocks, "by": by, "rows": shown}, note))
        return
    asked.introduce()
    if sums is not None:
        columns = (str(by), "count", "late", "oldest_days", "disputed")
        print_rows(session, [_in_words(_sum(one)) | {str(by): one.key} for one in sums], columns)
    else:
        print_rows(session, [_in_words(_row(row)) for row in rows], _ENDED if resolved else _ROWS)
    say(session, note)


def _row(row: DisputeRow) -> dict[str, Any]:
    return asdict(row) | {"account": row.number, "disputed": by_currency(row.disputed)}


def _sum(one: DisputeSum) -> dict[str, Any]:
    return asdict(one) | {"disputed": by_currency(one.disputed)}


def _in_words(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"disputed": in_words(row["disputed"]), "items": ", ".join(row.get("items", ()))}
