"""What waits for a person because it will not happen of itself: each with what to do about it, and where."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, HTTPException, Request, Response

from arrears.access.permissions import COMMANDS
from arrears.access.users import User
from arrears.access.web import signed_in
from arrears.exports.casework import exception_sheet
from arrears.exports.sheet import About
from arrears.telling.asking import Question
from arrears.web.asking import clocks_of, in_words
from arrears.web.exceptions import lookout_of
from arrears.web.exporting import file_of, format_asked
from arrears.web.pages import render
from arrears.web.remembered import remembered
from arrears.web.tables import Column, listing
from projections.exceptions import Exceptional, exceptions, readable

router = APIRouter()


@dataclass(frozen=True)
class Kind:
    """A kind of exception: what it is called, what to do, and the commands that do it."""

    title: str
    remedy: str
    commands: tuple[str, ...] = ()


KINDS: dict[str, Kind] = {
    "call_not_made": Kind(
        "Calls not made", "Make the call, and record what came of it; until then the ladder waits.", ("call",)
    ),
    "unknown_time_zone": Kind(
        "Unknown time zone", "State the debtor's time zone or country; nobody may call before.", ("details",)
    ),
    "came_back": Kind(
        "Came back", "Find the address: ask the debtor, or have it traced.", ("details", "trace")
    ),
    "erased": Kind("Erased, but owing", "Nobody can be asked: decide to write it off.", ("write-off",)),
    "limit_broken": Kind(
        "Contact beyond limits", "See on the account what happened: it stays on record.", ()
    ),
    "dispute_late": Kind(
        "Disputes past deadline", "Settle the dispute; until then its items are not asked for.", ("resolve",)
    ),
    "placement_waits": Kind(
        "Placements to approve", "Approve or decline it; until then nothing goes to the agency.",
        ("approve", "decline"),
    ),
    "approval_waits": Kind(
        "Requests to approve", "A second person approves or declines it; until then nothing changes."
    ),
    "no_address": Kind(
        "Letters without an address", "State the address; until then no letter leaves.", ("details",)
    ),
    "unapplied": Kind(
        "Unapplied money", "Set it against what it was paid for, or pay it back.", ("allocate", "refund")
    ),
}  # fmt: skip
"""What is known of each kind; another is listed all the same, by its name."""


def kind_of(name: str) -> Kind:
    """What the kind of that name is called, and what to do about it."""
    return KINDS.get(name) or Kind(name.replace("_", " ").capitalize(), "Look at the account.")


def found_exceptions(request: Request, asked: Question) -> Sequence[Exceptional]:
    """All exceptions on these clocks, not all of them readable yet: those of today are kept up with the book,
    others kept while the book learns nothing."""
    if asked.as_known is None and asked.as_of == asked.book.today:
        return lookout_of(request).listed(asked.book)
    return remembered(
        asked.book, ("exceptions", asked.as_of, asked.as_known),
        lambda: exceptions(asked.book.database, asked.end, asked.as_known),
    )  # fmt: skip


@dataclass(frozen=True)
class Waiting:
    """How many exceptions of a kind there are, and since when the oldest waits."""

    name: str
    kind: Kind
    count: int
    since: date


def waiting_counts(found: Sequence[Exceptional]) -> list[Waiting]:
    """The kinds of which there are any, in the order of the list."""
    counts = Counter(one.kind for one in found)
    oldest = {one.kind: one.since for one in sorted(found, key=lambda one: one.since, reverse=True)}
    return [Waiting(name, kind_of(name), count, oldest[name]) for name, count in counts.items()]


COLUMNS = (
    Column("Account"), Column("What"), Column("Since", "since"), Column("Days", "days", True),
    Column("Detail"), Column("What to do"),
)  # fmt: skip


@router.get("/exceptions-report")
def exceptions_page(request: Request, user: Annotated[User, signed_in("read")], kind: str = "") -> Response:
    """What waits, the longest first, of one kind or all."""
    asked = clocks_of(request)
    found = found_exceptions(request, asked)
    counts = waiting_counts(found)
    if kind and kind not in {*KINDS, *(one.name for one in counts)}:
        raise HTTPException(422, f"kind: '{kind}' is none of {', '.join(KINDS)}.")
    shown = listing(request, ("days", "since"), descending=True)
    rows = [one for one in found if kind in ("", one.kind)]
    older_first = shown.descending if shown.sort == "days" else not shown.descending
    rows.sort(key=lambda one: one.since, reverse=not older_first)
    if name := format_asked(request):
        told = ((row, kind_of(row.kind)) for row in readable(asked.book.database, rows))
        return file_of(exception_sheet(told, About(in_words(asked), (), asked.zone)), name)
    page = readable(asked.book.database, rows[shown.offset :][: shown.size])
    return render(
        request, "reports/exceptions.html", clocks=asked, kind=kind, counts=counts, rows=page,
        total=len(rows), shown=shown, columns=COLUMNS, kind_of=kind_of,
        may={name for name, permission in COMMANDS.items() if user.may(permission)},
        remark=asked.note(row.rests_on_backfill for row in page),
    )  # fmt: skip
