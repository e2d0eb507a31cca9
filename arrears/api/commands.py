"""What a person may record, one route each: `POST /commands/NAME`, for every request of the catalogue."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Response
from fastapi import Request as HttpRequest

from arrears.access.permissions import COMMANDS, Permission
from arrears.access.sessions import server_key
from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.api.answers import answered, etag
from arrears.api.etags import seen
from arrears.api.idempotency import Key, Recorded
from arrears.api.schemas import PROBLEMS
from arrears.commands.base import Request
from arrears.commands.carrying import carry_out
from arrears.commands.catalogue import CATALOGUE
from arrears.commands.parsing import inlined, parsed
from arrears.telling.recorded import recorded
from arrears.wiring import Book, new_id
from engine.domain.facts.base import Fact

router = APIRouter(tags=["commands"])

BODY_BYTES = 1_000_000
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key", min_length=1, max_length=200,
        description="a fresh text for each request, the same when it is sent again: it is carried out once",
    ),
]  # fmt: skip
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="the ETag of the account as you saw it: refused with 412 where it has changed since",
    ),
]


async def body_of(request: HttpRequest) -> bytes:
    """The body of the request; raises HTTPException (413) where it is too long."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_BYTES:
            raise HTTPException(413, "the body is too long")
    return bytes(body)


Body = Annotated[bytes, Depends(body_of)]


@dataclass(frozen=True)
class Sent:
    """A request as it was sent: who, under which key, and having seen which version."""

    book: Book
    content: bytes
    if_match: str | None
    key: Key | None

    def carry_out(self, command: type[Request]) -> Response:
        """The answer; raises what refuses the request."""
        request = parsed(command, self.content)
        if self.key is None:
            outcome = carry_out(self.book, request, seen(self.if_match))
            return _answer(outcome.facts, outcome.version, request.if_nothing)

        def once() -> Recorded:
            fresh = self.key.new_id if self.key else new_id
            outcome = carry_out(self.book, request, seen(self.if_match), fresh)
            return Recorded(outcome.stream, outcome.after_version, len(outcome.facts))

        content = command.NAME.encode() + b"\0" + self.content
        done, again = self.key.once(self.book.database, content, self.book.clock(), once)
        stored = self.book.store.stream(done.stream, done.after_version)[: done.facts]
        facts = [one.fact for one in stored]
        answer = _answer(facts, done.after_version + done.facts, request.if_nothing)
        if again:
            answer.headers["Idempotent-Replayed"] = "true"
        return answer


def _answer(facts: list[Fact], version: int, if_nothing: str | None) -> Response:
    content: dict[str, Any] = {"recorded": recorded(facts), "already_known": not facts and if_nothing is None}
    if not facts and if_nothing:
        content["nothing"] = if_nothing
    return answered(content, 201 if facts else 200, ETag=etag(version))


def sent_by(
    http: HttpRequest, user: User, body: bytes, if_match: str | None, idempotency_key: str | None
) -> Sent:
    """The request with what its headers say."""
    book = book_of(http).speaking_for(user.name, user.role)
    key = idempotency_key and Key(user.name, idempotency_key, server_key(book.database))
    return Sent(book, body, if_match, key or None)


def _add(command: type[Request]) -> None:
    permission: Permission = COMMANDS[command.NAME]

    def endpoint(
        http: HttpRequest,
        user: Annotated[User, signed_in(permission)],
        body: Body,
        if_match: IfMatch = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        return sent_by(http, user, body, if_match, idempotency_key).carry_out(command)

    summary = (command.__doc__ or "").split(". ")[0]
    router.add_api_route(
        f"/commands/{command.NAME}", endpoint, methods=["POST"], name=command.NAME, status_code=201,
        operation_id=command.NAME.replace("-", "_"), summary=summary.removesuffix("."),
        description=f"{command.__doc__}\n\nNeeds the permission `{permission}`.",
        response_class=Response, responses={**RECORDED, **PROBLEMS},
        openapi_extra={"requestBody": _body_schema(command)},
    )  # fmt: skip


def _body_schema(command: type[Request]) -> dict[str, Any]:
    schema = inlined(command.model_json_schema())
    return {"required": True, "content": {"application/json": {"schema": schema, "example": command.EXAMPLE}}}


RECORDED: dict[int | str, dict[str, Any]] = {
    status: {
        "description": description,
        "headers": {"ETag": {"schema": {"type": "string"}, "description": "the account's version now"}},
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Recorded"}}},
    }
    for status, description in (
        (200, "nothing new: this was recorded before, or there was nothing to record"),
        (201, "the facts that were recorded"),
    )
}

for _command in CATALOGUE.values():
    _add(_command)
