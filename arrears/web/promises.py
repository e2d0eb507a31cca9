"""Promises to pay: which there are and what is to come, and how they turn out, by whom and when."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, get_args

from fastapi import APIRouter, HTTPException, Request, Response
from sqlalchemy import Connection, select

from arrears.access.users import User
from arrears.access.web import signed_in
from arrears.exports.casework import performance_sheet, promise_sheet
from arrears.exports.sheet import About
from arrears.telling.asking import Question
from arrears.web.account_paths import directory_of
from arrears.web.asking import clocks_of, in_words
from arrears.web.clocks import day_asked
from arrears.web.exporting import file_of, format_asked
from arrears.web.pages import render
from arrears.web.tables import Column, Listing, listing
from projections.connection import reading
from projections.promise_pages import SORTS, Wanted, promise_page
from projections.promise_sums import By, PromiseSummary, add_late, by_number, promise_sums, unnumbered
from projections.promises import STATUSES, Status
from projections.slices import Slice, every
from projections.tables import accounts

router = APIRouter()

Reader = Annotated[User, signed_in("read")]

SOON = timedelta(days=7)
KEYS: tuple[By, ...] = ("month", "collector", "taken_by", "policy", "debtor")
COLUMNS = (
    Column("Account"), Column("Status"), Column("Promised", "amount", True), Column("In time", figure=True),
    Column("Late", figure=True), Column("For", "promised_on"), Column("Deadline"), Column("Made", "made_on"),
    Column("Taken by"), Column("Collector"),
)  # fmt: skip
PERFORMANCE = ("key", "promised", "received", "received_late", "kept", "rate")


@router.get("/promises")
def promises_page(request: Request, _: Reader) -> Response:
    """Promises by status, collector and day; those for the last day first, pending ones the next first."""
    asked = clocks_of(request)
    wanted = wanted_of(request)
    shown = listing(request, SORTS, descending=wanted.status != "pending")
    if kind := format_asked(request):
        rows = every(
            asked.book.database, asked.as_known, asked.as_of,
            lambda on, cut: promise_page(on, asked.as_of, wanted, cut), _slice(shown),
        )  # fmt: skip
        return file_of(promise_sheet(rows, About(in_words(asked), (), asked.zone)), kind)
    with reading(asked.book.database, asked.as_known) as connection:
        found, total = promise_page(connection, asked.as_of, wanted, _slice(shown))
        soon = Wanted("pending", since=asked.as_of, until=asked.as_of + SOON)
        upcoming = promise_page(connection, asked.as_of, soon, Slice("promised_on", limit=1))[1]
        overdue = Wanted("pending", until=asked.as_of - timedelta(1))
        unjudged = promise_page(connection, asked.as_of, overdue, Slice("promised_on", limit=1))[1]
    return render(
        request, "reports/promises.html", clocks=asked, wanted=wanted, rows=found, total=total, shown=shown,
        columns=COLUMNS, statuses=STATUSES, collectors=collectors_of(asked), upcoming=upcoming,
        unjudged=unjudged, soon=asked.as_of + SOON, yesterday=asked.as_of - timedelta(1),
        remark=asked.note(row.rests_on_backfill for row in found),
    )  # fmt: skip


def wanted_of(request: Request) -> Wanted:
    """What the query string says; raises HTTPException."""
    given = {name: value for name, value in request.query_params.items() if value}
    status: Status | None = next((one for one in STATUSES if one == given.get("status")), None)
    if status is None and "status" in given:
        raise HTTPException(422, f"status: '{given['status']}' is none of {', '.join(STATUSES)}.")
    collector = given.get("collector")
    return Wanted(
        status, "" if collector == NOBODY else collector, given.get("currency"), day_asked(request, "since"),
        day_asked(request, "until"),
    )  # fmt: skip


NOBODY = "-"
"""What stands in an address for: nobody's accounts."""


def collectors_of(asked: Question) -> list[str]:
    """Who works any account."""
    query = select(accounts.c.collector).where(accounts.c.collector != "").distinct()
    with reading(asked.book.database) as connection:
        return list(connection.execute(query.order_by(accounts.c.collector)).scalars())


def _slice(shown: Listing) -> Slice:
    return Slice(shown.sort, shown.descending, shown.offset, shown.size)


# --- performance ------------------------------------------------------------------------------------------


@router.get("/promises/performance")
def performance_page(request: Request, _: Reader, by: str = "month") -> Response:
    """How promises turned out: kept, in time, late, by debtor, collector, month or policy."""
    asked = clocks_of(request)
    key: By | None = next((one for one in get_args(By) if one == by), None)
    if key is None:
        raise HTTPException(422, f"by: '{by}' is none of {', '.join(KEYS)}.")
    shown, kind = listing(request, PERFORMANCE, descending=key == "month"), format_asked(request)
    with reading(asked.book.database, asked.as_known) as connection:
        found = promise_sums(connection, asked.as_of, key)
        if key == "debtor":
            found = by_number(found, _numbers(request, connection, asked))
        if kind or shown.sort == "received_late":
            add_late(connection, asked.as_of, key, found)
        rows = sorted(found, key=lambda row: _rank(row, shown.sort), reverse=shown.descending)
        page = rows[shown.offset :][: shown.size]
        if not (kind or shown.sort == "received_late"):
            add_late(connection, asked.as_of, key, page)
    if kind:
        return file_of(performance_sheet(rows, key, About(in_words(asked), (), asked.zone)), kind)
    return render(
        request, "reports/promise_performance.html", clocks=asked, by=key, keys=KEYS, rows=page,
        total=len(rows), shown=shown, columns=_performance_columns(key),
    )  # fmt: skip


def _numbers(request: Request, connection: Connection, asked: Question) -> Mapping[str, str]:
    """The numbers of accounts that were known on the clocks of the page."""
    numbers = directory_of(request).numbers()
    return numbers if asked.as_known is None else numbers | {one: one for one in unnumbered(connection)}


def _rank(row: PromiseSummary, sort: str) -> tuple[object, ...]:
    if sort == "rate":
        return (row.kept_rate_by_amount is not None, row.kept_rate_by_amount or 0, row.key)
    if sort == "kept":
        return (row.counts["kept"], row.key)
    return (getattr(row, sort), row.key, row.currency)


def _performance_columns(key: By) -> tuple[Column, ...]:
    return (
        Column(key.replace("_", " ").capitalize(), "key"), Column("Currency"),
        *(Column(status.replace("_", " ").capitalize(), "kept" if status == "kept" else None, True)
          for status in STATUSES),
        Column("Promised", "promised", True), Column("In time", "received", True),
        Column("Late", "received_late", True), Column("Kept, number", figure=True),
        Column("Kept, amount", "rate", True),
    )  # fmt: skip
