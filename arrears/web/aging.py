"""Aging: what is open by how long it has been due, down to the accounts and items, on both clocks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Annotated, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.exports import aging as sheets
from arrears.exports.sheet import About
from arrears.telling.aging import edges_in_force
from arrears.telling.asking import Question
from arrears.web.asking import clocks_of, in_words
from arrears.web.charts import Bar, bars
from arrears.web.clocks import known_asked
from arrears.web.exporting import file_of, format_asked
from arrears.web.over_time import is_kept, over_time
from arrears.web.pages import render
from arrears.web.tables import Column, Listing, listing
from arrears.wiring import Book
from projections.aging import (
    UNAPPLIED,
    AgingRow,
    EdgesNotAscending,
    OpenItem,
    aging,
    bucket_labels,
)
from projections.aging_changes import AgingChange, KnownBackwards, aging_changes
from projections.aging_pages import ITEM_SORTS, Part, aged_accounts, aged_items
from projections.balances import By
from projections.connection import reading
from projections.slices import Slice, every

router = APIRouter()

Reader = Annotated[User, signed_in("read")]

KEYS: tuple[By, ...] = ("currency", "segment", "collector", "policy", "account")
MOST_CHANGES = 200


@dataclass(frozen=True)
class Asked:
    """What an aging page is asked: the clocks, the edges of the buckets, and where these come from."""

    clocks: Question
    edges: tuple[int, ...]
    typed_edges: str
    adopted_on: date | None

    @property
    def labels(self) -> tuple[str, ...]:
        return bucket_labels(self.edges)

    @property
    def said(self) -> tuple[str, ...]:
        """What a file says of it beside its clocks."""
        return (f"Buckets as adopted from {self.adopted_on} on.",) if self.adopted_on else ()


def asked_of(request: Request) -> Asked:
    """What the query string says (`as_of`, `as_known`, `edges`); raises HTTPException with a sentence."""
    clocks = clocks_of(request)
    typed = request.query_params.get("edges", "").strip()
    if typed:
        return Asked(clocks, edges_of(typed), typed, None)
    edges, adopted_on = edges_in_force(clocks.book, clocks.as_of, clocks.as_known)
    return Asked(clocks, edges, "", adopted_on)


def edges_of(text: str) -> tuple[int, ...]:
    """Bucket edges such as 30,60,90; raises HTTPException with a sentence."""
    try:
        edges = tuple(int(part) for part in text.split(","))
        bucket_labels(edges)
    except EdgesNotAscending as wrong:
        raise HTTPException(422, f"Bucket edges: {wrong}.") from None
    except ValueError:
        sentence = f"Bucket edges: '{text}' are no days: expected some such as 30,60,90."
        raise HTTPException(422, sentence) from None
    return edges


# --- the report -------------------------------------------------------------------------------------------


@router.get("/aging")
def aging_page(request: Request, _: Reader, by: str = "currency") -> Response:
    """The buckets by currency or part of the book, as bars and over time, and as known at another moment."""
    book, asked = book_of(request), asked_of(request)
    if by == "account":
        return RedirectResponse(f"/aging/accounts?{request.query_params}", status_code=303)
    key = _key(by)
    rows = aging(book.database, asked.clocks.as_of, asked.clocks.as_known, key, asked.edges)
    if kind := format_asked(request):
        return file_of(sheets.by_key(rows, key, asked.labels, _about(asked)), kind)
    later, known_by = known_asked(request, "against"), (asked.clocks, asked.edges)
    return render(
        request, "reports/aging.html", asked=asked, clocks=asked.clocks, by=key, keys=KEYS, rows=rows,
        charts=_charts(rows) if key == "currency" else [],
        over_time=over_time(*known_by) if is_kept(*known_by) else None,
        compared=None if later is None else compare(book, asked, later, key),
        leads=partial(_leads, request, key),
        remark=asked.clocks.note(row.rests_on_backfill for row in rows), unapplied=UNAPPLIED,
    )  # fmt: skip


def _key(by: str) -> By:
    found: By | None = next((key for key in get_args(By) if key == by), None)
    if found is None:
        raise HTTPException(422, f"by: '{by}' is none of {', '.join(KEYS)}.")
    return found


def _leads(request: Request, key: By, row: AgingRow, bucket: str | None = None) -> str:
    """Where a figure of the report leads: to the accounts behind it."""
    kept = {name: request.query_params.get(name) for name in ("as_of", "as_known", "edges")}
    named = {} if key == "currency" else {"by": key, "key": row.key}
    wanted = {**kept, **named, "currency": row.currency, "bucket": bucket}
    return "/aging/accounts?" + urlencode({name: one for name, one in wanted.items() if one is not None})


def _charts(rows: Sequence[AgingRow]) -> list[tuple[AgingRow, list[Bar]]]:
    return [(row, bars(row.buckets, row.currency)) for row in rows]


def _about(asked: Asked, *said: str) -> About:
    return About(in_words(asked.clocks), (*asked.said, *said), asked.clocks.zone)


# --- over time --------------------------------------------------------------------------------------------


@router.get("/aging/over-time")
def over_time_page(request: Request, _: Reader) -> Response:
    """The chart by itself: with other buckets, or as known at a moment, it is a report for each month."""
    asked = asked_of(request)
    return render(
        request, "reports/over_time.html", asked=asked, clocks=asked.clocks,
        over_time=over_time(asked.clocks, asked.edges),
    )  # fmt: skip


# --- two states of knowledge ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Compared:
    """The same day as known later: the report then, and the facts that made the difference."""

    later: datetime
    rows: list[AgingRow]
    changes: list[AgingChange]
    facts: int


def compare(book: Book, asked: Asked, later: datetime, key: By) -> Compared:
    """What was learnt between the moment of the page and a later one; raises HTTPException."""
    clocks = asked.clocks
    if clocks.as_known is None:
        raise HTTPException(422, "Compare with: say first as known when; what is to be compared with it?")
    rows = aging(book.database, clocks.as_of, later, key, asked.edges)
    try:
        changes = aging_changes(book.database, clocks.as_of, clocks.as_known, later, asked.edges)
    except KnownBackwards as wrong:
        raise HTTPException(422, f"Compare with: {wrong}.") from None
    facts = len({(one.account, one.version) for one in changes})
    return Compared(later, rows, changes[:MOST_CHANGES], facts)


# --- down to accounts and items ---------------------------------------------------------------------------


def part_of(request: Request, asked: Asked) -> Part:
    """The part of the book in the query string; raises HTTPException, AccountUnknown."""
    given = {name: value for name, value in request.query_params.items() if value}
    bucket, number = given.get("bucket"), given.get("account")
    if bucket is not None and bucket not in (*asked.labels, UNAPPLIED):
        raise HTTPException(422, f"bucket: '{bucket}' is none of {', '.join((*asked.labels, UNAPPLIED))}.")
    account = None if number is None else book_of(request).account_id(number)
    key = request.query_params.get("key")
    return Part(given.get("currency"), _key(given.get("by", "currency")), key, account, bucket)


def _named(part: Part, number: str | None = None) -> str:
    """The part in words: 'EUR, segment retail, 31-60 days past due'."""
    said = [part.currency or "All currencies"]
    if part.key is not None and part.by != "currency":
        said.append(f"{part.by} {part.key or '(none)'}")
    if number:
        said.append(f"account {number}")
    if part.bucket:
        plain = part.bucket in ("current", UNAPPLIED)
        said.append(part.bucket if plain else f"{part.bucket} days past due")
    return ", ".join(said)


@router.get("/aging/accounts")
def accounts_page(request: Request, _: Reader) -> Response:
    """The accounts of a part of the book, those that owe most in the bucket first."""
    book, asked = book_of(request), asked_of(request)
    part, clocks = part_of(request, asked), asked.clocks
    sorts = ("total", *asked.labels, UNAPPLIED, "count")
    if part.bucket:
        sorts = (part.bucket, *(one for one in sorts if one != part.bucket))
    shown = listing(request, sorts, descending=True)
    if kind := format_asked(request):
        rows = every(
            book.database, clocks.as_known, clocks.as_of,
            lambda on, cut: aged_accounts(on, clocks.as_of, part, cut, asked.edges), _slice(shown),
        )  # fmt: skip
        return file_of(sheets.accounts(rows, asked.labels, _about(asked, f"{_named(part)}.")), kind)
    with reading(book.database, clocks.as_known, clocks.as_of) as connection:
        found, total = aged_accounts(connection, clocks.as_of, part, _slice(shown), asked.edges)
    return render(
        request, "reports/aging_accounts.html", asked=asked, clocks=clocks, part=part, named=_named(part),
        rows=found, total=total, shown=shown, columns=_account_columns(asked.labels), unapplied=UNAPPLIED,
        remark=clocks.note(row.rests_on_backfill for row in found),
    )  # fmt: skip


def _account_columns(labels: Sequence[str]) -> tuple[Column, ...]:
    return (
        Column("Account"), Column("Collector"), Column("Items", "count", True),
        *(Column(label.capitalize(), label, True) for label in labels), Column("Unapplied", UNAPPLIED, True),
        Column("Total", "total", True), Column("Currency"),
    )  # fmt: skip


ITEM_COLUMNS = (
    Column("Item"), Column("Account"), Column("Kind"), Column("Issued", "issued"), Column("Due"),
    Column("Days past due", "days", True), Column("Bucket"), Column("Open", "open", True),
)  # fmt: skip


@router.get("/aging/items")
def items_page(request: Request, _: Reader) -> Response:
    """The open items of a part of the book, the longest overdue first."""
    book, asked = book_of(request), asked_of(request)
    part, clocks = part_of(request, asked), asked.clocks
    shown = listing(request, ITEM_SORTS, descending=True)
    number = request.query_params.get("account")
    if kind := format_asked(request):
        rows: Iterator[OpenItem] = every(
            book.database, clocks.as_known, clocks.as_of,
            lambda on, cut: aged_items(on, clocks.as_of, part, cut, asked.edges), _slice(shown),
        )  # fmt: skip
        return file_of(sheets.items(rows, _about(asked, f"{_named(part, number)}.")), kind)
    with reading(book.database, clocks.as_known, clocks.as_of) as connection:
        found, total = aged_items(connection, clocks.as_of, part, _slice(shown), asked.edges)
    return render(
        request, "reports/aging_items.html", asked=asked, clocks=clocks, part=part, number=number,
        named=_named(part, number), rows=found, total=total, shown=shown, columns=ITEM_COLUMNS,
        remark=clocks.note(row.rests_on_backfill for row in found),
    )  # fmt: skip


def _slice(shown: Listing) -> Slice:
    return Slice(shown.sort, shown.descending, shown.offset, shown.size)
