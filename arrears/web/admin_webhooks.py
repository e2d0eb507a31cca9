"""Which other systems are told, up to where, and what they did not take."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.web import flash
from arrears.web.errors import as_sentence
from arrears.web.pages import render
from arrears.web.tables import Column
from arrears.webhooks import deliveries, subscriptions
from arrears.webhooks.settings import webhook_settings
from engine.domain.errors import RuleBroken
from engine.domain.facts.catalogue import TOPICS

router = APIRouter()

Operator = Annotated[User, signed_in("operate")]
Text = Annotated[str, Form()]
PATH = "/admin/webhooks"
SHOWN = 100

WEBHOOKS = (
    *(Column("Where"), Column("What for"), Column("Facts"), Column("State")),
    *(Column("Behind", figure=True), Column("Trouble")),
)
DELIVERIES = (
    *(Column("Fact", figure=True), Column("Kind"), Column("State"), Column("Tries", figure=True)),
    *(Column("Answer", figure=True), Column("When"), Column("Trouble")),
)


@router.get(PATH)
def list_webhooks(request: Request, _: Operator) -> Response:
    """All webhooks, and the form for a new one."""
    return _list(request)


def _list(request: Request, problem: str = "", **typed: str) -> Response:
    book = book_of(request)
    return render(
        request, "admin/webhooks.html", 409 if problem else 200, columns=WEBHOOKS,
        webhooks=subscriptions.list_webhooks(book.database), end=book.store.end, problem=problem,
        typed=typed, topics=sorted(TOPICS),
    )  # fmt: skip


@router.post(PATH)
def add(request: Request, user: Operator, url: Text, topics: Text = "", label: Text = "") -> Response:
    """Adds a webhook that is told what is new; its secret is shown on this page and never again."""
    book = book_of(request)
    try:
        added, secret = subscriptions.add_webhook(
            book.database, webhook_settings().targets, url.strip(),
            topics=topics.replace(",", " ").split(), label=label.strip(), after=book.store.end,
            by=user.name, at=book.clock(),
        )  # fmt: skip
    except RuleBroken as broken:
        return _list(request, as_sentence(str(broken)), url=url, topics=topics, label=label)
    return _show(request, added.id, secret)


@router.get(PATH + "/{name}")
def show(request: Request, _: Operator, name: str) -> Response:
    """A webhook and what became of the last facts it was told."""
    return _show(request, name)


def _show(request: Request, name: str, fresh: str = "") -> Response:
    database = book_of(request).database
    with database.connect() as connection:
        webhook = subscriptions.find_webhook(connection, name)
    return render(
        request, "admin/webhook.html", webhook=webhook, fresh=fresh, columns=DELIVERIES,
        deliveries=deliveries.list_deliveries(database, name, limit=SHOWN), end=book_of(request).store.end,
    )  # fmt: skip


@router.post(PATH + "/{name}/pause")
def pause(request: Request, _: Operator, name: str) -> Response:
    """Tells it nothing for now; nothing is lost."""
    subscriptions.pause_webhook(book_of(request).database, name)
    return flash.see_other(f"{PATH}/{name}", "It is told nothing until it is resumed; nothing is lost.")


@router.post(PATH + "/{name}/resume")
def resume(request: Request, _: Operator, name: str) -> Response:
    """Goes on where it was."""
    subscriptions.resume_webhook(book_of(request).database, name)
    return flash.see_other(f"{PATH}/{name}", "It goes on where it was.")


@router.post(PATH + "/{name}/redeliver")
def redeliver(request: Request, _: Operator, name: str) -> Response:
    """Queues all dead letters to be sent once more."""
    count = deliveries.redeliver(book_of(request).database, name, None)
    return flash.see_other(f"{PATH}/{name}", f"{count} dead letters are queued to be sent once more.")


@router.post(PATH + "/{name}/remove")
def remove(request: Request, _: Operator, name: str) -> Response:
    """Forgets the webhook and its deliveries."""
    removed = subscriptions.remove_webhook(book_of(request).database, name)
    return flash.see_other(PATH, f"{removed.url} is told nothing any more.")
