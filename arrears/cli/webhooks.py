"""`arrears webhook …`: which other systems are told what was recorded, and what became of it."""

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from arrears.cli.clocks import say
from arrears.cli.output import console, counted, errors, print_json, print_rows
from arrears.cli.running import progress
from arrears.cli.session import Session, session_of
from arrears.delivery.posting import Answer
from arrears.webhooks import deliveries, subscriptions
from arrears.webhooks.sending import Told, said, send_test, tell
from arrears.webhooks.settings import webhook_settings
from arrears.webhooks.subscriptions import Webhook

NOT_TAKEN = 1

group = typer.Typer(no_args_is_help=True, help="Webhooks: other systems are told what was recorded, signed.")

Id = Annotated[str, typer.Argument(metavar="ID", help="the webhook's id")]
_WEBHOOK = ("id", "url", "topics", "state", "position", "attempts", "trouble", "label")
_DELIVERY = ("position", "topic", "state", "attempts", "status", "trouble", "at")


def register(app: typer.Typer) -> None:
    """Adds the group."""
    group.command("add")(add)
    group.command("list")(list_)
    group.command("remove")(remove)
    group.command("pause")(pause)
    group.command("resume")(resume)
    group.command("deliveries")(list_deliveries)
    group.command("redeliver")(redeliver)
    group.command("test")(test)
    group.command("send")(send)
    app.add_typer(group, name="webhook")


def add(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="where facts are posted to")],
    topic: Annotated[
        list[str] | None, typer.Option("--topic", help="only this kind of facts (may be repeated); else all")
    ] = None,
    label: Annotated[str, typer.Option("--label", help="what it is for")] = "",
    after: Annotated[
        int | None,
        typer.Option("--after", help="the position behind which to begin; else with what is new", min=0),
    ] = None,
) -> None:
    """Tell another system what is recorded from now on. The secret that signs is shown this once.

    \b
    Example: arrears webhook add https://erp.example/hooks --topic PaymentReceived --topic PromiseBroken
    Example: arrears webhook add https://lake.example/in --after 0 --label "everything, from the beginning"
    """
    session, settings = session_of(context), webhook_settings()
    with session.book() as book:
        start = book.store.end if after is None else after
        made, secret = subscriptions.add_webhook(
            book.database, settings.targets, url, topics=topic or (), label=label, after=start, by=book.by,
            at=book.clock(),
        )  # fmt: skip
    if session.format == "json":
        print_json(made.as_json() | {"secret": secret})
    else:
        say(
            session,
            f"{made.id} is told facts behind position {made.position}. Its secret, never shown again:",
        )
        sys.stdout.write(secret + "\n")


def list_(context: typer.Context) -> None:
    """List webhooks: up to where each has been told, and what is wrong with it.

    Example: arrears webhook list
    """
    session = session_of(context)
    with session.book() as book:
        rows = [one.as_json() for one in subscriptions.list_webhooks(book.database)]
    _list(session, "webhooks", rows, _WEBHOOK)


def remove(context: typer.Context, webhook: Id) -> None:
    """Tell a system nothing any more, and forget what it was told.

    Example: arrears webhook remove hook-1f2e3d4c5b6a
    """
    session = session_of(context)
    with session.book() as book:
        removed = subscriptions.remove_webhook(book.database, webhook)
    _answer(session, removed, f"{webhook} is removed.")


def pause(context: typer.Context, webhook: Id) -> None:
    """Tell a system nothing until it is resumed; then it is told what came meanwhile, too.

    Example: arrears webhook pause hook-1f2e3d4c5b6a
    """
    session = session_of(context)
    with session.book() as book:
        paused = subscriptions.pause_webhook(book.database, webhook)
    _answer(session, paused, f"{webhook} is paused at position {paused.position}.")


def resume(context: typer.Context, webhook: Id) -> None:
    """Go on where a webhook was paused, or disabled because it failed for too long.

    Example: arrears webhook resume hook-1f2e3d4c5b6a
    """
    session = session_of(context)
    with session.book() as book:
        resumed = subscriptions.resume_webhook(book.database, webhook)
    _answer(session, resumed, f"{webhook} goes on behind position {resumed.position}.")


