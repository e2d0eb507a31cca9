"""Audit: facts of the whole book, found by kind, account, who recorded them, dates, and what they name."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, HTTPException, Request, Response
from sqlalchemy import Connection

from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.casework.directory import Who
from arrears.telling.naming import names
from arrears.web.account_paths import account_path, directory_of, meant
from arrears.web.clocks import day_asked, known_asked
from arrears.web.pages import render
from arrears.web.tables import Column
from arrears.web.timeline import KINDS, Told, before_of, told
from arrears.wiring import Book
from engine.application import ACCOUNT_PREFIX
from engine.domain.facts import people, policy
from engine.domain.facts.base import TOPICS
from engine.sealing.standing import Sealing, checkpoint_ends, sealings
from projections.audit import LOOKED_AT, Found, Place, Sought, Span, find_facts
from projections.clocks import start_of
from projections.connection import reading
from projections.naming import find_named

router = APIRouter()

PAGE = 50
MOST_ACCOUNTS = 20
DECIDED = {"engine": True, "people": False}
COLUMNS = (
    *(Column("Place", figure=True), Column("Account"), Column("What"), Column("Known"), Column("Recorded")),
    *(Column("Happened"), Column("By"), Column("Seal")),
)
FIELDS = (
    *("topic", "account", "by", "decided", "named", "known_from", "known_to"),
    *("recorded_from", "recorded_to", "happened_from", "happened_to"),
)


@dataclass(frozen=True)
class Line:
    """A fact of the page: what it says, whose it is, and how it stands to its seal."""

    told: Told
    who: Who | None
    path: str | None
    sealing: Sealing | None
    checkpoint: int | None


@router.get("/audit")
def audit_page(request: Request, _: Annotated[User, signed_in("read-log")]) -> Response:
    """The facts that were looked for, the latest first."""
    book = book_of(request)
    book.catch_up()
    asked = {name: request.query_params.get(name, "").strip() for name in FIELDS}
    before = before_of(request)
    sought = _sought(request, asked)
    with reading(book.database) as connection:
        found = _found(connection, book, sought, asked["named"], before)
    return render(
        request, "accounts/audit.html", asked=asked, columns=COLUMNS, before=found.before,
        topics=TOPIC_GROUPS, from_start=before is None,
        lines=_lines(request, book, found.facts, "seals" in request.query_params),
    )  # fmt: skip


def _sought(request: Request, asked: dict[str, str]) -> Sought:
    """What is to be found; raises HTTPException where a date or an account makes no sense."""

    def span(name: str) -> Span:
        since = known_asked(request, f"{name}_from", start_of)
        return Span(since, known_asked(request, f"{name}_to"))

    topic = asked["topic"]
    if topic and topic not in TOPICS:
        raise HTTPException(422, f"topic: there is no kind of fact '{topic}'.")
    return Sought(
        account=meant(request, asked["account"]).stream if asked["account"] else None,
        topics=(topic,) if topic else (), by=asked["by"] or None, decided=DECIDED.get(asked["decided"]),
        happened_on=Span(day_asked(request, "happened_from"), day_asked(request, "happened_to")),
        known_at=span("known"), recorded_at=span("recorded"),
    )  # fmt: skip


def _found(connection: Connection, book: Book, sought: Sought, named: str, before: int | None) -> Found:
    """A page of what is sought; of those that name something, on the accounts on which it has that name."""
    if not named:
        return find_facts(connection, sought, PAGE, before)
    called = dict.fromkeys(one.account for one in find_named(connection, named))
    streams = [one for one in called if sought.account in (None, one)][:MOST_ACCOUNTS]
    places: list[Place] = []
    for stream in streams:
        places += _naming(connection, book, sought, stream, named, before)
    places.sort(key=lambda one: one.position, reverse=True)
    page = places[:PAGE]
    return Found(page, page[-1].position if len(places) > PAGE else None)


def _naming(
    connection: Connection, book: Book, sought: Sought, stream: str, named: str, before: int | None
) -> list[Place]:
    """The facts of one account that name it."""
    versions = {one.version for one in book.store.stream(stream) if names(one.fact, named)}
    found = find_facts(connection, replace(sought, account=stream), LOOKED_AT, before)
    return [one for one in found.facts if one.version in versions]


def _lines(request: Request, book: Book, places: Sequence[Place], compared: bool) -> list[Line]:
    """`compared`: the stored bytes of each with the hash that was kept when it was sealed."""
    accounts = {one.account for one in places if one.account.startswith(ACCOUNT_PREFIX)}
    who = directory_of(request).who(accounts)
    covering = checkpoint_ends(book.store)
    seals = sealings(book.store, [one.position for one in places]) if compared else {}
    return [
        _line(one, who.get(one.place.account), seals.get(one.place.position), covering)
        for one in told(book, places)
    ]


def _line(one: Told, who: Who | None, sealing: Sealing | None, covering: Sequence[tuple[int, int]]) -> Line:
    """The checkpoint is the first that ends at the fact or behind it."""
    path = account_path(one.place.account, who) if who else None
    ends = (number for number, position in covering if position >= one.place.position)
    return Line(one, who, path, sealing, next(ends, None))


TOPIC_GROUPS = [
    (title, sorted(topic for topic, fact in TOPICS.items() if fact.__module__ == module.__name__))
    for title, module in (*KINDS.values(), ("Persons", people), ("Book and policies", policy))
]
"""The kinds of facts to choose from, in groups."""
