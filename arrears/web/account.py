"""The page of an account: all of it on two clocks, its dispute bundle, its files."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, NamedTuple
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import func, select

from arrears.access.permissions import COMMANDS, Permission
from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.casework.account_at import AccountAt, Owed, account_at
from arrears.commands.catalogue import CATALOGUE
from arrears.delivery.settings import delivery_settings
from arrears.dossier.bundle import evidence, zipped
from arrears.dossier.content import Asked, gather
from arrears.dossier.pages import pdf
from arrears.dossier.telling import file_name, telling
from arrears.exports.sheet import Field, Sheet
from arrears.telling.asking import Question
from arrears.web.account_paths import Meant, meant
from arrears.web.clocks import known_asked
from arrears.web.exporting import file_of, format_asked
from arrears.web.forms import command_path
from arrears.web.pages import render
from arrears.web.tables import Column
from arrears.web.timeline import FIRST_PAGE, KINDS, filters_of, timeline_of
from arrears.web.two_clocks import Clocks, clocks_of, slid, slider_of
from arrears.wiring import Book
from engine.domain.facts.base import Fact
from projections.connection import reading
from projections.contacts import ContactRow, contact_rows
from projections.statement import statement
from projections.tables import timeline

router = APIRouter()

Reader = Annotated[User, signed_in("read")]

ITEMS = (
    *(Column("Invoice"), Column("Issued"), Column("Due"), Column("Days past due", figure=True)),
    *(Column("Amount", figure=True), Column("Open", figure=True), Column("Step"), Column("Stops")),
)
STATEMENT = (
    *(Field("on", "Date", "day"), Field("kind", "What"), Field("document", "Document")),
    *(Field("currency", "Currency"), Field("amount", "Amount", "money")),
    *(Field("balance", "Balance", "money"), Field("known_at", "Known", "moment")),
)
OPEN_SHOWN, CLOSED_SHOWN, CONTACTS_SHOWN, NOTES_SHOWN = 50, 10, 8, 5
CONTACTS_BACK = timedelta(days=3650)
GROUPS: tuple[tuple[str, tuple[Permission, ...]], ...] = (
    ("Contacts and notes", ("contact",)),
    ("Promises, disputes, holds", ("arrange",)),
    ("Debtor", ("debtor",)),
    ("Invoices and payments", ("post",)),
    ("Credits and write-offs", ("concede", "ask")),
    ("Approvals", ("approve",)),
    ("Agencies", ("place",)),
)
"""How the forms of an account are grouped: by what a user must be allowed to."""


class Action(NamedTuple):
    """A form that may be opened from the page."""

    title: str
    path: str


@dataclass(frozen=True)
class Part:
    """A part of a bar: what it is called, its amount, where it begins and how wide it is, in hundredths."""

    label: str
    amount: Decimal
    start: float
    width: float
    kind: str


@dataclass(frozen=True)
class Bar:
    """What is open in one currency by bucket, as a bar; `text` says it in words."""

    parts: tuple[Part, ...]
    text: str


@router.get("/accounts/{name:path}/dossier")
def dossier(
    request: Request, _: Annotated[User, signed_in("read-log")], name: str, invoice: str = ""
) -> Response:  # fmt: skip
    """The dispute bundle: a PDF for people, and the facts with proofs that anybody can check."""
    account, book = meant(request, name), book_of(request)
    known = known_asked(request, "as_known")
    creditor = delivery_settings().named_creditor
    made = gather(book, Asked(account.number, invoice.strip() or None, known, None, creditor))
    found = evidence(book, made)
    pages = pdf(made, found, telling(account.number, book.engine.policies(), book.zone))
    return _file(zipped(made, found, pages), "application/zip", file_name(account.number))


@router.get("/accounts/{name:path}/statement")
def statement_file(request: Request, _: Reader, name: str) -> Response:
    """What moved the balance, line by line, as a file; raises HTTPException where no format is named."""
    account, asked = meant(request, name), clocks_of(request).question
    kind = format_asked(request)
    if kind is None:
        raise HTTPException(422, "format: say which kind of file: csv, xlsx or pdf.")
    return file_of(statement_sheet(asked, account.stream, account.number), kind)


def statement_sheet(asked: Question, stream: str, number: str) -> Sheet:
    """The statement of an account on both clocks, to be written to a file."""
    found = statement(asked.book.database, stream, asked.as_of, asked.as_known)
    owed = ", ".join(f"{amount:,} {currency}" for currency, amount in found.closing.items()) or "nothing"
    clocks = f"As of {asked.as_of} ({asked.zone}), as known {asked.known}."
    said = [f"Owed at the end of {asked.as_of}: {owed}."]
    if note := asked.note([found.rests_on_backfill]):
        said.append(note)
    return Sheet(
        f"statement-{number}", f"Statement of {number}", clocks, STATEMENT,
        [asdict(line) for line in found.lines], tuple(said), asked.zone,
    )  # fmt: skip


def _file(content: bytes, media_type: str, called: str) -> Response:
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(called)}", "Cache-Control": "no-store"
    }  # fmt: skip
    return Response(content, media_type=media_type, headers=headers)


@router.get("/accounts/{name:path}")
def account_page(request: Request, user: Reader, name: str, closed: str = "", still: str = "") -> Response:
    """The account as it stood on both clocks."""
    account, book = meant(request, name), book_of(request)
    clocks = clocks_of(request)
    first = _first_day(book, account)
    moved = slid(request.query_params, first, book.today)
    if moved is not None:
        return RedirectResponse(Clocks(clocks.question, "", "").path(account.path, **moved), status_code=303)
    filters, until = filters_of(request), clocks.question.as_of if clocks.as_of else None
    with account_at(clocks.question, account.stream, until) as shown:
        return render(
            request, "accounts/account.html", account=account, clocks=clocks, first=first,
            slider=slider_of(clocks, first, book.today), shown=shown, today=book.today,
            actions=actions(user, account), columns=ITEMS, all_closed=bool(closed),
            closed_shown=CLOSED_SHOWN, all_open=bool(still), open_shown=OPEN_SHOWN,
            bars={one.currency: bar_of(one) for one in shown.owed} if shown else {}, kinds=KINDS,
            contacts=_contacts(shown) if shown else [], coming=list(_coming(shown)) if shown else [],
            filters=filters, notes_shown=NOTES_SHOWN,
            timeline=timeline_of(book, account, clocks, filters, FIRST_PAGE, None),
        )  # fmt: skip


def _first_day(book: Book, account: Meant) -> date:
    """The first day of the account's history, by either clock."""
    happened, known = timeline.c.happened_on, timeline.c.known_at
    of_it = timeline.c.account == account.stream
    with reading(book.database) as connection:
        first = connection.execute(select(func.min(happened)).where(of_it, happened > date.min)).scalar_one()
        known_at = connection.execute(select(func.min(known)).where(of_it)).scalar_one()
    days = [first, known_at and known_at.astimezone(book.zone).date()]
    return min((day for day in days if day), default=book.today)


