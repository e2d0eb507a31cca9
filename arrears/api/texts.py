"""The texts of contacts: which there are, how each is worded, and how one reads on an account."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from arrears.access.users import User
from arrears.access.web import signed_in
from arrears.api.accounts import Number
from arrears.api.answers import answered
from arrears.api.asking import AskedBook
from arrears.api.schemas import PROBLEMS, told
from arrears.delivery.settings import delivery_settings
from arrears.telling.previews import preview_letter, preview_message, suppose
from arrears.telling.texts import preview_answer, template_answer, templates_answer
from engine.domain.facts.contacts import Channel

router = APIRouter(tags=["texts"])

Reader = Annotated[User, signed_in("read")]
Name = Annotated[str, Path(description="the name of the text", examples=["collection-notice"])]
_PDF = {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
Language = Annotated[
    str | None, Query(max_length=20, description="en, de, fr or es; by default the debtor's, else English")
]


@router.get("/templates", summary="Texts of contacts", **told("Templates"))
def templates(_: Reader, book: AskedBook) -> Response:
    """The texts, in which languages, and the steps that use them in this book."""
    return answered(templates_answer(book.engine.policies()))


@router.get("/templates/{template}", summary="A text", **told("Template"))
def template(_: Reader, template: Name, language: Language = None) -> Response:
    """The text as it is kept, with the places where figures are put in."""
    return answered(template_answer(template, language))


@router.get(
    "/accounts/{account:path}/templates/{template}", summary="A text as it reads on an account",
    **told("Preview"),
)  # fmt: skip
def preview(
    _: Reader, book: AskedBook, account: Number, template: Name, language: Language = None,
    channel: Annotated[Channel | None, Query(description="how it would go; else as its step does")] = None,
) -> Response:  # fmt: skip
    """About all that may be demanded of the account now. Nothing is sent, and nothing is recorded."""
    supposed = suppose(book, account, template, channel)
    message = preview_message(supposed, delivery_settings().named_creditor, language)
    return answered(preview_answer(supposed, message, language))


@router.get(
    "/accounts/{account:path}/templates/{template}/letter", summary="A text as a letter to an account",
    response_class=Response, responses=PROBLEMS | {200: {"description": "as it would be printed", **_PDF}},
)  # fmt: skip
def letter(
    _: Reader, book: AskedBook, account: Number, template: Name, language: Language = None
) -> Response:
    """The PDF, with the window that is set for letters. Nothing is printed, and nothing is recorded."""
    settings = delivery_settings()
    supposed = suppose(book, account, template, "letter")
    pages = preview_letter(supposed, settings.named_creditor, language, settings.letters_window)
    return Response(pages, media_type="application/pdf")
