"""Exceptions: what waits for a person because it will not happen of itself, and where to set it right."""

from collections import Counter
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Request, Response

from arrears.access.permissions import COMMANDS
from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.casework.lookout import Lookout
from arrears.casework.telling import exception_row
from arrears.web.forms import account_path, command_path
from arrears.web.pages import render
from arrears.web.tables import Column, listing
from projections.exceptions import Exceptional, ExceptionKind, readable

router = APIRouter()

Reader = Annotated[User, signed_in("read")]
COLUMNS = (Column("Account"), Column("What"), Column("Days", figure=True), Column("Set it right"))
TITLES: dict[ExceptionKind, str] = {
    "call_not_made": "Calls not made",
    "unknown_time_zone": "Unknown time zone",
    "came_back": "Mail that came back",
    "no_address": "Letters without an address",
    "placement_waits": "Placements to approve",
    "dispute_late": "Disputes past their deadline",
    "unapplied": "Unapplied money",
    "limit_broken": "Limits broken",
    "erased": "Erased and owing",
}
REMEDIES: dict[ExceptionKind, tuple[str, str]] = {
    "call_not_made": ("call", "Log a call"),
    "unknown_time_zone": ("details", "Give the time zone"),
    "came_back": ("details", "Give the new address"),
    "no_address": ("details", "Give the address"),
    "placement_waits": ("approve", "Approve"),
    "dispute_late": ("resolve", "Resolve"),
    "unapplied": ("allocate", "Allocate"),
}
"""The request that ends an exception, and what it is called here."""


class Row(NamedTuple):
    """An exception on the page: why it is one, and the form that ends it ("": none that is this user's)."""

    one: Exceptional
    reason: str
    remedy: str
    remedy_path: str


def lookout_of(request: Request) -> Lookout:
    """What was found in this server's book."""
    state = request.app.state
    if not hasattr(state, "lookout"):
        state.lookout = Lookout()
    found: Lookout = state.lookout
    return found


@router.get("/exceptions")
def exceptions_page(request: Request, user: Reader, kind: str = "") -> Response:
    """All exceptions, or those of one kind, a page of them."""
    book = book_of(request)
    found = lookout_of(request).all_listed(book)
    counts, wanted = Counter(one.kind for one in found), listing(request, ("kind",))
    part = [one for one in found if kind in ("", one.kind)]
    shown = readable(book.database, part[wanted.offset : wanted.offset + wanted.size])
    rows = [_row(user, one) for one in shown]
    kinds = [("", "All", len(found)), *((name, title, counts[name]) for name, title in TITLES.items())]
    return render(
        request, "worklist/exceptions.html", columns=COLUMNS, rows=rows, total=len(part), kind=kind,
        kinds=kinds, listing=wanted, account_path=account_path,
    )  # fmt: skip


@router.get("/exceptions/count")
def count_part(request: Request, _: Reader) -> Response:
    """How many there are: a part of the worklist, asked for when the rest of the page is there."""
    count = len(lookout_of(request).all_listed(book_of(request)))
    return render(request, "worklist/exceptions_count.html", count=count)


def _row(user: User, one: Exceptional) -> Row:
    reason = exception_row(one)["reason"]
    command, remedy = REMEDIES.get(one.kind, ("", ""))
    if not command or not user.may(COMMANDS[command]):
        return Row(one, reason, "", "")
    return Row(one, reason, remedy, f"{command_path(one.number, command)}?back=/exceptions")
