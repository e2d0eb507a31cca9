"""What is logged and counted of each request: by its route, never by the path, which may name a debtor."""

import re
from time import perf_counter
from typing import Any
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from arrears.logs import ABOUT, logger
from arrears.operating.meters import Meters
from arrears.wiring import Book

HEADER = b"x-request-id"
_GIVEN = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_QUIET = frozenset({"/health/live", "/health/ready", "/metrics", "/static"})
log = logger("arrears.requests")


class Watched:
    """The application, each of whose answers is logged under an id, which the answer carries, and counted."""

    def __init__(self, app: ASGIApp, book: Book, meters: Meters) -> None:
        self.app, self.book, self.meters = app, book, meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _id_of(scope)
        about: dict[str, Any] = {"request": request_id.decode()}
        status, began = 500, perf_counter()

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (HEADER, request_id)]
            await send(message)

        token = ABOUT.set(about)
        try:
            await self.app(scope, receive, sending)
        finally:
            self._note(scope, about, status, perf_counter() - began)
            ABOUT.reset(token)

    def _note(self, scope: Scope, about: dict[str, Any], status: int, seconds: float) -> None:
        route = _route_of(scope)
        self.meters.requests.labels(scope["method"], route, str(status)).observe(seconds)
        if rule := about.get("refused"):
            self.meters.refusals.labels(rule).inc()
        if limit := about.get("limit"):
            self.meters.limits.labels(limit, "refused").inc()
        if route in _QUIET and status < 400:
            return
        number = scope.get("path_params", {}).get("number")
        if number is not None and "account" not in about:
            about["account"] = self.book.engine.account_ids([number])[number]
        log.info("answered", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 1))


def _id_of(scope: Scope) -> bytes:
    """The id that a proxy gave the request, where it looks like one; else a fresh one."""
    given = next((value for name, value in scope["headers"] if name == HEADER), b"")
    return given if _GIVEN.fullmatch(given) else uuid4().hex[:16].encode()


def _route_of(scope: Scope) -> str:
    """The route as it is declared, such as `/accounts/{number}`; `none` where there was none."""
    route = scope.get("route")
    path = getattr(route, "path", None)
    if path is None:
        return "/static" if scope.get("root_path", "").endswith("/static") else "none"
    mounted = scope.get("root_path", "").removesuffix("/")
    return f"{mounted}{path}"
