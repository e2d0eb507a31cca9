"""`arrears report …`: aging and promises here; the worklist and contacts beside it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import typer

from arrears.cli import (
    account,
    agency_reports,
    approvals_report,
    checking,
    dispute_report,
    explain,
    figure_reports,
    worklist,
)
from arrears.cli.clocks import AsKnown, AsOf, Question, moment_of, question, say
from arrears.cli.output import counted, print_json, print_rows
from arrears.cli.session import Session
from arrears.telling.aging import aging_answer, compared_answer
from arrears.telling.promises import RATES, promises_answer
from arrears.telling.rows import ITEM_COLUMNS, PROMISE_COLUMNS
from arrears.telling.sentences import clock
from engine.domain.money import ZERO
from projections.aging import EDGES, UNAPPLIED, EdgesNotAscending, bucket_labels
from projections.aging_changes import KnownBackwards
from projections.balances import By
from projections.promise_sums import By as PromisesBy
from projections.promises import STATUSES

report = typer.Typer(no_args_is_help=True, help="Reports: what is owed, promised, to be called, was sent.")

Detail = Annotated[bool, typer.Option("--detail", help="list each one as well")]
Rows = Sequence[dict[str, Any]]


def register(app: typer.Typer) -> None:
    """Adds the reports and whatever else answers questions about the book."""
    report.command("aging")(aging_report)
    report.command("promises")(promises_report)
    worklist.register(report)
    agency_reports.register(report)
    dispute_report.register(report)
    approvals_report.register(report)
    figure_reports.register(report)
    app.add_typer(report, name="report")
    app.command("worklist")(worklist.worklist_report)
    for module in (account, explain, checking):
        module.register(app)


# --- aging ------------------------------------------------------------------------------------------------


def aging_report(
    context: typer.Context,
    as_of: AsOf = None,
    as_known: AsKnown = None,
    by: Annotated[By, typer.Option(help="by what to add up")] = "currency",
    edges: Annotated[
        str | None,
        typer.Option(
            metavar="DAYS",
            help=f"the last days past due of each bucket but the last; by default what the book has adopted, "
            f"else {','.join(map(str, EDGES))}",
        ),
    ] = None,
    detail: Detail = False,
    number: Annotated[str | None, typer.Option("--account", metavar="NUMBER", help="of one account")] = None,
    against: Annotated[
        str | None,
        typer.Option(metavar="MOMENT", help="with --as-known: what was learnt by then"),
    ] = None,
) -> None:
    """What is open, by how long it has been due; total = current + buckets - unapplied.

    Example: arrears report aging --as-of 2026-03-31 --as-known 2026-04-02 --by account
    """
    given = None if edges is None else parse_edges(edges)
    if against is not None:
        if as_known is None:
            raise typer.BadParameter("--against goes with --as-known: what is to be compared?")
        if by != "currency" or detail:
            raise typer.BadParameter(
                "--against compares by currency, and lists facts: leave --by and --detail out"
            )
        with question(context, as_of, as_known) as asked:
            _compare(asked, moment_of(against, asked.session.zone), given, number)
        return
    with question(context, as_of, as_known) as asked:
        answer = aging_answer(asked, by, given, number, detail)
    if asked.session.format == "json":
        print_json(answer)
        return
    asked.introduce()
    if "edges_adopted_on" in answer and asked.session.format == "table":
        say(asked.session, f"Buckets as adopted from {answer['edges_adopted_on']} on.")
    _show_aging(asked.session, by, bucket_labels(answer["edges"]), answer["rows"], answer.get("items"))
    say(asked.session, answer.get("note"))


def _compare(asked: Question, later: datetime, given: Sequence[int] | None, number: str | None) -> None:
    """Aging as known first and later, and each fact learnt in between with the buckets that it moved."""
    try:
        answer = compared_answer(asked, later, given, number)
    except KnownBackwards as wrong:
        raise typer.BadParameter(str(wrong)) from None
    if asked.session.format == "json":
        print_json(answer)
        return
    asked.introduce()
    _show_difference(asked.session, answer)
    say(asked.session, answer.get("note"))


def _show_difference(session: Session, answer: dict[str, Any]) -> None:
    labels, moved = bucket_labels(answer["edges"]), answer["changes"]
    facts = len({(row["account"], row["version"]) for row in moved})
    if session.format == "table":
        _show_aging(session, "currency", labels, answer["rows"], None)
    say(session, f"\nAs known on {clock(answer['against'], session.zone)}:")
    if session.format == "table":
        _show_aging(session, "currency", labels, answer["against_rows"], None)
        say(session, f"\nLearnt in between, and what it moved: {counted(facts, 'facts')}")
    print_rows(session, [row | row["moves"] for row in moved], (*_CHANGE, *labels, UNAPPLIED))


_CHANGE = ("account", "version", "topic", "known_at", "currency")


def parse_edges(text: str) -> tuple[int, ...]:
    """Bucket edges such as 30,60,90; raises BadParameter."""
    try:
        edges = tuple(int(part) for part in text.split(","))
        bucket_labels(edges)
    except EdgesNotAscending as wrong:
        raise typer.BadParameter(str(wrong)) from None
    except ValueError:
        raise typer.BadParameter(f"'{text}' are no days: expected some such as 30,60,90") from None
    return edges


def _show_aging(session: Session, by: By, buckets: Sequence[str], rows: Rows, items: Rows | None) -> None:
    figures = ("currency", "count", *buckets, "unapplied", "total")
    if session.format == "csv" and items is None:
        print_rows(session, rows, ("key", *figures, *_PARTS))
    elif session.format == "table":
        figures += _PARTS if any(Decimal(row[part]) for row in rows for part in _PARTS[1:]) else ()
        totals = [] if by == "currency" else _totals(rows, (*buckets, "unapplied", "total", *_PARTS))
        shown = [{by: row["key"] or "(none)", **row} for row in (*rows, *totals)]
        print_rows(session, shown, tuple(dict.fromkeys((by, *figures))))
    if items is not None:
        print_rows(session, items, ("account", *ITEM_COLUMNS, "bucket"))


_PARTS = ("principal", "interest", "fees")


def _totals(rows: Rows, amounts: Sequence[str]) -> Rows:
    """One more row for each currency: the sum of its rows."""
    currencies = sorted({row["currency"] for row in rows})
    return [_total(one, [row for row in rows if row["currency"] == one], amounts) for one in currencies]


def _total(currency: str, rows: Rows, amounts: Sequence[str]) -> dict[str, Any]:
    sums = {name: str(sum((Decimal(row[name]) for row in rows), ZERO)) for name in amounts}
    return {"key": "total", "currency": currency, "count": sum(row["count"] for row in rows), **sums}


# --- promises ---------------------------------------------------------------------------------------------

_SUMMARY = (
    *("key", "currency", "count", "pending", "kept", "partly_kept", "broken", "withdrawn"),
    *("promised", "received_in_time", "received_late", *RATES),
)


def _status(text: str) -> str:
    status = text.replace("-", "_")
    if status not in STATUSES:
        raise typer.BadParameter(f"'{text}' is no status: expected one of {', '.join(STATUSES)}")
    return status


def promises_report(
    context: typer.Context,
    as_of: AsOf = None,
    as_known: AsKnown = None,
    by: Annotated[
        PromisesBy | None,
        typer.Option(help="by the month promised for, who took it, whose account it was, debtor, or policy"),
    ] = None,
    status: Annotated[
        list[str] | None,
        typer.Option(parser=_status, metavar="STATUS", help=f"list these: {', '.join(STATUSES)}; repeatable"),
    ] = None,
    detail: Detail = False,
) -> None:
    """Promises to pay: how many were kept, by number and by amount, what came in time and late.

    Example: arrears report promises --as-of 2026-03-31 --status broken
    Example: arrears report promises --by collector
    """
    with question(context, as_of, as_known) as asked:
        answer = promises_answer(asked, by, status or ())
    if asked.session.format == "json":
        print_json(answer)
    else:
        asked.introduce()
        _show_promises(asked, answer["rows"], answer["promises"] if status or detail else None)
        say(asked.session, answer.get("note"))


def _show_promises(asked: Question, summaries: Rows, listed: Rows | None) -> None:
    if asked.session.format == "csv" and listed is None:
        print_rows(asked.session, summaries, _SUMMARY)
    elif asked.session.format == "table":
        print_rows(asked.session, [_in_percent(row) for row in summaries], _SUMMARY)
    if listed is not None:
        print_rows(asked.session, listed, ("account", *PROMISE_COLUMNS))


def _in_percent(row: dict[str, Any]) -> dict[str, Any]:
    return row | {rate: f"{Decimal(row[rate]):.1%}" for rate in RATES if row[rate] is not None}
