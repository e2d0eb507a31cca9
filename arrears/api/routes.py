"""All routes of the API, under `/api/v1`."""

from typing import Annotated, Any

from fastapi import APIRouter

from arrears.access.users import User
from arrears.access.web import signed_in

PREFIX = "/api/v1"

router = APIRouter(prefix=PREFIX)


@router.get("/me", summary="Who you are")
def me(user: Annotated[User, signed_in("read")]) -> dict[str, Any]:
    """The user whose token or session was sent, and its role."""
    return user.as_json()
