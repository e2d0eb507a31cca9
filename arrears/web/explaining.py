"""Why a fact of an account is there, and what was done, and not done, on a day of it."""

from dataclasses import dataclass
from typing import Annotated, get_args

import orjson
from fastapi import APIRouter, HTTPException, Request, Response

from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.telling.explain import FactUnknown, explanation, knowledge_of_stream
from arrears.telling.explain_day import Shown, day_sentences
from arrears.telling.explain_fact import Explanation
from arrears.telling.feed import fact_rows
from arrears.web.account_paths import Meant, meant
from arrears.web.clocks import day_asked
from arrears.web.errors import as_sentence
from arrears.web.pages import render
from arrears.web.two_clocks import clocks_of
from arrears.wiring import Book
from engine.domain.errors import RuleBroken
from engine.domain.facts.base import Stored
from engine.domain.facts.contacts import Channel
from engine.replay.explaining import Asked, explain_day
from engine.sealing.standing import Sealing, sealings
from projections.audit import places_of
from projections.connection import reading

router = APIRouter()

Reader = Annotated[User, signed_in("read")]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
MOST_TOLD = 100
"""So many invoices are explained on a page; any other may be asked for."""


@dataclass(frozen=True)
class Record:
    """A fact as an auditor looks at it: whole, with its stamps, and whether it is as it was sealed."""

    json: str
    position: int
    sealing: Sealing


@router.get("/accounts/{name:path}/facts/{version}")
def fact_page(request: Request, user: Reader, name: str, version: int) -> Response:
    """A fact, and for a decision on what the engine decided it; for auditors the record itself."""
    account, clocks, book = meant(request, name), clocks_of(request), book_of(request)
    found = _explained(book, account, version)
    known = clocks.question.is_known(found.fact)
    if not known:
        raise HTTPException(404, f"Fact {version} was not known {clocks.question.known}.")
    record = _record(book, account, found) if user.may("read-log") else None
    return render(
        request, "accounts/fact.html", account=account, clocks=clocks, found=found, version=version,
        sentences=list(found.sentences()), record=record,
    )  # fmt: skip


def _explained(book: Book, account: Meant, version: int) -> Explanation:
    knowledge = knowledge_of_stream(book, account.stream)
    try:
        return explanation(knowledge, account.number, version, book.engine.policies(), book.zone)
    except FactUnknown as unknown:
        raise HTTPException(404, as_sentence(str(unknown))) from None


def _record(book: Book, account: Meant, found: Explanation) -> Record:
    with reading(book.database) as connection:
        place = places_of(connection, account.stream, [found.version])[found.version]
    stored = Stored(place.position, account.stream, found.version, found.fact)
    [row] = fact_rows(book, [stored])
    text = orjson.dumps(row, option=orjson.OPT_INDENT_2).decode()
    return Record(text, place.position, sealings(book.store, [place.position])[place.position])


# --- a day ------------------------------------------------------------------------------------------------


@router.get("/accounts/{name:path}/day")
def day_page(
    request: Request, _: Reader, name: str, on: str = "", invoice: str = "", channel: str = ""
) -> Response:
    """What the engine did on a day, and of every step that it did not take why not."""
    account, clocks, book = meant(request, name), clocks_of(request), book_of(request)
    day, lines, broken = day_asked(request, "on"), [], ""
    if day is not None:
        knowledge = knowledge_of_stream(book, account.stream)
        asked = Asked(day, book.clock(), book.zone, clocks.question.as_known)
        known_channel: Channel | None = channel if channel in CHANNELS else None
        explained = explain_day(knowledge, asked)
        shown = Shown(account.number, explained, (invoice,) if invoice else (), known_channel, MOST_TOLD)
        try:
            shown.check_invoices(knowledge)
            lines = [_indented(line) for line in day_sentences(shown)]
        except RuleBroken as unknown:
            broken = as_sentence(str(unknown))
    return render(
        request, "accounts/day.html", 422 if broken else 200, account=account, clocks=clocks, on=on,
        invoice=invoice, channel=channel, channels=CHANNELS, lines=lines, broken=broken,
    )  # fmt: skip


def _indented(line: str) -> tuple[int, str]:
    """How deep a line of the explanation stands, and what it says."""
    text = line.lstrip()
    return (len(line) - len(text)) // 2, text
