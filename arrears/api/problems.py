"""Errors as problem details (RFC 9457): what became of each fault at the edge of the API."""

from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

from arrears.access.faults import FormStale, LogInFailed, NotAllowed, NotSignedIn, TooManyLogIns
from engine.domain.errors import RuleBroken

STATUSES: dict[type[Exception], int] = {
    NotSignedIn: 401,
    LogInFailed: 401,
    NotAllowed: 403,
    FormStale: 403,
    TooManyLogIns: 429,
    RuleBroken: 422,
}
"""The status of each fault; the first that fits."""


def problem(request: Request, fault: Exception) -> JSONResponse:
    """The answer to a request that failed: the rule that was broken, in a sentence and with its data."""
    status = next(status for kind, status in STATUSES.items() if isinstance(fault, kind))
    data: dict[str, Any] = fault.data if isinstance(fault, RuleBroken) else {}
    content = {
        "type": "about:blank", "title": type(fault).__name__, "status": status, "detail": str(fault),
        "instance": request.url.path, "data": data,
    }  # fmt: skip
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if isinstance(fault, TooManyLogIns):
        headers["Retry-After"] = str(data["retry_after_seconds"])
    return JSONResponse(content, status, headers, media_type="application/problem+json")
