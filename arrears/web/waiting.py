"""What waits for a person because it will not happen of itself: each with what to do about it, and where."""

from collections import Counter
from collections.abc import Hashable, Sequence
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
from arrears.web.behind import behind
from arrears.web.exception_kinds import KINDS, Kind
from arrears.web.exceptions import lookout_of
from arrears.web.exporting import file_of, format_asked
from arrears.web.pages import render
from arrears.web.remembered import is_remembered, remembered
from arrears.web.tables import Column, listing
from projections.exceptions import Exceptional, ExceptionKind, exceptions, readable

router = APIRouter()


def found_exceptions(request: Request, asked: Question) -> Sequence[Exceptional]:
    """All exceptions on these clocks, not all of them readable yet: those of today are kept up with the book,
    others kept while the book learns nothing."""
    if _are_present(asked):
        return lookout_of(request).listed(asked.book)
    return remembered(
        asked.book, _question(asked), lambda: exceptions(asked.book.database, asked.end, asked.as_known)
    )


def _are_present(asked: Question) -> bool:
    return asked.as_known is None and asked.as_of == asked.book.today


def _is_quick(asked: Question) -> bool:
    return _are_present(asked) or is_remembered(asked.book, _question(asked))


def _question(asked: Question) -> Hashable:
    return "exceptions", asked.as_of, asked.as_known


@dataclass(frozen=True)
class Waiting:
    """How many exceptions of a kind there are, and since when the oldest waits."""

    name: ExceptionKind
    kind: Kind
    count: int
    since: date


def waiting_counts(found: Sequence[Exceptional]) -> list[Waiting]:
    """The kinds of which there are any, in the order of the list."""
    counts = Counter(one.kind for one in found)
    oldest = {one.kind: one.since for one in sorted(found, key=lambda one: one.since, reverse=True)}
    return [Waiting(name, KINDS[name], count, oldest[name]) for name, count in counts.items()]


COLUMNS = (
    Column("Account"), Column("What"), Column("Since", "since"), Column("Days", "days", True),
    Column("Detail"), Column("What to do"),
)  # fmt: skip


@router.get("/exceptions-report")
def exceptions_page(request: Request, user: Annotated[User, signed_in("read")], kind: str = "") -> Response:
    """What waits, the longest first, of one kind or all."""
    asked = clocks_of(request)
    if kind and kind not in KINDS:
        raise HTTPException(422, f"kind: '{kind}' is none of {', '.join(KINDS)}.")
    if not _is_quick(asked) and (meanwhile := behind(request, asked, "Exceptions on both clocks")):
        return meanwhile
    found = found_exceptions(request, asked)
    counts = waiting_counts(found)
    shown = listing(request, ("days", "since"), descending=True)
    rows = [one for one in found if kind in ("", one.kind)]
    older_first = shown.descending if shown.sort == "days" else not shown.descending
    rows.sort(key=lambda one: one.since, reverse=not older_first)
    if name := format_asked(request):
        told = ((row, KINDS[row.kind]) for row in readable(asked.book.database, rows))
        return file_of(exception_sheet(told, About(in_words(asked), (), asked.zone)), name)
    page = readable(asked.book.database, rows[shown.offset :][: shown.size])
    return render(
        request, "reports/exceptions.html", clocks=asked, kind=kind, counts=counts, rows=page,
        total=len(rows), shown=shown, columns=COLUMNS, kinds=KINDS,
        may={name for name, permission in COMMANDS.items() if user.may(permission)},
        remark=asked.note(row.rests_on_backfill for row in page),
    )  # fmt: skip
