"""`arrears report approvals`: what waits for a second person, since when, and who may approve it."""

from typing import Annotated, Any

import typer

from arrears.cli.clocks import AsKnown, AsOf, question, say
from arrears.cli.output import print_json, print_rows
from arrears.telling.approvals import approvals_answer
from policies.approval_rules import Role

_ROWS = (
    *("account", "name", "request", "matter", "amount", "currency", "share_percent", "days", "items"),
    *("asked_by", "role", "asked_on", "waiting_days", "lapses_on", "may_be_approved_by"),
)


def register(report: typer.Typer) -> None:
    report.command("approvals")(approvals)


def approvals(
    context: typer.Context,
    as_of: AsOf = None,
    as_known: AsKnown = None,
    role: Annotated[Role | None, typer.Option(help="only what this role may approve")] = None,
) -> None:
    """What waits for a second person: who asked for what, since when, until when, and who may approve it.

    \b
    Example: arrears report approvals
    Example: arrears report approvals --role manager --format json
    """
    with question(context, as_of, as_known) as asked:
        answer = approvals_answer(asked, role=role)
    session = asked.session
    if session.format == "json":
        print_json(answer)
        return
    asked.introduce()
    print_rows(session, [_in_words(row) for row in answer["rows"]], _ROWS)
    say(session, answer.get("note"))


def _in_words(row: dict[str, Any]) -> dict[str, Any]:
    approvers = ", ".join(row["may_be_approved_by"]) or "nobody"
    return row | {"items": ", ".join(row["items"]), "may_be_approved_by": approvers}
