"""Errors as problem details (RFC 9457): what becomes of each fault at the edge of the API."""

import logging
from typing import Any
from uuid import uuid4

from eventsourcing.persistence import PersistenceError
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DatabaseError, OperationalError
from starlette.exceptions import HTTPException

from arrears.access.faults import (
    FormStale,
    LogInFailed,
    NotAllowed,
    NotSignedIn,
    PasswordTooLong,
    PasswordTooShort,
    TokenUnknown,
    TooManyLogIns,
    UserNameUnfit,
    UserUnknown,
)
from arrears.api.answers import as_json
from arrears.api.files import FileRefused
from arrears.api.idempotency import KeyReused, StillUnderWay
from arrears.casework.attachments import EmptyFile
from arrears.commands.base import RequestUnfit
from arrears.commands.carrying import VersionDiffers
from arrears.commands.parsing import BodyUnfit, errors_of
from arrears.delivery.signatures import SignatureWrong
from arrears.delivery.targets import TargetUnfit
from arrears.delivery.templates import TextFaulty, UnknownLanguage, UnknownTemplate
from arrears.telling.explain import FactUnknown
from arrears.telling.figures import PartsOverlap, VariantUnknown
from arrears.telling.policies import UnknownProfile
from arrears.webhooks.faults import DeliveryUnknown, TopicUnknown, WebhookUnknown
from arrears.working.background import WorkUnknown
from engine.attachments import TooLarge
from engine.domain.errors import AccountUnknown, AttachmentUnknown, RuleBroken
from engine.domain.money import TooPrecise, UnknownCurrency
from engine.encryption.faults import KeyFault, NotEncrypted
from engine.sealing.faults import CheckpointUnknown
from engine.store import Conflict
from policies.book import NoPolicy, UnknownPolicy
from policies.document import PolicyInvalid
from policies.payment_terms import UnknownTerms

log = logging.getLogger("arrears.api")
MEDIA_TYPE = "application/problem+json"

STATUSES: dict[type[Exception], int] = {
    NotSignedIn: 401,
    LogInFailed: 401,
    SignatureWrong: 401,
    NotAllowed: 403,
    FormStale: 403,
    TooManyLogIns: 429,
    VersionDiffers: 412,
    KeyReused: 422,
    StillUnderWay: 409,
    AccountUnknown: 404,
    FactUnknown: 404,
    UnknownProfile: 404,
    VariantUnknown: 422,
    PartsOverlap: 422,
    UnknownPolicy: 404,
    UserUnknown: 404,
    TokenUnknown: 404,
    WorkUnknown: 404,
    AttachmentUnknown: 404,
    CheckpointUnknown: 404,
    UserNameUnfit: 422,
    PasswordTooShort: 422,
    PasswordTooLong: 422,
    EmptyFile: 422,
    FileRefused: 422,
    TooLarge: 413,
    NotEncrypted: 409,
    WebhookUnknown: 404,
    DeliveryUnknown: 404,
    TargetUnfit: 422,
    TopicUnknown: 422,
    RuleBroken: 409,
    NoPolicy: 409,
    RequestUnfit: 422,
    TooPrecise: 422,
    UnknownCurrency: 422,
    UnknownTerms: 422,
    PolicyInvalid: 422,
    UnknownTemplate: 422,
    TextFaulty: 409,
    UnknownLanguage: 422,
    RequestValidationError: 422,
    Conflict: 503,
    OperationalError: 503,
    PersistenceError: 503,
    DatabaseError: 503,
    KeyFault: 503,
}
"""The status of each fault; the first that fits, as the exit codes of the command line are found."""

RETRY_SECONDS = 1
UNAVAILABLE = "the book cannot be reached for now"


def install(app: FastAPI) -> None:
    """Has the application answer faults with problem details."""
    for fault in STATUSES:
        app.add_exception_handler(fault, answer)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _failed)


def answer(request: Request, fault: Exception) -> JSONResponse:
    """The answer to a request that failed: the rule that was broken, in a sentence and with its data."""
    status = status_of(fault)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if status == 503:
        log.warning("unavailable: %s", type(fault).__name__, exc_info=fault)
        headers["Retry-After"] = str(RETRY_SECONDS)
    if isinstance(fault, TooManyLogIns):
        headers["Retry-After"] = str(fault.data["retry_after_seconds"])
    content = described(fault) | {"instance": request.url.path}
    return _response(content, headers)


def _response(content: dict[str, Any], headers: dict[str, str]) -> JSONResponse:
    return JSONResponse(as_json(content), content["status"], headers, media_type=MEDIA_TYPE)


def status_of(fault: Exception) -> int:
    """The HTTP status of a fault."""
    return next(status for kind, status in STATUSES.items() if isinstance(fault, kind))


def described(fault: Exception) -> dict[str, Any]:
    """The fault as a problem: `title` is the name of the broken rule, `data` what it was judged on."""
    if isinstance(fault, RequestValidationError):
        fault = BodyUnfit(errors_of(fault.errors()))
    problem = {
        "type": "about:blank", "title": type(fault).__name__, "status": status_of(fault),
        "detail": _sentence(fault), "data": fault.data if isinstance(fault, RuleBroken) else {},
    }  # fmt: skip
    return problem | ({"errors": fault.errors} if isinstance(fault, BodyUnfit) else {})


def _sentence(fault: Exception) -> str:
    if isinstance(fault, Conflict):
        return "others kept changing the same accounts; try again"
    return UNAVAILABLE if status_of(fault) == 503 else str(fault)


def _http(request: Request, fault: Exception) -> JSONResponse:
    assert isinstance(fault, HTTPException)
    content = {
        "type": "about:blank", "title": str(fault.detail).title().replace(" ", ""),
        "status": fault.status_code, "detail": str(fault.detail), "data": {}, "instance": request.url.path,
    }  # fmt: skip
    return _response(content, dict(fault.headers or {}))


def _failed(request: Request, fault: Exception) -> JSONResponse:
    reference = uuid4().hex[:8]
    log.error("request failed: %s %s", request.method, reference, exc_info=fault)
    content = {
        "type": "about:blank", "title": "Failed", "status": 500, "data": {"reference": reference},
        "detail": f"it is our fault, not yours; it is in the log under {reference}",
        "instance": request.url.path,
    }  # fmt: skip
    return _response(content, {})
