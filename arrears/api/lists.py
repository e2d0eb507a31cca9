"""Lists of what goes on in the book: each by pages, on both clocks."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from arrears.access.users import User
from arrears.access.web import signed_in
from arrears.api.asking import Asked, AskedBook, Since, Until
from arrears.api.paging import Paged, Paging
from arrears.api.schemas import told
from arrears.casework.telling import exception_rows, worklist_behind
from arrears.telling.asking import Question
from arrears.telling.lists import (
    Key,
    Keyed,
    contacts_behind,
    disputes_behind,
    items_behind,
    placements_behind,
    promises_behind,
)
from arrears.telling.outbox import outbox_rows
from projections.paged import Page
from projections.promises import Status

router = APIRouter(tags=["lists"])

Reader = Annotated[User, signed_in("read")]
Number = Annotated[str | None, Query(alias="account", description="of one account, by its number")]
Text = Annotated[str | None, Query(max_length=200)]


@router.get("/worklist", summary="Whose turn it is", **told("Worklist"))
def worklist(
    _: Reader, asked: Asked, paged: Paged,
    collector: Annotated[
        str | None, Query(max_length=200, description="whose; 'nobody': accounts without a collector")
    ] = None,
) -> Response:  # fmt: skip
    """Calls that are due, accounts to be looked at again, promises that were broken: ranked by the rules of
    the policies, with what the caller has to know."""
    after = paged.after(tuple[int, Decimal, int, str])
    total, rows = worklist_behind(asked, collector, after, paged.limit + 1)
    page, last = paged.of(
        rows, lambda row: [str(part) if isinstance(part, Decimal) else part for part in row[0]]
    )
    content = {**asked.clocks, "collector": collector, "total": total, "worklist": [row for _, row in page]}
    return paged.answered(content, last)


@router.get("/exceptions", summary="What will not happen of itself", **told("Exceptions"))
def exceptions(_: Reader, asked: Asked, paged: Paged) -> Response:
    """Calls not made, unknown time zones, mail that came back, late disputes, what waits for approval."""
    after = paged.after(tuple[str, date, str, str, str, int])
    rows: Keyed = [row for row in exception_rows(asked) if after is None or row[0] > after]
    return _page(asked, paged, "exceptions", rows)


@router.get("/promises", summary="Promises to pay", **told("Promises"))
def promises(
    _: Reader, asked: Asked, paged: Paged, account: Number = None,
    status: Annotated[list[Status] | None, Query(description="only these; repeatable")] = None,
) -> Response:  # fmt: skip
    """Each promise, or instalment of a plan, and how it stands, by the day for which it was promised."""
    page = Page(paged.after(tuple[date, int, int]), paged.limit)
    rows, last = promises_behind(asked, page, account, status or ())
    return paged.answered({**asked.clocks, "promises": [row for _, row in rows]}, last)


@router.get("/contacts", summary="What was sent, called and received", **told("Contacts"))
def contacts(
    _: Reader, asked: Asked, paged: Paged, account: Number = None,
    since: Since = None, until: Until = None,
) -> Response:  # fmt: skip
    """Each contact in the order of time, and what became of it."""
    page = Page(paged.after(tuple[datetime, int]), paged.limit + 1)
    return _page(asked, paged, "contacts", contacts_behind(asked, page, since, until, account))


@router.get("/disputes", summary="Disputes", **told("Disputes"))
def disputes(
    _: Reader, asked: Asked, paged: Paged,
    resolved: Annotated[bool, Query(description="those that have ended as well")] = False,
) -> Response:  # fmt: skip
    """On what, who is to settle each by when, for how many days it has been open, and how late it is."""
    page = Page(paged.after(tuple[date, str, str]), paged.limit + 1)
    return _page(asked, paged, "disputes", disputes_behind(asked, page, resolved))


@router.get("/placements", summary="Placements with agencies", **told("Placements"))
def placements(_: Reader, asked: Asked, paged: Paged, agency: Text = None) -> Response:
    """What was proposed, placed, declined or recalled, and what is still open of it."""
    page = Page(paged.after(tuple[str, str]), paged.limit + 1)
    return _page(asked, paged, "placements", placements_behind(asked, page, agency))


@router.get("/items", summary="Open items", **told("Items"))
def items(
    _: Reader, asked: Asked, paged: Paged,
    bucket: Annotated[
        str | None, Query(max_length=20, description="such as 31-60, current, unapplied")
    ] = None,
) -> Response:  # fmt: skip
    """Each open item, and unapplied money, account by account: they add up to the totals of aging."""
    page = Page(paged.after(tuple[str, str, str]), paged.limit)
    rows, last = items_behind(asked, page, bucket)
    return paged.answered({**asked.clocks, "items": [row for _, row in rows]}, last)


@router.get("/outbox", summary="Reminders on their way", **told("Outbox"))
def outbox(_: Reader, book: AskedBook, paged: Paged) -> Response:
    """Reminders that were decided and of which nobody has recorded yet what became of them."""
    [after] = paged.after(tuple[str]) or ("",)
    channels, rows = outbox_rows(book, after, paged.limit + 1)
    page, last = paged.of(rows, lambda row: [row["contact"]])
    return paged.answered({"channels": channels, "reminders": page}, last)


def _page(asked: Question, paged: Paging, name: str, rows: Keyed) -> Response:
    """A page of rows, of which there may be one more than it holds."""
    page, last = paged.of(rows, _key)
    return paged.answered({**asked.clocks, name: [row for _, row in page]}, last)


def _key(row: tuple[Key, dict[str, Any]]) -> Key:
    return row[0]
