"""Webhooks over HTTP: the same as `arrears webhook …`, for whoever operates the server."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.api.schemas import PROBLEMS
from arrears.delivery.posting import Answer
from arrears.webhooks import deliveries, subscriptions
from arrears.webhooks.sending import said, send_test
from arrears.webhooks.settings import webhook_settings

router = APIRouter(prefix="/webhooks", tags=["webhooks"], responses=PROBLEMS)

LAST_POSITION = 2**62
Operator = Annotated[User, signed_in("operate")]
Id = Annotated[str, Path(pattern=r"^hook-[0-9a-f]{12}$", description="the webhook's id")]
Position = Annotated[int, Field(ge=1, le=LAST_POSITION)]


class NewWebhook(BaseModel):
    """Where to post facts, and which."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"url": "https://erp.example/hooks", "topics": ["PaymentReceived"], "label": "the ERP"}
        },
    )

    url: Annotated[str, Field(min_length=1, max_length=2000, description="https://HOST/PATH")]
    topics: Annotated[list[str], Field(max_length=100)] = Field(
        default_factory=list, description="only these kinds of facts; none: all"
    )
    label: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    after: int | None = Field(
        default=None, ge=0, le=LAST_POSITION, description="the position to begin behind; else what is new"
    )


class Webhook(BaseModel):
    """A webhook, up to where it has been told, and what is wrong with it."""

    id: str
    url: str
    topics: list[str]
    label: str
    state: subscriptions.State
    position: int
    attempts: int
    next_try_at: datetime | None
    failing_since: datetime | None
    trouble: str | None
    created_at: datetime
    created_by: str


class NewlyMade(Webhook):
    """The webhook with the secret that signs, which is never shown again."""

    secret: str


class Webhooks(BaseModel):
    webhooks: list[Webhook]


class Delivery(BaseModel):
    """What became of the fact at a position of the log."""

    position: int
    message: str
    topic: str
    state: deliveries.State
    attempts: int
    status: int | None
    trouble: str | None
    at: datetime


class Deliveries(BaseModel):
    """The latest first; `next`: what to give as `before` for those before them (none: there are no more)."""

    deliveries: list[Delivery]
    next: int | None


class Again(BaseModel):
    """Which deliveries to send once more; none named: all dead letters."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"positions": [812]}})

    positions: Annotated[list[Position], Field(min_length=1, max_length=1000)] | None = None


class Queued(BaseModel):
    queued: int


class Tested(BaseModel):
    """Whether the message was taken, and what was answered."""

    taken: bool
    said: str


@router.get("", summary="All webhooks", response_model=Webhooks)
def list_webhooks(request: Request, _: Operator) -> dict[str, Any]:
    """Up to where each has been told, and what is wrong with it; never their secrets."""
    found = subscriptions.list_webhooks(book_of(request).database)
    return {"webhooks": [one.as_json() for one in found]}


@router.post("", summary="Add a webhook", status_code=201, response_model=NewlyMade)
def add_webhook(request: Request, user: Operator, new: NewWebhook) -> dict[str, Any]:
    """Tells another system what is recorded from now on, or behind a position; the secret is shown once."""
    book = book_of(request)
    made, secret = subscriptions.add_webhook(
        book.database, webhook_settings().targets, new.url, topics=new.topics, label=new.label,
        after=book.store.end if new.after is None else new.after, by=user.name, at=book.clock(),
    )  # fmt: skip
    return made.as_json() | {"secret": secret}


@router.delete("/{webhook}", summary="Remove a webhook", response_model=Webhook)
def remove_webhook(request: Request, _: Operator, webhook: Id) -> dict[str, Any]:
    """Forgets the webhook, and what it was told."""
    return subscriptions.remove_webhook(book_of(request).database, webhook).as_json()


@router.post("/{webhook}/pause", summary="Pause a webhook", response_model=Webhook)
def pause_webhook(request: Request, _: Operator, webhook: Id) -> dict[str, Any]:
    """Tells it nothing until it is resumed; then it is told what came meanwhile, too."""
    return subscriptions.pause_webhook(book_of(request).database, webhook).as_json()


@router.post("/{webhook}/resume", summary="Resume a webhook", response_model=Webhook)
def resume_webhook(request: Request, _: Operator, webhook: Id) -> dict[str, Any]:
    """Goes on where it was paused, or disabled because it failed for too long."""
    return subscriptions.resume_webhook(book_of(request).database, webhook).as_json()


@router.post("/{webhook}/test", summary="Test a webhook", response_model=Tested)
def try_webhook(request: Request, _: Operator, webhook: Id) -> dict[str, Any]:
    """Posts a message that is no fact (topic `WebhookTest`) now."""
    outcome = send_test(book_of(request), webhook_settings(), webhook)
    return {"taken": isinstance(outcome, Answer) and outcome.is_taken, "said": said(outcome)}


@router.get("/{webhook}/deliveries", summary="What a webhook was told", response_model=Deliveries)
def list_deliveries(
    request: Request,
    _: Operator,
    webhook: Id,
    state: Annotated[deliveries.State | None, Query(description="only those that are in it")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[int | None, Query(ge=1, le=LAST_POSITION)] = None,
) -> dict[str, Any]:
    """What became of each fact, by its position in the log."""
    found = deliveries.list_deliveries(book_of(request).database, webhook, state, limit, before)
    return {
        "deliveries": [one.as_json() for one in found],
        "next": found[-1].position if len(found) == limit else None,
    }


@router.post("/{webhook}/redeliver", summary="Send deliveries again", status_code=202, response_model=Queued)
def redeliver(request: Request, _: Operator, webhook: Id, again: Again) -> dict[str, Any]:
    """Queues them to be sent once more, under their old ids, before anything new. They come out of order."""
    return {"queued": deliveries.redeliver(book_of(request).database, webhook, again.positions)}
