"""What providers post back: text messages that arrived or did not, calls that were made, bounced mails.

Nobody signs in here: each body is signed with the secret of its provider, as what we post to it is.
"""

from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, ValidationError

from arrears.access.web import book_of
from arrears.api.commands import Body
from arrears.api.schemas import PROBLEMS
from arrears.commands.base import At, NotYet
from arrears.commands.parsing import BodyUnfit, errors_of, inlined
from arrears.delivery import dialler
from arrears.delivery.bounces import take_bounce, take_in
from arrears.delivery.gateway import contact_of_gateway
from arrears.delivery.mail import contact_of
from arrears.delivery.opting_out import opt_out
from arrears.delivery.reports import Bounce, is_permanent
from arrears.delivery.sending import record
from arrears.delivery.settings import DeliverySettings, delivery_settings
from arrears.delivery.signatures import check
from arrears.wiring import Book
from engine.accounts import Stamp
from engine.domain.facts.contacts import CallOutcome

router = APIRouter(prefix="/callbacks", tags=["callbacks"])

SMS = "the text message provider"
MAIL = "message/rfc822"
_IDS = r"^contact-[0-9a-f-]{36}_account-[0-9a-f-]{36}$"
Said = Annotated[str, StringConstraints(max_length=1000, pattern=r"^[^\x00]*$")]


class Callback(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


Given = TypeVar("Given", bound=Callback)


class SmsStatus(Callback):
    """What became of a text message. `id` is the one it was posted under."""

    id: Annotated[str, Field(pattern=_IDS)]
    status: Literal["delivered", "failed", "opted_out"]
    permanent: bool = Field(default=True, description="failed: nobody can be reached at the number")
    reason: Said = ""


class CallStatus(Callback):
    """How a call that was pushed ended. `id` is the one it was pushed under."""

    id: Annotated[str, Field(pattern=_IDS)]
    attempt: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(
        description="the dialler's own name for this attempt: it is recorded once"
    )
    outcome: CallOutcome
    called_at: At
    note: Said | None = None


class MailStatus(Callback):
    """An e-mail that came back. A report of non-delivery (RFC 3464) may be posted as it is instead."""

    message_id: Annotated[str, StringConstraints(max_length=1000)]
    status: Annotated[str, Field(pattern=r"^[45]\.[0-9]{1,3}\.[0-9]{1,3}$", description="RFC 3463")]
    reason: Said = ""


_ID = "contact-8f14e45f-ceea-467f-a9b3-2f1c7d9e0b11_account-6512bd43-d9ca-46e0-8a1c-5d7f0e9b2c33"
_EXAMPLES: dict[type[Callback], dict[str, Any]] = {
    SmsStatus: {"id": _ID, "status": "failed", "permanent": True, "reason": "unknown subscriber"},
    CallStatus: {
        "id": _ID, "attempt": "a-1", "outcome": "no_answer", "called_at": "2026-05-12T10:30:00+02:00",
    },
    MailStatus: {"message_id": "<contact-….account-…@creditor.example>", "status": "5.1.1"},
}  # fmt: skip


def _described(model: type[Callback], **others: Any) -> dict[str, Any]:
    """How the route stands in the document: signed by headers, not by a token."""
    headers = [
        {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "description": what}
        for name, what in (
            ("webhook-id", "the same when it is posted again"),
            ("webhook-timestamp", "seconds since 1970, now"),
            ("webhook-signature", "as Standard Webhooks has it, under the secret of the provider"),
        )
    ]
    schema = {"schema": inlined(model.model_json_schema()), "example": _EXAMPLES[model]}
    content = {"application/json": schema, **others}
    return {"security": [], "parameters": headers, "requestBody": {"required": True, "content": content}}


class Taken(BaseModel):
    """Whether anything was recorded; not again where it was before."""

    recorded: bool


@router.post("/sms", summary="What became of a text message", response_model=Taken, responses=PROBLEMS,
             openapi_extra=_described(SmsStatus))  # fmt: skip
def sms(request: Request, body: Body) -> dict[str, Any]:
    """A failure is recorded after the delivery, and `opted_out` that the debtor refuses text messages."""
    book, settings = book_of(request), delivery_settings()
    _check(request, settings.sms_secret, body)
    said = _parsed(SmsStatus, body)
    contact, account = contact_of_gateway(said.id)
    stamp = Stamp(SMS, book.clock())
    if said.status == "opted_out":
        return _taken(book, opt_out(book.engine, account, "sms", stamp))
    failed = {"reason": said.reason or None, "permanent": said.permanent}
    given = {"delivered": True, "reference": said.id} if said.status == "delivered" else failed
    return _taken(book, record(book.engine, account, contact, stamp, **{"delivered": False} | given))


@router.post("/calls", summary="How a call ended", response_model=Taken, responses=PROBLEMS,
             openapi_extra=_described(CallStatus))  # fmt: skip
def calls(request: Request, body: Body) -> dict[str, Any]:
    """Records the call, which takes it off the worklist."""
    book, settings = book_of(request), delivery_settings()
    _check(request, settings.call_secret, body)
    said, now = _parsed(CallStatus, body), book.clock()
    if said.called_at > now:
        raise NotYet(f"{said.called_at:%Y-%m-%dT%H:%MZ}", f"it is {now:%Y-%m-%dT%H:%MZ}")
    contact, account = contact_of_gateway(said.id)
    return _taken(book, dialler.record_outcome(
        book.engine, account, contact, said.attempt, said.outcome, said.called_at, said.note, now
    ))  # fmt: skip


@router.post("/bounces", summary="An e-mail that came back", response_model=Taken, responses=PROBLEMS,
             openapi_extra=_described(MailStatus, **{MAIL: {"schema": {"type": "string"}}}))  # fmt: skip
def bounces(request: Request, body: Body) -> dict[str, Any]:
    """Takes a report of non-delivery, or what it says in JSON; what is about none of ours is passed over."""
    book, settings = book_of(request), delivery_settings()
    _check(request, settings.bounces_secret, body)
    outcome = _bounced(book, settings, request.headers.get("content-type", ""), body)
    book.catch_up()
    return {"recorded": outcome in ("bounced", "opted out")}


def _bounced(book: Book, settings: DeliverySettings, kind: str, body: bytes) -> str:
    if kind.partition(";")[0].strip().lower() == MAIL:
        return take_in(book.engine, settings, body, book.clock())
    said = _parsed(MailStatus, body)
    named = contact_of(said.message_id)
    if named is None:
        return "not ours"
    reason = " ".join(filter(None, (said.status, said.reason)))
    return take_bounce(book.engine, Bounce(*named, is_permanent(said.status), reason), book.clock())


def _check(request: Request, secret: SecretStr | None, body: bytes) -> None:
    """Raises HTTPException (404) where no such provider is set up, SignatureWrong."""
    if secret is None:
        raise HTTPException(404, "no such provider is set up")
    check(secret.get_secret_value(), request.headers, body, book_of(request).clock())


def _parsed(model: type[Given], body: bytes) -> Given:
    try:
        return model.model_validate_json(body)
    except ValidationError as wrong:
        raise BodyUnfit(errors_of(wrong.errors(include_url=False))) from None


def _taken(book: Book, facts: list[Any]) -> dict[str, Any]:
    book.catch_up()
    return {"recorded": bool(facts)}