def list_deliveries(
    context: typer.Context,
    webhook: Id,
    state: Annotated[
        deliveries.State | None, typer.Option("--state", help="only those that are in it")
    ] = None,
    limit: Annotated[int, typer.Option(help="show so many at most", min=1)] = 100,
) -> None:
    """List what a webhook was told, the latest first, and its dead letters.

    Example: arrears webhook deliveries hook-1f2e3d4c5b6a --state dead
    """
    session = session_of(context)
    with session.book() as book:
        rows = [one.as_json() for one in deliveries.list_deliveries(book.database, webhook, state, limit)]
    _list(session, "deliveries", rows, _DELIVERY)


def redeliver(
    context: typer.Context,
    webhook: Id,
    position: Annotated[
        list[int] | None, typer.Argument(metavar="[POSITION]...", help="by default all dead letters")
    ] = None,
) -> None:
    """Have deliveries sent once more, under their old ids, before anything new; they come out of order.

    \b
    Example: arrears webhook redeliver hook-1f2e3d4c5b6a
    Example: arrears webhook redeliver hook-1f2e3d4c5b6a 812 815
    """
    session = session_of(context)
    with session.book() as book:
        queued = deliveries.redeliver(book.database, webhook, position or None)
    if session.format == "json":
        print_json({"queued": queued})
    else:
        say(session, f"{counted(queued, 'deliveries')} will be sent again with what is sent next.")


def test(context: typer.Context, webhook: Id) -> None:
    """Post a message that is no fact (topic WebhookTest) now, and say what was answered.

    Exits with 1 where it was not taken.

    Example: arrears webhook test hook-1f2e3d4c5b6a
    """
    session, settings = session_of(context), webhook_settings()
    with session.book() as book:
        outcome = send_test(book, settings, webhook)
    is_taken = isinstance(outcome, Answer) and outcome.is_taken
    if session.format == "json":
        print_json({"webhook": webhook, "taken": is_taken, "said": said(outcome)})
    else:
        say(session, f"{webhook} {'took it' if is_taken else 'did not take it'}: {said(outcome)}.")
    if not is_taken:
        raise typer.Exit(NOT_TAKEN)


def send(context: typer.Context) -> None:
    """Tell all webhooks what is new, once. `arrears deliver` does so, too.

    Example: arrears webhook send
    """
    session, settings = session_of(context), webhook_settings()
    bar = progress("facts told", None)
    with session.book() as book, bar:
        told = tell(book, settings, lambda count: bar.advance(bar.task_ids[0], count))
    if session.format == "json":
        print_json({"facts": dict(told.counts), "disabled": told.disabled})
        return
    console().print(told_in_words(told) or "Webhooks: nothing was due.")
    for line in disabled_in_words(told):
        errors().print(line)


def told_in_words(told: Told) -> str:
    """One sentence on what became of facts; empty where there were none."""
    done = [f"{told.counts[what]} {words}" for what, words in _COUNTS.items() if told.counts[what]]
    return f"Webhooks: {', '.join(done)}." if done else ""


_COUNTS = {
    "delivered": "delivered", "to be tried again": "to be tried again",
    "dead": "given up (arrears webhook deliveries ID --state dead)",
}  # fmt: skip


def disabled_in_words(told: Told) -> list[str]:
    """A sentence on each webhook that was disabled."""
    return [f"{one} is disabled now; mend it, then: arrears webhook resume {one}" for one in told.disabled]


def _answer(session: Session, done: Webhook, sentence: str) -> None:
    if session.format == "json":
        print_json(done.as_json())
    else:
        say(session, sentence)


def _list(session: Session, what: str, rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    if session.format == "json":
        print_json({what: rows})
        return
    shown = [row | {"topics": ", ".join(row["topics"]) or "all"} if "topics" in row else row for row in rows]
    print_rows(session, shown, columns)
