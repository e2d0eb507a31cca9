"""How a text would read on an account: as an e-mail, a text message, a script, or a letter to open.

It is about all that may be demanded now. Nothing is sent, and nothing is recorded.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import HTMLResponse

from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.delivery.contact import templates_of
from arrears.delivery.render import Message
from arrears.delivery.settings import delivery_settings
from arrears.delivery.short import places
from arrears.delivery.templates import (
    TextFaulty,
    UnknownLanguage,
    UnknownTemplate,
    languages,
    template_names,
)
from arrears.telling.previews import Supposed, lacking, preview_letter, preview_message, suppose
from arrears.web.account_paths import Meant, meant
from arrears.web.errors import as_sentence
from arrears.web.headers import FRAMED, FRAMING
from arrears.web.pages import render
from arrears.web.two_clocks import clocks_of
from arrears.wiring import Book
from engine.domain.errors import RuleBroken
from engine.domain.facts.contacts import Channel
from policies.book import NoPolicy
from policies.view import View

router = APIRouter()

Reader = Annotated[User, signed_in("read")]
CHANNELS: dict[Channel, str] = {"email": "e-mail", "letter": "letter", "sms": "text message"}
KINDS = {**CHANNELS, "call": "call script"}
NO_NUMBER = "A text can be previewed on an account that still has its number."


@dataclass(frozen=True)
class Chosen:
    """What is to be previewed: a step or text, by which channel, in which language. None: as it would be."""

    text: str
    channel: Channel | None
    language: str | None

    @property
    def query(self) -> str:
        """The query string by which the same is asked."""
        asked = {"text": self.text, "channel": self.channel, "language": self.language}
        return urlencode({name: value for name, value in asked.items() if value})


def _chosen(text: str = "", channel: str = "", language: str = "") -> Chosen:
    known = next((one for one in CHANNELS if one == channel), None)
    return Chosen(text.strip(), known, language.strip() or None)


Choice = Annotated[Chosen, Depends(_chosen)]


@dataclass(frozen=True)
class Shown:
    """A text as it would read, and what there is not."""

    supposed: Supposed
    message: Message
    lacking: list[str]

    @property
    def places(self) -> int:
        """How much of a text message it takes."""
        return places(self.message.text)


@router.get("/accounts/{name:path}/preview")
def preview_page(request: Request, _: Reader, name: str, chosen: Choice) -> Response:
    """What would be sent: its words, and the e-mail or the letter itself."""
    account, book = meant(request, name), book_of(request)
    if not account.has_number:
        raise HTTPException(404, NO_NUMBER)
    offered, shown, broken = texts_offered(book, account.number), None, ""
    asked = chosen if chosen.text else Chosen(offered[0][0], chosen.channel, chosen.language)
    try:
        shown = _shown(book, account, asked)
    except HTTPException as refused:
        broken = refused.detail
    page = render(
        request, "accounts/preview.html", 422 if broken else 200, account=account, clocks=clocks_of(request),
        asked=asked, offered=offered, channels=CHANNELS, kinds=KINDS, languages=languages(), shown=shown,
        broken=broken,
    )  # fmt: skip
    page.headers.update(FRAMING)
    return page


def texts_offered(book: Book, number: str) -> list[tuple[str, str]]:
    """The steps of the account's policy that have a text, and all texts, each with what it is called."""
    with book.account(number) as account:
        policies, now = book.engine.policies(), book.clock()
        policy = View(account, policies, now).policy if policies.has_policy(account, now) else None
    steps = templates_of(policy) if policy else {}
    titles = {step.id: step.title or step.id for step in policy.steps} if policy else {}
    named = [(step, f"Step {titles[step]} ({text})") for step, text in steps.items() if text]
    return named + [(name, f"Text {name}") for name in template_names() if name not in steps]


def _shown(book: Book, account: Meant, asked: Chosen) -> Shown:
    """The text on the account; raises HTTPException with why there is none."""
    with _told():
        supposed = suppose(book, account.number, asked.text, asked.channel)
        message = preview_message(supposed, delivery_settings().named_creditor, asked.language)
        return Shown(supposed, message, [as_sentence(one) for one in lacking(supposed, asked.language)])


@contextmanager
def _told() -> Iterator[None]:
    """Says what cannot be shown in a sentence."""
    try:
        yield
    except (RuleBroken, NoPolicy, UnknownTemplate, UnknownLanguage, TextFaulty) as fault:
        raise HTTPException(422, as_sentence(str(fault))) from None


@router.get("/accounts/{name:path}/preview/mail")
def mail(request: Request, _: Reader, name: str, chosen: Choice) -> Response:
    """The message as a mail program shows it, for the frame of the page."""
    shown = _shown(book_of(request), meant(request, name), chosen)
    return HTMLResponse(shown.message.html, headers=FRAMED)


@router.get("/accounts/{name:path}/preview/letter")
def letter(request: Request, _: Reader, name: str, chosen: Choice) -> Response:
    """The letter as it would be printed, to be opened."""
    account, settings = meant(request, name), delivery_settings()
    with _told():
        supposed = suppose(book_of(request), account.number, chosen.text, "letter")
        pages = preview_letter(supposed, settings.named_creditor, chosen.language, settings.letters_window)
    headers = {"Content-Disposition": 'inline; filename="preview.pdf"', "Cache-Control": "no-store"}
    return Response(pages, media_type="application/pdf", headers=headers)
