"""Files that come and go: attachments of accounts, imports, and the dispute bundle."""

from pathlib import Path as FilePath
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, File, Form, HTTPException, Path, Query, Request, Response, UploadFile

from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.api.accounts import Number
from arrears.api.answers import answered
from arrears.api.asking import Asked, AskedBook, AsKnown, moment
from arrears.api.schemas import PROBLEMS, told
from arrears.api.texts import Language
from arrears.casework.attachments import UNKNOWN_TYPE, attach, attachments_of, content_of
from arrears.commands.base import RequestUnfit
from arrears.delivery.settings import delivery_settings
from arrears.delivery.templates import template, template_names
from arrears.dossier.bundle import evidence, zipped
from arrears.dossier.content import Asked as Dispute
from arrears.dossier.content import gather
from arrears.dossier.pages import pdf
from arrears.dossier.telling import file_name, telling
from arrears.imports.commands import Mode
from arrears.imports.faults import Reading
from arrears.imports.importing import Import, bring_in
from arrears.imports.ledger import parse_ledger
from arrears.imports.mapping import Mapping, find_map, shipped_maps
from arrears.imports.reading import read_content
from arrears.imports.rows import KINDS
from arrears.telling.casework import attachment_row
from arrears.telling.reconciling import reconcile_answer
from arrears.telling.recorded import recorded
from engine.attachments import LARGEST_BYTES
from engine.domain.errors import RuleBroken

router = APIRouter(tags=["files"])

Reader = Annotated[User, signed_in("read")]
LARGEST_IMPORT_BYTES = 100_000_000
_ZIP = {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}
_BYTES = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


class FileRefused(RuleBroken):
    sentence = "'{file}' has {count} faults, listed in the data; nothing was stored"


class MapUnknown(RequestUnfit):
    """A map that is not shipped; a server reads no other files."""

    def __init__(self, name: str) -> None:
        super().__init__(f"map: there is no map '{name}': expected one of {', '.join(shipped_maps())}")


# --- attachments ------------------------------------------------------------------------------------------


@router.get("/accounts/{account:path}/attachments", summary="Files of an account", **told("Attachments"))
def attachments(_: Reader, book: AskedBook, account: Number) -> Response:
    """Which files belong to the account, in the order in which they were attached."""
    rows = [attachment_row(one) for one in attachments_of(book, account)]
    return answered({"account": account, "attachments": rows})


@router.post("/accounts/{account:path}/attachments", summary="Attach a file", **told("Recorded", status=201))
def add_attachment(
    request: Request, user: Annotated[User, signed_in("contact")], account: Number,
    file: Annotated[UploadFile, File(description="up to 10 MiB")],
    note: Annotated[str | None, Form(min_length=1, max_length=10_000)] = None,
) -> Response:  # fmt: skip
    """Stores the file, and the fact that it belongs to the account; nothing new where it does already."""
    book = book_of(request).speaking_for(user.name, user.role)
    content = file.file.read(LARGEST_BYTES + 1)
    name = FilePath(file.filename or "file").name or "file"
    facts = attach(book, account, name, content, note=note, media_type=file.content_type)
    return answered({"recorded": recorded(facts), "already_known": not facts}, 201 if facts else 200)


@router.get(
    "/accounts/{account:path}/attachments/{attachment}", summary="A file of an account",
    response_class=Response, responses=PROBLEMS | {200: {"description": "its bytes", **_BYTES}},
)  # fmt: skip
def attachment(
    _: Reader, book: AskedBook, account: Number, attachment: Annotated[str, Path(examples=["file-1"])]
) -> Response:
    """The bytes as they were attached, which have the recorded hash."""
    found, content = content_of(book, account, attachment)
    return download(content, str(found.file_name))


def download(content: bytes, name: str, media_type: str = UNKNOWN_TYPE) -> Response:
    """Bytes to be kept under a name; no browser is to open them in our name."""
    named = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return Response(content, 200, {"Content-Disposition": named}, media_type)


