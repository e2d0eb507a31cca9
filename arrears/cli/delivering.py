"""`arrears deliver` and `arrears outbox`: reminders on their way to the debtors, and those that wait."""

from typing import Annotated, Any

import typer

from arrears.cli.bounces import in_words as bounces_in_words
from arrears.cli.delivery_round import Round, check_set_up, go_round
from arrears.cli.operating import MetricsPort, ready_to_run, work_until_stopped
from arrears.cli.output import console, counted, errors, print_json, print_rows
from arrears.cli.running import progress
from arrears.cli.session import Session, session_of
from arrears.cli.webhooks import disabled_in_words, told_in_words
from arrears.delivery import outbox
from arrears.delivery.outbox import Waiting
from arrears.delivery.sending import Tally
from arrears.delivery.settings import DeliverySettings, delivery_settings
from arrears.operating import jobs
from arrears.telling.outbox import outbox_row
from arrears.telling.sentences import clock, short
from arrears.wiring import Book
from projections.accounts import numbers_of

CARRIER_DOWN = 4
OUTCOMES = (
    "delivered", "failed", "to be tried again", "put off", "called off", "without a text",
    "without an address", "over already",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    app.command("deliver")(deliver)
    app.command("outbox")(outbox_)


def deliver(
    context: typer.Context,
    watch: Annotated[bool, typer.Option("--watch", help="go on until stopped (Ctrl-C or SIGTERM)")] = False,
    every: Annotated[
        float | None, typer.Option(help="with --watch: seconds between looks; by default 60", min=0.1)
    ] = None,
    metrics_port: MetricsPort = None,
) -> None:
    """Send the reminders that are due, by the channels that are set up in the environment; read what came
    back about them, and tell webhooks what is new.

    Each is looked at once more before it leaves: what was paid, disputed, held or forbidden meanwhile is
    called off or put off. What fails for a passing reason is tried again later. Several may run on one book.

    \b
    Example: arrears deliver
    Example: arrears deliver --watch --every 30
    """
    session, settings = session_of(context), delivery_settings()
    with session.book() as book:
        check_set_up(book, settings)
        if watch:
            _watch(book, settings, every, metrics_port)
            return
        bar = progress("reminders", None)
        with bar:
            done = go_round(book, settings, lambda count: bar.advance(bar.task_ids[0], count))
        _report(session, book, settings, done)
    if done.down:
        raise typer.Exit(CARRIER_DOWN)


def _watch(book: Book, settings: DeliverySettings, every: float | None, metrics_port: int | None) -> None:
    with ready_to_run(book, metrics_port) as (running, meters):
        every = every or running.deliver_every_seconds
        todo = jobs.outgoing(book, every, settings, meters)
        work_until_stopped(todo, meters, f"sending for {book.shown_url}, every {every:g} s")


def _report(session: Session, book: Book, settings: DeliverySettings, done: Round) -> None:
    at = book.clock()
    left = outbox.sizes(book.database, at, at - settings.within)
    if session.format == "json":
        counts = [
            {"channel": channel, "outcome": outcome, "count": count}
            for (channel, outcome), count in sorted(done.reminders.outcomes.items())
        ]
        print_json({
            "outcomes": counts, "bounces": dict(done.bounces), "calls": dict(done.calls),
            "webhooks": dict(done.told.counts), "down": done.down, "outbox": left,
        })  # fmt: skip
        return
    dialled = ", ".join(f"{count} {what}" for what, count in sorted(done.calls.items()))
    said = [
        reminders_in_words(done.reminders), bounces_in_words(done.bounces), dialled and f"Calls: {dialled}.",
        told_in_words(done.told),
    ]  # fmt: skip
    console().print("\n".join(filter(None, said)) or "Nothing was due.")
    if stale := sum(size.stale for size in left):
        console().print(
            f"{counted(stale, 'reminders')} should have left more than "
            f"{counted(settings.deliver_within_days, 'days')} ago and stay where they are (arrears outbox)."
        )
    for line in [*_down(done), *disabled_in_words(done.told)]:
        errors().print(line)


def reminders_in_words(tally: Tally) -> str:
    """One sentence on what became of reminders; empty where there were none."""
    done = [f"{tally.total(what)} {what}" for what in OUTCOMES if tally.total(what)]
    return f"Reminders: {', '.join(done)}." if done else ""


def _down(done: Round) -> list[str]:
    return [
        f"Bounces cannot be read now: {why}"
        if what == "bounces"
        else f"Nothing more goes by {what} now: {why}"
        for what, why in done.down.items()
    ]


def outbox_(
    context: typer.Context,
    limit: Annotated[int, typer.Option(help="show so many at most", min=1)] = 100,
) -> None:
    """List the reminders that were decided and of which nobody has recorded what became of them.

    A call waits on the worklist instead (arrears report worklist).

    Example: arrears outbox --limit 20
    """
    session, settings = session_of(context), delivery_settings()
    with session.book() as book:
        book.catch_up()
        outbox.catch_up(book.database, book.store.read)
        at = book.clock()
        waiting = outbox.listed(book.database, limit)
        sizes = outbox.sizes(book.database, at, at - settings.within)
        numbers = numbers_of(book.database, [one.account for one in waiting])
    if session.format == "json":
        rows = [outbox_row(one, numbers) for one in waiting]
        print_json({"channels": sizes, "reminders": rows})
        return
    is_stale = {one.contact for one in waiting if one.leaves_at < at - settings.within}
    shown = [_shown(one, numbers, session, one.contact in is_stale) for one in waiting]
    print_rows(session, shown, ("account", "contact", "channel", "leaves", "next try", "attempts", "trouble"))
    if session.format == "table":
        total = sum(size.waiting for size in sizes)
        console().print(f"{counted(total, 'reminders')} in all, {sum(size.due for size in sizes)} due now.")


def _shown(one: Waiting, numbers: dict[str, str], session: Session, is_stale: bool) -> dict[str, Any]:
    return {
        "account": numbers[one.account], "contact": short(one.contact), "channel": one.channel,
        "leaves": clock(one.leaves_at, session.zone), "attempts": one.attempts,
        "next try": "left alone: too old" if is_stale else clock(one.next_try_at, session.zone),
        "trouble": one.trouble,
    }  # fmt: skip
