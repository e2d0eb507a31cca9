"""`arrears report disputes`: what is disputed, who is to settle it by when, and what is late."""

from typing import Annotated, Any

import typer

from arrears.cli.clocks import AsKnown, AsOf, question, say
from arrears.cli.output import print_json, print_rows
from arrears.telling.disputes import disputes_answer
from arrears.telling.rows import in_words
from projections.disputes import By

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
        answer = disputes_answer(asked, by, resolved)
    session = asked.session
    if session.format == "json":
        print_json(answer)
        return
    asked.introduce()
    shown = [_in_words(row) for row in answer["rows"]]
    if by is not None:
        columns = (str(by), "count", "late", "oldest_days", "disputed")
        print_rows(session, [row | {str(by): row["key"]} for row in shown], columns)
    else:
        print_rows(session, shown, _ENDED if resolved else _ROWS)
    say(session, answer.get("note"))


def _in_words(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"disputed": in_words(row["disputed"]), "items": ", ".join(row.get("items", ()))}
