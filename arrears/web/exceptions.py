"""Exceptions: what waits for a person because it will not happen of itself, and where to set it right."""

from collections import Counter
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Request, Response

from arrears.access.permissions import COMMANDS
from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.casework.lookout import Lookout
from arrears.casework.telling import exception_row
from arrears.web.account_paths import address_of
from arrears.web.exception_kinds import KINDS
from arrears.web.pages import render
from arrears.web.tables import Column, listing
from projections.exceptions import Exceptional, readable

router = APIRouter()

Reader = Annotated[User, signed_in("read")]
COLUMNS = (Column("Account"), Column("What"), Column("Days", figure=True), Column("Set it right"))


class Row(NamedTuple):
    """An exception on the page: why it is one, and the user's forms that end it, by what they are called."""

    one: Exceptional
    reason: str
    forms: dict[str, str]


def lookout_of(request: Request) -> Lookout:
    """What was found in this server's book."""
    lookout = request.app.state.lookout
    assert isinstance(lookout, Lookout)
    return lookout


@router.get("/exceptions")
def exceptions_page(request: Request, user: Reader, kind: str = "") -> Response:
    """All exceptions, or those of one kind, a page of them."""
    book = book_of(request)
    found = lookout_of(request).all_listed(book)
    counts, wanted = Counter(one.kind for one in found), listing(request, ("kind",))
    part = [one for one in found if kind in ("", one.kind)]
    shown = readable(book.database, part[wanted.offset : wanted.offset + wanted.size])
    rows = [_row(user, one) for one in shown]
    kinds = [("", "All", len(found)), *((name, one.title, counts[name]) for name, one in KINDS.items())]
    return render(
        request, "worklist/exceptions.html", columns=COLUMNS, rows=rows, total=len(part), kind=kind,
        kinds=kinds, listing=wanted,
    )  # fmt: skip


@router.get("/exceptions/count")
def count_part(request: Request, _: Reader) -> Response:
    """How many there are: a part of the worklist, asked for when the rest of the page is there."""
    count = len(lookout_of(request).all_listed(book_of(request)))
    return render(request, "worklist/exceptions_count.html", count=count)


def _row(user: User, one: Exceptional) -> Row:
    forms = {
        title: f"{address_of(one.account, one.number)}/commands/{command}?back=/exceptions"
        for command, title in KINDS[one.kind].forms.items()
        if user.may(COMMANDS[command])
    }
    return Row(one, exception_row(one)["reason"], forms)
