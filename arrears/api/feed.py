"""The feed of facts: by pages, waiting for news (long-poll), and as server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from sse_starlette import EventSourceResponse, ServerSentEvent

from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.api.answers import answered, dumped
from arrears.api.schemas import PROBLEMS
from arrears.telling.feed import Page, read_feed
from arrears.wiring import Book

router = APIRouter(tags=["facts"])

LOOK_EVERY_SECONDS = 0.25
MOST_SECONDS, MOST_STREAM_SECONDS = 60, 300
LAST_POSITION = 2**62

After = Annotated[int, Query(ge=0, le=LAST_POSITION, description="the position behind which to read")]
Topics = Annotated[list[str] | None, Query(description="only these kinds of facts; repeatable")]
_PAGE: dict[int | str, dict[str, Any]] = PROBLEMS | {
    200: {
        "description": "facts in the order of the log, and `next`: the position to go on from",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/FactPage"}}},
    }
}
_EVENTS: dict[int | str, dict[str, Any]] = PROBLEMS | {
    200: {
        "description": "server-sent events",
        "content": {"text/event-stream": {"schema": {"$ref": "#/components/schemas/Event"}}},
    }
}


@router.get("/facts", summary="The facts behind a position", response_class=Response, responses=_PAGE)
async def facts(
    request: Request,
    _: Annotated[User, signed_in("read-log")],
    after: After = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    topic: Topics = None,
    wait_seconds: Annotated[
        float, Query(ge=0, le=MOST_SECONDS, description="how long to wait where there is nothing new")
    ] = 0,
) -> Response:
    """Every fact of the book once, in the order of the log. Ask again with `after` set to `next`.

    Numbers of positions may be left out, which means nothing. What was erased shows as erased.
    """
    book, until = book_of(request), monotonic() + wait_seconds
    while True:
        page = await run_in_threadpool(read_feed, book, after, limit, topic or ())
        if page.facts or monotonic() >= until or await request.is_disconnected():
            return answered(page.as_json())
        after = page.next
        await _news(book, after, until)


async def _news(book: Book, after: int, until: float) -> None:
    """Returns when the log has grown beyond a position, or when the time is over."""
    while monotonic() < until and await run_in_threadpool(lambda: book.store.end) <= after:
        await asyncio.sleep(min(LOOK_EVERY_SECONDS, max(0, until - monotonic())))


@router.get(
    "/facts/stream", summary="The facts as they come", response_class=EventSourceResponse, responses=_EVENTS
)
async def stream(
    request: Request,
    _: Annotated[User, signed_in("read-log")],
    after: After = 0,
    topic: Topics = None,
    wait_seconds: Annotated[
        float, Query(ge=0, le=MOST_STREAM_SECONDS, description="how long the stream stays open")
    ] = MOST_STREAM_SECONDS,
    last_event_id: Annotated[
        str | None, Header(description="the last position that was read: goes before `after`")
    ] = None,
) -> EventSourceResponse:
    """One event for each fact: its id is the position, its name the topic, its data the fact.

    The stream ends after five minutes at most; a browser opens it again by itself, where it left off, and is
    then asked anew whether it may.
    """
    has_id = last_event_id is not None and last_event_id.isdecimal()
    start = int(last_event_id or 0) if has_id else after
    events = _events(book_of(request), min(start, LAST_POSITION), topic or [], monotonic() + wait_seconds)
    return EventSourceResponse(events, ping=15)


async def _events(book: Book, after: int, topics: list[str], until: float) -> AsyncIterator[ServerSentEvent]:
    while True:
        page: Page = await run_in_threadpool(read_feed, book, after, 200, topics)
        for fact in page.facts:
            yield ServerSentEvent(dumped(fact).decode(), event=fact["topic"], id=str(fact["position"]))
        if monotonic() >= until:
            return
        if page.next == after:
            await _news(book, after, until)
        after = page.next