def actions(user: User, account: Meant) -> list[tuple[str, list[Action]]]:
    """The forms that the user may open on the account, in groups."""
    if not account.has_number:
        return []
    found = []
    for title, permissions in GROUPS:
        links = [
            Action(_title(name), command_path(account.number, name))
            for name, permission in COMMANDS.items()
            if permission in permissions and user.may(permission) and not CATALOGUE[name].OPENS
        ]
        found += [(title, links)] if links else []
    return found


def _title(command: str) -> str:
    """What a form is for: the first sentence of what is said of its request."""
    return " ".join((CATALOGUE[command].__doc__ or command).split()).partition(". ")[0].removesuffix(".")


def bar_of(owed: Owed) -> Bar:
    """The buckets of what is owed beside one another, as wide as they are large."""
    total, start = owed.open, Decimal(0)
    parts = []
    for place, (label, amount) in enumerate(owed.buckets.items()):
        if amount > 0:
            width = amount * 100 / total
            parts.append(Part(label, amount, float(start), float(width), f"age-{place}"))
            start += width
    text = ", ".join(f"{one.label} {one.amount:,} {owed.currency}" for one in parts)
    return Bar(tuple(parts), text or "nothing is open")


def _contacts(shown: AccountAt) -> Sequence[ContactRow]:
    """The last contacts, the latest first."""
    asked = shown.asked
    with reading(asked.book.database, asked.as_known) as connection:
        rows = contact_rows(connection, shown.at - CONTACTS_BACK, shown.at, [shown.stream], shown.at)
    return rows[: -CONTACTS_SHOWN - 1 : -1]


def _coming(shown: AccountAt) -> list[str]:
    """What the engine will do next, each in a few words."""
    return [_done(shown, fact) for fact in shown.coming.facts]


def _done(shown: AccountAt, fact: Fact) -> str:
    lines = getattr(fact, "lines", ())
    concerned = [line.item for line in lines] or list(getattr(fact, "items", ()))
    about = f" for {', '.join(concerned[:3])}{' and more' * (len(concerned) > 3)}" if concerned else ""
    step = getattr(fact, "step", None) or (fact.because.step if fact.because else "")
    what = _KINDS.get(fact.TOPIC, fact.TOPIC)
    channel = getattr(fact, "channel", "")
    named = f" at step {step} ({shown.step_title(step)})" if step and shown.step_title(step) != step else ""
    return f"{what.format(channel=channel)}{named or (f' at step {step}' if step else '')}{about}"


_KINDS = {
    "ReminderIssued": "a reminder by {channel}",
    "CallScheduled": "a call goes on the worklist",
    "PlacementProposed": "a placement with an agency is proposed",
    "AccountPlaced": "a placement with an agency is made",
    "EscalationRaised": "somebody is told",
    "TraceRequested": "somebody is to find out where the debtor is",
    "PromiseKept": "a promise is judged kept",
    "PromisePartlyKept": "a promise is judged kept in part",
    "PromiseBroken": "a promise is judged broken",
    "InterestCharged": "interest is charged",
    "FeeCharged": "a fee is charged",
    "StepLapsed": "a step lapses",
    "StepWithheld": "a step is withheld, and the reason recorded",
    "ContactDeferred": "a contact is put off",
    "DebtorDetailsChanged": "the account changes its segment",
}
