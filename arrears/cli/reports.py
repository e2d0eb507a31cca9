"""`arrears report …`: aging and promises here; the worklist and contacts beside it."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

import typer

from arrears.cli import account, agency_reports, checking, dispute_report, explain, figure_reports, worklist
from arrears.cli.clocks import AsKnown, AsOf, Question, moment_of, question, say
from arrears.cli.output import counted, print_json, print_rows
from arrears.cli.session import Session
from arrears.telling.asking import noted
from arrears.telling.rows import ITEM_COLUMNS, PROMISE_COLUMNS, exact, item_row, promise_row
from arrears.telling.sentences import clock
from arrears.wiring import Book
from engine.domain.money import ZERO, money
from projections.aging import (
    EDGES,
    UNAPPLIED,
    AgingRow,
    EdgesNotAscending,
    aging,
    aging_detail,
    bucket_labels,
)
from projections.aging_changes import AgingChange, KnownBackwards, aging_changes
from projections.balances import By
from projections.promises import STATUSES, PromiseSummary, promise_list, summarise
from projections.promises import By as PromisesBy

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
        held, adopted = edges_in_force(asked.book, asked.as_of, asked.as_known)
        last_days = given or held
        clocks = (asked.book.database, asked.as_of, asked.as_known)
        stream = None if number is None else asked.account_id(number)
        rows = aging(*clocks, by, last_days, stream)
        items = [item_row(item) for item in aging_detail(*clocks, last_days, stream)] if detail else None
    since = {"edges_adopted_on": adopted} if adopted and given is None else {}
    note = asked.note(row.rests_on_backfill for row in rows)
    if asked.session.format == "json":
        answer = {"by": by, "edges": last_days, "rows": [row.as_json() for row in rows]}
        details = {} if items is None else {"items": items}
        print_json(noted(asked.clocks | answer | since | details, note))
    else:
        asked.introduce()
        if since and asked.session.format == "table":
            say(asked.session, f"Buckets as adopted from {adopted} on.")
        _show_aging(asked.session, by, bucket_labels(last_days), rows, items)
        say(asked.session, note)


def edges_in_force(
    book: Book, day: date, known: datetime | None = None
) -> tuple[tuple[int, ...], date | None]:
    """The bucket edges of the book on that day, as known then, and since when adopted (None: never)."""
    adopted = book.engine.policies().edges_on(day, known)
    return (EDGES, None) if adopted is None else (adopted.edges, adopted.adopted_on)


def _compare(asked: Question, later: datetime, given: Sequence[int] | None, number: str | None) -> None:
    """Aging as known first and later, and each fact learnt in between with the buckets that it moved."""
    assert asked.as_known is not None
    stream = None if number is None else asked.book.account_id(number)
    database, session = asked.book.database, asked.session
    edges = given or edges_in_force(asked.book, asked.as_of, later)[0]
    before = aging(database, asked.as_of, asked.as_known, "currency", edges, stream)
    after = aging(database, asked.as_of, later, "currency", edges, stream)
    try:
        changes = aging_changes(database, asked.as_of, asked.as_known, later, edges, stream)
    except KnownBackwards as wrong:
        raise typer.BadParameter(str(wrong)) from None
    moved = [_change_row(change) for change in changes]
    note = asked.note(row.rests_on_backfill for row in (*before, *after))
    if session.format == "json":
        answer = {
            **asked.clocks, "against": later, "edges": edges, "rows": [row.as_json() for row in before],
            "against_rows": [row.as_json() for row in after], "changes": moved,
        }  # fmt: skip
        print_json(noted(answer, note))
        return
    asked.introduce()
    _show_difference(session, edges, later, (before, after), moved)
    say(session, note)


def _show_difference(
    session: Session, edges: Sequence[int], later: datetime, reports: tuple[list[AgingRow], ...], moved: Rows
) -> None:
    before, after = reports
    labels, facts = bucket_labels(edges), len({(row["account"], row["version"]) for row in moved})
    if session.format == "table":
        _show_aging(session, "currency", labels, before, None)
    say(session, f"\nAs known on {clock(later, session.zone)}:")
    if session.format == "table":
        _show_aging(session, "currency", labels, after, None)
        say(session, f"\nLearnt in between, and what it moved: {counted(facts, 'facts')}")
    print_rows(session, [row | row["moves"] for row in moved], (*_CHANGE, *labels, UNAPPLIED))


_CHANGE = ("account", "version", "topic", "known_at", "currency")


def _change_row(change: AgingChange) -> dict[str, Any]:
    return {
        "account": change.number, "version": change.version, "topic": change.topic,
        "known_at": change.known_at, "currency": change.currency,
        "moves": {name: str(money(amount, change.currency)) for name, amount in change.moves.items()},
    }  # fmt: skip


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


def _show_aging(
    session: Session, by: By, buckets: Sequence[str], rows: Sequence[AgingRow], items: Rows | None
) -> None:
    figures = ("currency", "count", *buckets, "unapplied", "total")
    parts = ("principal", "interest", "fees")
    if session.format == "csv" and items is None:
        print_rows(session, [row.as_json() for row in rows], ("key", *figures, *parts))
    elif session.format == "table":
        figures += parts if any(row.interest or row.fees for row in rows) else ()
        totals = [] if by == "currency" else _totals(rows)
        shown = [{by: row.key or "(none)", **row.as_json()} for row in (*rows, *totals)]
        print_rows(session, shown, tuple(dict.fromkeys((by, *figures))))
    if items is not None:
        print_rows(session, items, ("account", *ITEM_COLUMNS, "bucket"))


def _totals(rows: Sequence[AgingRow]) -> list[AgingRow]:
    """One more row for each currency: the sum of its rows."""
    return [
        _total(currency, [row for row in rows if row.currency == currency])
        for currency in sorted({row.currency for row in rows})
    ]


def _total(currency: str, rows: Sequence[AgingRow]) -> AgingRow:
    return AgingRow(
        key="total", currency=currency, count=sum(row.count for row in rows),
        buckets={label: sum((row.buckets[label] for row in rows), ZERO) for label in rows[0].buckets},
        unapplied=sum((row.unapplied for row in rows), ZERO), account=None, rests_on_backfill=False,
        interest=sum((row.interest for row in rows), ZERO), fees=sum((row.fees for row in rows), ZERO),
    )  # fmt: skip


# --- promises ---------------------------------------------------------------------------------------------

_RATES = ("kept_rate_by_number", "kept_rate_by_amount")
_SUMMARY = (
    *("key", "currency", "count", "pending", "kept", "partly_kept", "broken", "withdrawn"),
    *("promised", "received_in_time", "received_late", *_RATES),
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
        promises = promise_list(asked.book.database, asked.as_of, asked.as_known)
    summaries = [_summary_row(summary) for summary in summarise(promises, by)]
    listed = [promise_row(one) for one in promises if not status or one.status in status]
    note = asked.note(one.rests_on_backfill for one in promises)
    if asked.session.format == "json":
        print_json(noted({**asked.clocks, "by": by, "rows": summaries, "promises": listed}, note))
    else:
        asked.introduce()
        _show_promises(asked, summaries, listed if status or detail else None)
        say(asked.session, note)


def _show_promises(asked: Question, summaries: Rows, listed: Rows | None) -> None:
    if asked.session.format == "csv" and listed is None:
        print_rows(asked.session, summaries, _SUMMARY)
    elif asked.session.format == "table":
        print_rows(asked.session, [_in_percent(row) for row in summaries], _SUMMARY)
    if listed is not None:
        print_rows(asked.session, listed, ("account", *PROMISE_COLUMNS))


def _summary_row(summary: PromiseSummary) -> dict[str, Any]:
    rates = {name: getattr(summary, name) for name in _RATES}
    return {
        "key": summary.key, "currency": summary.currency, "count": sum(summary.counts.values()),
        **{str(status): count for status, count in summary.counts.items()},
        "promised": exact(summary.promised, summary.currency),
        "received_in_time": exact(summary.received, summary.currency),
        "received_late": exact(summary.received_late, summary.currency),
        **{name: None if rate is None else str(rate) for name, rate in rates.items()},
    }  # fmt: skip


def _in_percent(row: dict[str, Any]) -> dict[str, Any]:
    return row | {rate: f"{Decimal(row[rate]):.1%}" for rate in _RATES if row[rate] is not None}
