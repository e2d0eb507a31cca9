"""Disputes, agencies and contacts as pages."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, get_args

from fastapi import APIRouter, HTTPException, Request, Response

from arrears.access.permissions import COMMANDS
from arrears.access.users import User
from arrears.access.web import signed_in
from arrears.exports.casework import agency_sheet, contact_count_sheet, contact_sheet, dispute_sheet
from arrears.exports.sheet import About
from arrears.telling.asking import Question
from arrears.web.asking import clocks_of, in_words
from arrears.web.charts import Bar
from arrears.web.clocks import day_asked
from arrears.web.exporting import file_of, format_asked
from arrears.web.pages import render
from arrears.web.tables import Column, listing
from projections.agencies import agency_rows
from projections.clocks import start_of
from projections.connection import reading
from projections.contact_pages import Wanted, contact_page, contact_sums
from projections.disputes import By, dispute_rows, summed
from projections.slices import Slice, every

router = APIRouter()

Reader = Annotated[User, signed_in("read")]


def _about(asked: Question, *said: str) -> About:
    return About(in_words(asked), said, asked.zone)


# --- disputes ---------------------------------------------------------------------------------------------

DISPUTE_SORTS = ("deadline", "days", "late")
DISPUTES = (
    Column("Account"), Column("Dispute"), Column("Owner"), Column("Items"),
    Column("Disputed", figure=True), Column("Opened"), Column("Deadline", "deadline"),
    Column("Days open", "days", True), Column("Days late", "late", True), Column("Outcome"),
)  # fmt: skip


@router.get("/disputes")
def disputes_page(request: Request, user: Reader, by: str = "", resolved: str = "") -> Response:
    """Disputes, the earliest deadline first; added up by owner, reason or deadline above."""
    asked = clocks_of(request)
    key: By | None = next((one for one in get_args(By) if one == (by or "owner")), None)
    if key is None:
        raise HTTPException(422, f"by: '{by}' is none of {', '.join(get_args(By))}.")
    rows = dispute_rows(asked.book.database, asked.as_of, asked.as_known, bool(resolved))
    shown = listing(request, DISPUTE_SORTS)
    if shown.sort != "deadline":
        rows.sort(key=lambda row: row.days_open if shown.sort == "days" else row.days_late)
    rows = rows[::-1] if shown.descending else rows
    if kind := format_asked(request):
        return file_of(dispute_sheet(rows, _about(asked)), kind)
    page = rows[shown.offset :][: shown.size]
    return render(
        request, "reports/disputes.html", clocks=asked, rows=page, total=len(rows), shown=shown,
        columns=DISPUTES, by=key, keys=get_args(By), sums=summed(rows, key, asked.as_of),
        resolved=bool(resolved), may_resolve=user.may(COMMANDS["resolve"]),
        remark=asked.note(row.rests_on_backfill for row in page),
    )  # fmt: skip


# --- agencies ---------------------------------------------------------------------------------------------


@router.get("/agencies")
def agencies_page(request: Request, _: Reader) -> Response:
    """What each agency was given, what it brought in, at which rate and cost."""
    asked = clocks_of(request)
    rows = agency_rows(asked.book.database, asked.as_of, asked.as_known)
    if kind := format_asked(request):
        return file_of(agency_sheet(rows, _about(asked)), kind)
    bars = [
        Bar(f"{row.agency}, {row.currency}", _rate(row.recovery_rate), _share(row.recovery_rate))
        for row in rows
    ]
    return render(request, "reports/agencies.html", clocks=asked, rows=rows, bars=bars)


def _rate(rate: Decimal | None) -> str:
    return "–" if rate is None else f"{rate * 100:.1f}\N{NARROW NO-BREAK SPACE}%"


def _share(rate: Decimal | None) -> float:
    return min(float(rate or 0), 1.0)


# --- contacts ---------------------------------------------------------------------------------------------

DAYS_BACK = timedelta(days=30)
CHANNELS = ("letter", "email", "text", "call")
CONTACTS = (
    Column("At", "at"), Column("Account"), Column("Kind"), Column("Channel"), Column("Step"),
    Column("Status"), Column("Outcome"), Column("Items", figure=True), Column("By"), Column("Limits broken"),
)  # fmt: skip


@router.get("/contacts")
def contacts_page(request: Request, _: Reader, channel: str = "", broken: str = "") -> Response:
    """What was sent, called and received in some days, the last first, and how many at which step."""
    asked = clocks_of(request)
    last = day_asked(request, "until") or asked.as_of
    first = day_asked(request, "since") or last - DAYS_BACK
    # From the first moment of the one day to the last of the other, as it stood at the end of the day asked.
    wanted = Wanted(
        start_of(first, asked.zone), min(start_of(last + timedelta(1), asked.zone), asked.end), asked.end,
        channel or None, bool(broken),
    )  # fmt: skip
    shown = listing(request, ("at",), descending=True)
    about = _about(asked, f"From {first} to {last}.")
    database = asked.book.database
    kind = format_asked(request)
    if kind and request.query_params.get("table") == "steps":
        with reading(database, asked.as_known) as connection:
            return file_of(contact_count_sheet(contact_sums(connection, wanted), about), kind)
    if kind:
        rows = every(
            database, asked.as_known, asked.as_of, lambda on, cut: contact_page(on, wanted, cut),
            Slice("at", shown.descending),
        )  # fmt: skip
        return file_of(contact_sheet(rows, about), kind)
    with reading(database, asked.as_known) as connection:
        cut = Slice("at", shown.descending, shown.offset, shown.size)
        found, total = contact_page(connection, wanted, cut)
        sums = contact_sums(connection, wanted)
    return render(
        request, "reports/contacts.html", clocks=asked, first=first, last=last, rows=found, total=total,
        shown=shown, columns=CONTACTS, sums=sums, channel=channel, channels=_offered(channel),
        broken=bool(broken), remark=asked.note(row.rests_on_backfill for row in found),
    )  # fmt: skip


def _offered(channel: str) -> list[tuple[str, str]]:
    """The channels to choose from; also one that was typed into the address."""
    named = sorted({*CHANNELS, *filter(None, (channel,))})
    return [("", "any"), *((one, one) for one in named)]
