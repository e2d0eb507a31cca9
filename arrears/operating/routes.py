"""What monitoring asks a server: is it alive, is it ready, what has it done?"""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.operating.meters import Meters
from arrears.operating.standing import as_json, readiness

router = APIRouter(include_in_schema=False)


@router.get("/health/live")
async def live() -> Response:
    """That the server answers at all; it looks at nothing."""
    return JSONResponse({"status": "alive"})


@router.get("/health/ready")
def ready(request: Request) -> Response:
    """Whether requests may be sent here: 200, or 503 with what is missing."""
    checks = readiness(book_of(request))
    return JSONResponse(as_json(checks), 503 if any(one.fault for one in checks) else 200)


@router.get("/metrics")
def metrics(request: Request, _: Annotated[User, signed_in("operate")]) -> Response:
    """The meters of this process, and how the book stands, in Prometheus' text format."""
    meters: Meters = request.app.state.meters
    return Response(meters.exposed(), media_type=CONTENT_TYPE_LATEST)
