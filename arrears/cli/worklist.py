"""`arrears report worklist|contacts`: who is to be called today and why, and what was sent and called."""

from datetime import date
from typing import Annotated, Any, Literal

import typer

from arrears.casework.telling import worklist_answer
from arrears.cli.clocks import AsKnown, AsOf, Question, question, say
from arrears.cli.output import print_json, print_rows
from arrears.cli.session import parse_date
from arrears.telling.contacts import contacts_answer
from arrears.telling.rows import in_words, parts_in_words


def register(report: typer.Typer) -> None:
    """Adds both to the reports."""
    report.command("worklist")(worklist_report)
    report.command("contacts")(contacts_report)


# --- the worklist -----------------------------------------------------------------------------------------


def worklist_report(
    context: typer.Context,
    collector: Annotated[
        str | None,
        typer.Option("--collector", metavar="NAME", help="whose; 'nobody': accounts without a collector"),
    ] = None,
    rows: Annotated[int, typer.Option("--rows", min=1, help="how many of the list")] = 100,
    page: Annotated[int, typer.Option("--page", min=1, help="which page of so many rows")] = 1,
    as_of: AsOf = None,
    as_known: AsKnown = None,
) -> None:
    """Whose turn it is, ranked by the rules of the policy: calls that are due, accounts that somebody wanted
    to look at again, promises that were broken; with what the caller has to know, and exceptions.

    \b
    Example: arrears worklist
    Example: arrears worklist --collector mira --rows 20
    """
    with question(context, as_of, as_known) as asked:
        answer = worklist_answer(asked, collector, page, rows)
    if asked.session.format == "json":
        print_json(answer)
    else:
        _show_worklist(asked, answer)
        say(asked.session, answer.get("note"))


def _show_worklist(asked: Question, answer: dict[str, Any]) -> None:
    asked.introduce()
    rows = [_for_people(row) for row in answer["worklist"]]
    print_rows(asked.session, rows, _WORKLIST)
    if asked.session.format == "csv":
        return
    if answer["total"] > len(rows):
        say(asked.session, f"{len(rows)} of {answer['total']} rows (page {answer['page']}).")
    if unusual := answer["exceptions"]:
        columns = ("account", "name", "reason", "waiting_days")
        print_rows(asked.session, unusual, columns, title="\nExceptions")


_WORKLIST = ("points", "account", "name", "phone", "balance", "reason", "why", "last_promise")


def _for_people(row: dict[str, Any]) -> dict[str, Any]:
    note = (row["follow_up"] or {}).get("note")
    return row | {
        "balance": in_words(row["balance"]) + parts_in_words(row["parts"]),
        "reason": f"{row['reason']}: {note}" if note else row["reason"],
        "why": ", ".join(f"{one['points']} {one['for']}" for one in row["why"]),
        "last_promise": _last_promise(row["last_promise"]),
    }


def _last_promise(promise: dict[str, Any] | None) -> str:
    if promise is None:
        return ""
    return f"{promise['amount']} {promise['currency']} by {promise['promised_on']}: {promise['status']}"


# --- contacts ---------------------------------------------------------------------------------------------


def contacts_report(
    context: typer.Context,
    since: Annotated[
        date | None,
        typer.Option("--from", parser=parse_date, metavar="DATE", help="by default 30 days before the last"),
    ] = None,
    until: Annotated[
        date | None,
        typer.Option(
            "--to", parser=parse_date, metavar="DATE", help="the last day; by default that of --as-of"
        ),
    ] = None,
    as_of: AsOf = None,
    as_known: AsKnown = None,
    by: Annotated[Literal["step"] | None, typer.Option(help="count them by step instead")] = None,
) -> None:
    """What was sent, called and received, when and at which step.

    Example: arrears report contacts --from 2026-03-01 --to 2026-03-31 --by step
    """
    with question(context, as_of, as_known) as asked:
        answer = contacts_answer(asked, since, until, by)
    if asked.session.format == "json":
        print_json(answer)
        return
    asked.introduce()
    if by:
        print_rows(asked.session, answer["rows"], _COUNTS)
    else:
        zone = asked.session.zone
        shown = [row | {"at": f"{row['at'].astimezone(zone):%Y-%m-%d %H:%M%z}"} for row in answer["rows"]]
        print_rows(asked.session, shown, _CONTACTS)
    say(asked.session, answer.get("note"))


_CONTACTS = (
    "at",
    "account",
    "kind",
    "channel",
    "step",
    "policy",
    "status",
    "outcome",
    "breaches",
    "items",
    "by",
)
_COUNTS = ("step", "channel", "kind", "count", "failed", "breaches")
