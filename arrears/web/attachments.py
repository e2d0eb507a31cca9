"""Files of an account: which there are; a new one taken in, one given out so that it stays a file."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.casework.attachments import UNKNOWN_TYPE, attach, attachments_of, content_of
from arrears.web import flash
from arrears.web.errors import as_sentence
from arrears.web.forms import account_path
from arrears.web.pages import render
from arrears.web.tables import Column
from engine.attachments import LARGEST_BYTES
from engine.domain.errors import RuleBroken
from engine.domain.facts.base import Erased

router = APIRouter()

Reader = Annotated[User, signed_in("read")]
Giver = Annotated[User, signed_in("contact")]

COLUMNS = (
    *(Column("File"), Column("Kind"), Column("Bytes", figure=True), Column("Added"), Column("By")),
    Column("Note"),
)
NO_FILE = "Choose a file first."


@router.get("/accounts/{number:path}/attachments")
def attachments_page(request: Request, _: Reader, number: str) -> Response:
    """The files of the account, and a form for one more."""
    return _page(request, number)


def _page(request: Request, number: str, error: str = "", note: str = "", status: int = 200) -> Response:
    files = attachments_of(book_of(request), number)
    return render(
        request, "forms/attachments.html", status, number=number, files=files, columns=COLUMNS, error=error,
        typed_note=note, largest_bytes=LARGEST_BYTES, account_path=account_path,
        path=attachments_path(number),
    )  # fmt: skip


def attachments_path(number: str) -> str:
    """The page of the files of an account."""
    return f"{account_path(number)}/attachments"


@router.post("/accounts/{number:path}/attachments")
async def take_in(request: Request, user: Giver, number: str) -> Response:
    """Stores a file with the fact that it belongs to the account."""
    sent = await request.form()
    file, note = sent.get("file"), str(sent.get("note") or "").strip()
    if not isinstance(file, UploadFile) or not file.filename:
        return await run_in_threadpool(_page, request, number, NO_FILE, note, 422)
    content = await file.read(LARGEST_BYTES + 1)  # one byte more than may be: it is refused by its size
    return await run_in_threadpool(_take_in, request, user, number, file.filename, content, note)


def _take_in(request: Request, user: User, number: str, name: str, content: bytes, note: str) -> Response:
    book = book_of(request).speaking_for(user.name, user.role)
    try:
        facts = attach(book, number, name, content, note=note or None)
    except RuleBroken as refused:
        return _page(request, number, as_sentence(str(refused)), note, 409)
    said = f"{name} is attached." if facts else f"{name} is attached already, with the same content."
    return flash.see_other(attachments_path(number), said, "done" if facts else "warning")


@router.get("/accounts/{number:path}/attachments/{attachment}")
def give_out(request: Request, _: Reader, number: str, attachment: str) -> Response:
    """The file as it was taken in: to be saved, never to be shown as a page of ours."""
    try:
        found, content = content_of(book_of(request), number, attachment)
    except RuleBroken as missing:
        raise HTTPException(404, as_sentence(str(missing))) from None
    name = attachment if isinstance(found.file_name, Erased) else found.file_name
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-store",
    }
    return Response(content, media_type=found.media_type or UNKNOWN_TYPE, headers=headers)
