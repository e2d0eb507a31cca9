"""The list of accounts: searched by who they are and what is on them, filtered, sorted and paged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection

from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.casework.directory import Directory, Matches, Who
from arrears.web import account, audit, explaining, previews, timeline
from arrears.web.account_paths import account_path, directory_of
from arrears.web.pages import render
from arrears.web.tables import Column, Listing, listing
from arrears.wiring import Book
from projections.account_list import (
    NONE,
    STOPS,
    AccountRow,
    Stop,
    Wanted,
    account_rows,
    choices,
    count_accounts,
    sorted_streams,
    wanted_streams,
)
from projections.aging import EDGES, bucket_labels
from projections.connection import reading

router = APIRouter()

Reader = Annotated[User, signed_in("read")]

BEST, OPEN, OLDEST, NUMBER, NAME = "best", "open", "oldest", "number", "name"
COLUMNS = (
    *(Column("Account", NUMBER), Column("Name", NAME), Column("Open", OPEN, figure=True)),
    *(Column("Unapplied", figure=True), Column("Oldest due", OLDEST), Column("Bucket")),
    *(Column("Stops"), Column("Segment"), Column("Collector"), Column("Policy")),
)
FILTERS = ("currency", "bucket", "segment", "collector", "policy", "stop")


@dataclass(frozen=True)
class Line:
    """A row of the list with who it is, where its page is, and how the search found it."""

    row: AccountRow
    who: Who
    path: str
    found_by: str
    policy: str | None


@router.get("/accounts")
def accounts_page(request: Request, _: Reader, q: str = "") -> Response:
    """The accounts that were looked for; straight to the account where there is one only."""
    book, directory = book_of(request), directory_of(request)
    book.catch_up()
    matches = directory.search(q) if q.strip() else None
    wanted = _wanted(book, request, matches)
    if matches and (only := _only(matches, directory, q, wanted)):
        return RedirectResponse(only, status_code=303)
    asked = _asked(request, found=matches is not None)
    with reading(book.database) as connection:
        total = count_accounts(connection, wanted, book.today)
        streams = _page(connection, directory, wanted, asked, matches, book.today)
        rows = account_rows(connection, streams, book.today, wanted.edges)
        offered = choices(connection)
    return render(
        request, "accounts/list.html", q=q, wanted=wanted, asked=asked, total=total, columns=COLUMNS,
        lines=_lines(book, directory, rows, matches), choices=offered, matches=matches, none=NONE,
        buckets=bucket_labels(wanted.edges), policies=sorted(book.engine.policies().versions),
        stops=STOPS, filtered=any(request.query_params.get(name) for name in FILTERS),
    )  # fmt: skip


def _only(matches: Matches, directory: Directory, q: str, wanted: Wanted) -> str | None:
    """The page of the one account found, or of the one of exactly that number."""
    if not matches.streams or wanted != Wanted(
        streams=matches.streams, default_policy=wanted.default_policy, edges=wanted.edges
    ):
        return None
    [(stream, who)] = directory.who(matches.streams[:1]).items()
    return account_path(stream, who) if matches.total == 1 or who.number == q.strip() else None


def _wanted(book: Book, request: Request, matches: Matches | None) -> Wanted:
    """The filters of the query string; what makes no sense counts as not said."""
    said = {name: request.query_params.get(name) or None for name in FILTERS}
    adopted = book.engine.policies().edges_on(book.today)
    edges = tuple(adopted.edges) if adopted else EDGES
    bucket = said["bucket"] if said["bucket"] in bucket_labels(edges) else None
    stop: Stop | None = said["stop"] if said["stop"] in get_args(Stop) else None  # type: ignore[assignment]
    return Wanted(
        currency=said["currency"], bucket=bucket, segment=said["segment"], collector=said["collector"],
        policy=said["policy"], default_policy=_default_policy(book), stop=stop,
        streams=matches.streams if matches else None, edges=edges,
    )  # fmt: skip


def _default_policy(book: Book) -> str | None:
    return book.engine.policies().default_at(book.clock())[1]


def _asked(request: Request, found: bool) -> Listing:
    """The order that was asked for; else the best match first, or where most is open."""
    sorts = (BEST, OPEN, OLDEST, NUMBER, NAME) if found else (OPEN, OLDEST, NUMBER, NAME)
    asked = listing(request, sorts, descending=True)
    said = request.query_params.get("order") in ("up", "down")
    return asked if said or asked.sort == OPEN else replace(asked, descending=False)


def _page(
    connection: Connection, directory: Directory, wanted: Wanted, asked: Listing, matches: Matches | None,
    on: date,
) -> list[str]:  # fmt: skip
    """The accounts of the page. Numbers and names are sealed in the tables: by them it is sorted here."""
    if asked.sort == OPEN or asked.sort == OLDEST:
        return sorted_streams(
            connection, wanted, on, "open" if asked.sort == OPEN else "oldest", asked.descending,
            asked.offset, asked.size,
        )  # fmt: skip
    streams: Sequence[str] = wanted_streams(connection, wanted, on)
    if asked.sort == BEST and matches is not None:
        remaining = frozenset(streams)
        streams = [stream for stream in matches.streams if stream in remaining]
    else:
        ranks = directory.ranks("name" if asked.sort == NAME else "number")
        streams = sorted(ranks.keys() & set(streams), key=ranks.__getitem__, reverse=asked.descending)
    return list(streams[asked.offset : asked.offset + asked.size])


def _lines(
    book: Book, directory: Directory, rows: Sequence[AccountRow], matches: Matches | None
) -> list[Line]:
    who = directory.who([row.stream for row in rows])
    named: dict[str, Any] = matches.named if matches else {}
    default = _default_policy(book)
    return [
        Line(
            row, who[row.stream], account_path(row.stream, who[row.stream]), named.get(row.stream, ""),
            row.policy or default,
        )
        for row in rows
    ]  # fmt: skip


router.include_router(audit.router)
router.include_router(timeline.router)
router.include_router(explaining.router)
router.include_router(previews.router)
router.include_router(account.router)  # last: whatever of an address is left is a number
