"""Waking the engine: `tick`, `run` and `go-live`; and its tables made anew: `rebuild`."""

import sys
from datetime import datetime
from typing import Annotated, Literal, cast

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from arrears.cli.operating import MetricsPort, ready_to_run, work_until_stopped
from arrears.cli.output import console, counted, errors, print_json
from arrears.cli.sealing import SealKey, signing_key
from arrears.cli.session import Session, parse_date, parse_moment, session_of
from arrears.operating import jobs
from engine.escalation import Tally

OldInvoices = Literal["fresh", "from-step", "as-imported"]

ACTIONS = {
    "InterestCharged": "charges of interest",
    "FeeCharged": "fees charged",
    "InterestAdjusted": "adjustments of interest",
    "ReminderIssued": "reminders issued",
    "CallScheduled": "calls scheduled",
    "ReminderCancelled": "calls taken back",
    "EscalationRaised": "escalations raised",
    "TraceRequested": "traces requested",
    "PlacementProposed": "placements proposed",
    "AccountPlaced": "accounts placed",
    "DebtorDetailsChanged": "segments changed",
    "PromiseKept": "promises kept",
    "PromisePartlyKept": "promises partly kept",
    "PromiseBroken": "promises broken",
    "PromiseWithdrawn": "promises withdrawn as moot",
    "ContactDeferred": "contacts deferred by a limit",
    "StepWithheld": "steps withheld",
    "StepLapsed": "steps lapsed",
    "InvoiceWrittenOff": "remainders of settlements written off",
    "WriteOffReversed": "write-offs of settlements taken back",
    "PlacementRecalled": "placements recalled",
    "DebtorUnreachable": "debtors found unreachable",
    "ApprovalWithdrawn": "requests for approval lapsed",
}


def register(app: typer.Typer) -> None:
    app.command("tick")(tick)
    app.command("run")(run)
    app.command("go-live")(go_live)
    app.command("rebuild")(rebuild)


def progress(description: str, total: int | None) -> Progress:
    """A progress bar on standard error; nothing where that is no terminal."""
    bar = Progress(
        TextColumn(description), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=errors(),
        transient=True, disable=not sys.stderr.isatty(),
    )  # fmt: skip
    bar.add_task(description, total=total)
    return bar


def tick(
    context: typer.Context,
    at: Annotated[
        datetime | None,
        typer.Option(
            parser=parse_moment, help="the moment up to which to act; by default now", metavar="MOMENT"
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask about a moment to come")] = False,
) -> None:
    """Do all that is due up to a moment: reminders, calls, judgements of promises, placements.

    Example: arrears tick --at 2026-03-31T12:00Z
    """
    session = session_of(context)
    with session.book() as book:
        moment = at or book.clock()
        if moment > book.clock():
            _warn_of_the_future(moment, yes)
        bar = progress("accounts looked at", None)
        with bar:
            tally = book.tick(
                moment, played=at is not None, looked_at=lambda n: bar.advance(bar.task_ids[0], n)
            )
        _report(session, tally, book.not_live())


def _warn_of_the_future(moment: datetime, yes: bool) -> None:
    errors().print(f"{moment:%Y-%m-%d %H:%M} UTC is still to come; what is decided now cannot be undone.")
    if not yes and sys.stdin.isatty():
        typer.confirm("Act as though it were that moment?", abort=True, err=True)


def _report(session: Session, tally: Tally, not_live: int) -> None:
    if session.format == "json":
        print_json({
            "at": tally.at.isoformat(), "accounts": tally.accounts,
            "facts": dict(sorted(tally.by_kind.items())), "not_live": not_live,
        })  # fmt: skip
        return
    console().print(summary(tally))
    if not_live:
        console().print(f"{not_live} backfilled accounts are left alone until 'arrears go-live'.")


def summary(tally: Tally) -> str:
    """One sentence on what a wake-up did."""
    done = [counted(tally.by_kind[kind], words) for kind, words in ACTIONS.items() if tally.by_kind[kind]]
    if others := sum(number for kind, number in tally.by_kind.items() if kind not in ACTIONS):
        done.append(counted(others, "decisions besides"))
    what = ", ".join(done) if done else "nothing was due"
    return f"{tally.at:%Y-%m-%d %H:%M} UTC: {what} ({counted(tally.accounts, 'accounts')} looked at)"


def run(
    context: typer.Context,
    every: Annotated[
        float | None, typer.Option(help="seconds between wake-ups; by default 60", min=0.1)
    ] = None,
    key: SealKey = None,
    seal_every: Annotated[
        float | None,
        typer.Option(help="with a key: seconds between checkpoints of what is new; by default 3600", min=0.1),
    ] = None,
    metrics_port: MetricsPort = None,
) -> None:
    """Keep the engine awake until stopped (Ctrl-C or SIGTERM), and log what it does.

    Several may run on one book: they never act twice. With a key the log is sealed, too.

    Example: arrears run --every 60 --key seal.key
    """
    with session_of(context).book() as book, ready_to_run(book, metrics_port) as (settings, meters):
        every = every or settings.wake_every_seconds
        todo = [jobs.wake_up(book, every, meters), jobs.catch_up(book, every)]
        if key is not None:
            todo.append(jobs.sealing(book, seal_every or settings.seal_every_seconds, signing_key(key)))
        work_until_stopped(todo, meters, f"awake on {book.shown_url}, every {every:g} s")


def go_live(
    context: typer.Context,
    on: Annotated[str, typer.Option(help="the first day on which the engine acts", metavar="DATE")],
    invoices: Annotated[
        str,
        typer.Option(
            help="how old invoices enter the ladder: fresh (as though they fell due that day), "
            "from-step STEP, or as-imported (where their imported contacts left them)",
            metavar="fresh|from-step STEP|as-imported",
        ),
    ],
    step: Annotated[str | None, typer.Argument(help="the step, with --invoices from-step")] = None,
    account: Annotated[list[str] | None, typer.Option(help="only this account (may be repeated)")] = None,
) -> None:
    """Let the engine escalate backfilled accounts from a day on.

    Example: arrears go-live --on 2026-04-01 --invoices from-step notice
    """
    session = session_of(context)
    if invoices not in ("fresh", "from-step", "as-imported"):
        raise typer.BadParameter(f"--invoices is '{invoices}': expected fresh, from-step STEP or as-imported")
    if (invoices == "from-step") != (step is not None):
        raise typer.BadParameter("a step is named with --invoices from-step, and only then")
    with session.book() as book:
        live = book.go_live(parse_date(on), cast("OldInvoices", invoices), step, account or None)
    if session.format == "json":
        print_json({"live": live})
    else:
        entering = " ".join(filter(None, (invoices, step)))
        console().print(f"{live} accounts are live from {on}; old invoices enter {entering}.")


def rebuild(context: typer.Context) -> None:
    """Make all tables anew from the log, page by page. It changes no fact, and may run beside the engine.

    Example: arrears rebuild
    """
    session = session_of(context)
    bar = progress("facts", None)
    with session.book() as book, bar:
        folded = book.rebuild(lambda count: bar.advance(bar.task_ids[0], count))
    if session.format == "json":
        print_json({"facts": folded})
    else:
        console().print(f"All tables were made anew from {counted(folded, 'facts')}.")
