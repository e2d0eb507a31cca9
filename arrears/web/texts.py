"""The texts of contacts: which there are, which steps use them, and how each is worded."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.delivery.templates import UnknownLanguage, UnknownTemplate, best_language, worded_in
from arrears.telling.texts import template_answer, templates_answer
from arrears.web.errors import as_sentence
from arrears.web.forms import account_path
from arrears.web.pages import render
from arrears.web.tables import Column

router = APIRouter()

Reader = Annotated[User, signed_in("read")]
COLUMNS = (Column("Text"), Column("Kind"), Column("Languages"), Column("Used by"))


@router.get("/texts")
def texts_page(request: Request, _: Reader) -> Response:
    """The texts, in which languages, and the steps of the policies that use them."""
    answer = templates_answer(book_of(request).engine.policies())
    return render(request, "policies/texts.html", columns=COLUMNS, texts=answer["templates"])


@router.get("/texts/{name}")
def text_page(request: Request, _: Reader, name: str, language: str = "") -> Response:
    """A text as it is kept, with the places where figures are put in."""
    try:
        worded = worded_in(name)
        shown = template_answer(name, language or (worded[0] if best_language() not in worded else None))
    except (UnknownTemplate, UnknownLanguage) as unknown:
        raise HTTPException(404, as_sentence(str(unknown))) from None
    users = next(
        one["used"]
        for one in templates_answer(book_of(request).engine.policies())["templates"]
        if one["template"] == name
    )
    return render(request, "policies/text.html", shown=shown, worded=worded, users=users)


@router.get("/texts/{name}/preview")
def preview_on(request: Request, _: Reader, name: str, account: str = "", language: str = "") -> Response:
    """On to the account on which the text is to be previewed."""
    if not account.strip():
        raise HTTPException(422, "Account: say on which account the text is to be previewed.")
    asked = urlencode({"text": name} | ({"language": language} if language else {}))
    return RedirectResponse(f"{account_path(account.strip())}/preview?{asked}", status_code=303)
