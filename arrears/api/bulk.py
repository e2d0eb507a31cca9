"""Many commands in one request: a stream of lines of JSON (NDJSON), `{"command": "pay", "account": …}`."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, HTTPException, Query, Response
from fastapi import Request as HttpRequest
from fastapi.concurrency import run_in_threadpool

from arrears.access.faults import NotAllowed
from arrears.access.permissions import COMMANDS
from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.api.answers import answered
from arrears.api.problems import described
from arrears.api.schemas import PROBLEMS
from arrears.commands.base import Request, RequestUnfit
from arrears.commands.carrying import carry_out_all
from arrears.commands.catalogue import CATALOGUE
from arrears.commands.parsing import parsed
from arrears.wiring import Book

router = APIRouter(tags=["commands"])

LINES_AT_ONCE = 500
LINES_AS_ONE = 20_000
LINE_BYTES = 1_000_000
REFUSALS_TOLD = 1_000

_EXAMPLE = (
    '{"command": "invoice", "account": "ACME", "invoice": "INV-7", "amount": "120.00", "currency": "EUR",'
    ' "issued_on": "2026-03-01", "due_on": "2026-03-31"}\n'
    '{"command": "pay", "account": "ACME", "payment": "PAY-7", "amount": "120.00", "currency": "EUR",'
    ' "received_on": "2026-04-02"}\n'
)
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/x-ndjson": {"schema": {"type": "string"}, "example": _EXAMPLE}},
    }
}


_TALLY = {"application/json": {"schema": {"$ref": "#/components/schemas/Tally"}}}
_TALLIES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "what became of the lines, and the problem of each that was refused",
        "content": _TALLY,
    },
    409: {"description": "all or nothing, and a line was refused: nothing was stored", "content": _TALLY},
}


class UnknownCommand(RequestUnfit):
    """A line that names no request of the catalogue."""

    def __init__(self, name: object) -> None:
        super().__init__(f"there is no command '{name}'; there are: {', '.join(CATALOGUE)}")


class NoJson(RequestUnfit):
    """A line that is no JSON object."""

    def __init__(self) -> None:
        super().__init__('expected one JSON object a line, such as {"command": "note", "account": "ACME", …}')


@dataclass
class Tally:
    """What has become of the lines so far."""

    lines: int = 0
    carried_out: int = 0
    already_known: int = 0
    facts: int = 0
    refused: int = 0
    problems: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, line: int, fault: Exception) -> None:
        """Notes that a line was refused, and why."""
        self.refused += 1
        if len(self.problems) < REFUSALS_TOLD:
            self.problems.append({"line": line, **described(fault)})

    def as_json(self) -> dict[str, Any]:
        return {
            "lines": self.lines, "carried_out": self.carried_out, "already_known": self.already_known,
            "facts": self.facts, "refused": self.refused, "problems": self.problems,
        }  # fmt: skip


Numbered = list[tuple[int, bytes]]


@router.post(
    "/commands", summary="Record many things", response_class=Response, openapi_extra=_BODY,
    responses=PROBLEMS | _TALLIES,
)  # fmt: skip
async def record_many(
    http: HttpRequest,
    user: Annotated[User, signed_in("read")],
    all_or_nothing: Annotated[
        bool, Query(description="store nothing where a line is refused (at most 20,000 lines)")
    ] = False,
) -> Response:
    """Carries out one command a line, in order, a page of lines in one transaction.

    A refused line is told and left out; the others are stored, and what was stored before is `already_known`:
    a stream that broke off can be sent again. Each line needs the permission of its command.
    """
    book, tally = book_of(http).speaking_for(user.name, user.role), Tally()
    size = LINES_AS_ONE if all_or_nothing else LINES_AT_ONCE
    async for page in _pages(http, size):
        if all_or_nothing and tally.lines:
            raise HTTPException(413, f"at most {LINES_AS_ONE} lines are stored as one")
        await run_in_threadpool(_carry_out, book, user, page, tally, not all_or_nothing)
    return answered(tally.as_json(), 409 if all_or_nothing and tally.refused else 200)


async def _pages(http: HttpRequest, size: int) -> AsyncIterator[Numbered]:
    """The lines that are not empty, with their numbers, so many at once."""
    page: Numbered = []
    number, rest = 0, b""
    async for piece in http.stream():
        *lines, rest = (rest + piece).split(b"\n")
        if len(rest) > LINE_BYTES:
            raise HTTPException(413, "a line is too long")
        for line in lines:
            number += 1
            if line.strip():
                page.append((number, line))
            if len(page) >= size:
                yield page
                page = []
    if rest.strip():
        page.append((number + 1, rest))
    if page:
        yield page


def _carry_out(book: Book, user: User, page: Numbered, tally: Tally, skip_refused: bool) -> None:
    """Carries out a page in one transaction and counts what became of it."""
    requests: list[tuple[int, Request]] = []
    refused_before = tally.refused
    for number, line in page:
        tally.lines += 1
        try:
            requests.append((number, _request(line, user)))
        except (RequestUnfit, NotAllowed) as fault:
            tally.refuse(number, fault)
    if skip_refused or tally.refused == refused_before:
        _store(book, requests, tally, skip_refused)


def _request(line: bytes, user: User) -> Request:
    """The request of a line; raises RequestUnfit, NotAllowed."""
    try:
        given = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise NoJson from None
    if not isinstance(given, dict):
        raise NoJson
    name = given.pop("command", None)
    if not isinstance(name, str) or name not in CATALOGUE:
        raise UnknownCommand(name)
    if not user.may(COMMANDS[name]):
        raise NotAllowed(role=user.role, permission=COMMANDS[name])
    return parsed(CATALOGUE[name], orjson.dumps(given))


def _store(book: Book, requests: list[tuple[int, Request]], tally: Tally, skip_refused: bool) -> None:
    results, is_stored = carry_out_all(book, [request for _, request in requests], skip_refused)
    for (number, _), result in zip(requests, results, strict=True):
        if isinstance(result, Exception):
            tally.refuse(number, result)
        elif is_stored:
            tally.facts += len(result)
            tally.carried_out += bool(result)
            tally.already_known += not result