# --- the dispute bundle -----------------------------------------------------------------------------------


@router.get(
    "/accounts/{account:path}/dossier", summary="The dispute bundle", response_class=Response,
    responses=PROBLEMS | {200: {"description": "a PDF for people, facts and proofs for checking", **_ZIP}},
)  # fmt: skip
def dossier(
    _: Reader, book: AskedBook, account: Number, as_known: AsKnown = None, language: Language = None,
    invoice: Annotated[str | None, Query(max_length=200, description="only what is about it")] = None,
) -> Response:  # fmt: skip
    """An account's, or an invoice's, whole history in one file, to be read and to be checked by anybody."""
    if language is not None:
        template(template_names()[0], language)  # refuses a language before any work is done
    creditor = delivery_settings().named_creditor
    made = gather(book, Dispute(account, invoice, moment(as_known, book), language, creditor))
    found = evidence(book, made)
    content = zipped(made, found, pdf(made, found, telling(account, book.engine.policies(), book.zone)))
    return download(content, file_name(account), "application/zip")


# --- imports ----------------------------------------------------------------------------------------------


@router.post("/imports/{kind}", summary="Import a file", **told("Imported"))
def import_file(
    request: Request, user: Annotated[User, signed_in("post")],
    kind: Annotated[Literal[tuple(KINDS)], Path(description="what the file holds")],  # type: ignore[valid-type]
    file: Annotated[UploadFile, File(description="a CSV file")],
    map: Annotated[str | None, Form(max_length=100, description="a shipped map")] = None,
    backfill: Annotated[bool, Form(description="history: each fact was known on its own date")] = False,
    skip_bad: Annotated[bool, Form(description="store the rest where some rows are bad")] = False,
    preview: Annotated[bool, Form(description="store nothing: say what would be stored")] = False,
) -> Response:  # fmt: skip
    """Stores the file whole or not at all; every bad row is listed, and what was stored before is known.

    Answers with 422 where anything is bad and bad rows are not to be skipped, and then nothing is stored.
    """
    book = book_of(request).speaking_for(user.name, user.role)
    mode: Mode = "backfill" if backfill else "live"
    reading = _reading(file, kind, None if map is None else _map(map))
    how = Import(
        mode, f"import by {book.by}", book.clock(), book.zone, skip_bad, preview=preview, role=book.role
    )
    imported = bring_in(book.engine, [reading], how)
    book.catch_up()
    if imported.faults and not (skip_bad or preview):
        faults = [fault.as_json() for fault in imported.faults]
        raise FileRefused(file=reading.file, count=len(faults), faults=faults)
    return answered({"preview": preview, **imported.as_json()})


@router.post("/reconciliations", summary="Compare with a ledger", **told("Reconciled", status=200))
def reconcile(
    _: Reader, asked: Asked, file: Annotated[UploadFile, File(description="CSV: account, currency, balance")]
) -> Response:
    """Each balance of the file that is not the book's, on both clocks; nothing is stored."""
    ledger = parse_ledger(*_content(file, "ledger.csv"))
    if ledger.faults:
        faults = [fault.as_json() for fault in ledger.faults]
        raise FileRefused(file=ledger.file, count=len(faults), faults=faults)
    return answered(reconcile_answer(asked, ledger.balances))


def _map(name: str) -> Mapping:
    if name not in shipped_maps():
        raise MapUnknown(name)
    return find_map(name)


def _reading(file: UploadFile, kind: str, mapping: Mapping | None) -> Reading:
    """What the file holds, under its own name."""
    name, content = _content(file, f"{kind}.csv")
    return read_content(name, content, kind, mapping)


def _content(file: UploadFile, unnamed: str) -> tuple[str, bytes]:
    content = file.file.read(LARGEST_IMPORT_BYTES + 1)
    if len(content) > LARGEST_IMPORT_BYTES:
        raise HTTPException(413, "the file is too long")
    return FilePath(file.filename or "").name or unnamed, content
