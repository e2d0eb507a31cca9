"""Files brought in from a page: looked at first, with all that is wrong, and stored only then."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, HTTPException, Request, Response, UploadFile

from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.imports.faults import Fault, Reading, rejects_of
from arrears.imports.importing import Import, bring_in
from arrears.imports.mapping import Mapping, MapRefused, find_map, parse_mapping, shipped_maps
from arrears.imports.reading import read_content
from arrears.imports.rows import KINDS, Row
from arrears.web import flash
from arrears.web.pages import render
from arrears.web.tables import Column
from arrears.wiring import Book
from arrears.working.background import Background, Cancelled, Work, WorkUnknown

router = APIRouter()

MOST_BYTES = 20_000_000
REMEMBERED = 5  # each with its file
FAULTS_SHOWN, ROWS_SHOWN = 200, 10
OWN_MAP = "own"

Poster = Annotated[User, signed_in("post")]
Text = Annotated[str, Form()]
Taken = Literal["live", "backfill"]

FAULTS = (Column("Line", figure=True), Column("Column"), Column("Found"), Column("Expected"))


@dataclass(frozen=True)
class Upload:
    """A file as it was sent, and how it is to be taken."""

    name: str
    content: bytes = field(repr=False)
    kind: str
    mapping: Mapping | None
    taken: Taken
    skip_bad: bool

    def read(self) -> Reading:
        """What it holds; a reading is used up by one look."""
        return read_content(self.name, self.content, self.kind, self.mapping)


@dataclass(eq=False)
class ImportWork(Work):
    """A look at a file, or its import; what it found."""

    upload: Upload | None = None
    is_preview: bool = True
    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    rejects: bytes = b""

    @property
    def is_good(self) -> bool:
        """Whether an import of the same file would store something."""
        return self.state == "done" and bool(self.answer.get("stored"))


def start(background: Background, book: Book, upload: Upload, is_preview: bool) -> ImportWork:
    """Begins to look at a file, or to store it; raises StillRunning."""
    what = "Preview of" if is_preview else "Import of"
    work = ImportWork(
        f"{what} {upload.name}", book.by, book.clock(), 0, "import", upload=upload, is_preview=is_preview
    )
    background.start(work, lambda: work.attempt(partial(_carry_out, work, book, upload)))
    return work


def _carry_out(work: ImportWork, book: Book, upload: Upload) -> dict[str, Any]:
    reading = upload.read()
    work.rows, work.parts = reading.rows[:ROWS_SHOWN], len(reading.rows)
    how = Import(
        upload.taken, f"import by {book.by}", book.clock(), book.zone, upload.skip_bad,
        seen=_counted(work), preview=work.is_preview, role=book.role,
    )  # fmt: skip
    imported = bring_in(book.engine, [reading], how)
    if not work.is_preview:
        book.catch_up()
    work.faults = imported.faults
    work.rejects = rejects_of(reading) if reading.rejects else b""
    return {
        "stored": dict(sorted(imported.stored.items())), "already_known": imported.already_known,
        "skipped": imported.skipped, "faults": len(imported.faults),
    }  # fmt: skip


def _counted(work: Work) -> Callable[[], None]:
    def seen() -> None:
        work.done += 1
        if work.stop.is_set():
            raise Cancelled  # inside the one transaction: nothing is stored

    return seen


# --- pages ------------------------------------------------------------------------------------------------


@router.get("/imports")
def imports(request: Request, _: Poster) -> Response:
    """The form for a file, and what was brought in since this server started."""
    return _page(request)


def _page(request: Request, problems: list[str] | None = None, **typed: str) -> Response:
    return render(
        request, "imports/list.html", 422 if problems else 200, works=_background(request).latest(),
        kinds=KINDS, maps=shipped_maps(), own_map=OWN_MAP, wrong=problems or [], typed=typed,
    )  # fmt: skip


@router.post("/imports")
def look(
    request: Request, user: Poster, file: Annotated[UploadFile, File()], kind: Text, map_name: Text = "",
    map_file: Annotated[UploadFile | None, File()] = None, taken: Text = "live", skip_bad: Text = "",
) -> Response:  # fmt: skip
    """Begins to look at a file; nothing is stored."""
    typed = {"kind": kind, "map_name": map_name, "taken": taken, "skip_bad": skip_bad}
    content = file.file.read(MOST_BYTES + 1)
    problems = _problems(file.filename, content, kind, taken)
    mapping = None
    try:
        mapping = _mapping(map_name, map_file)
    except MapRefused as refused:
        problems += [f"{refused.file}: {one}" for one in refused.problems]
    if problems:
        return _page(request, problems, **typed)
    upload = Upload(
        file.filename or kind, content, kind, mapping,
        "backfill" if taken == "backfill" else "live", bool(skip_bad),
    )  # fmt: skip
    work = start(_background(request), book_of(request).speaking_for(user.name, user.role), upload, True)
    return flash.see_other(f"/imports/{work.id}")


def _problems(name: str | None, content: bytes, kind: str, taken: str) -> list[str]:
    found = []
    if not name:
        found.append("Choose a file.")
    elif len(content) > MOST_BYTES:
        found.append(f"The file is larger than {MOST_BYTES // 1_000_000} MB: use 'arrears import' for it.")
    if kind not in KINDS:
        found.append(f"There is no kind '{kind}': expected one of {', '.join(KINDS)}.")
    if taken not in ("live", "backfill"):
        found.append("Say whether it is news or history.")
    return found


def _mapping(map_name: str, map_file: UploadFile | None) -> Mapping | None:
    """The map that was chosen; raises MapRefused."""
    if map_name == OWN_MAP:
        if map_file is None or not map_file.filename:
            raise MapRefused("the map", ["expected a TOML file"])
        return parse_mapping(map_file.file.read(MOST_BYTES), map_file.filename)
    if map_name and map_name not in shipped_maps():
        raise MapRefused(map_name, ["expected one of the maps that are offered"])
    return find_map(map_name) if map_name else None


@router.get("/imports/{name}")
def looked_at(request: Request, _: Poster, name: str) -> Response:
    """How far it has come; in the end, what it found or stored."""
    work = _find(request, name)
    state = work.state  # before what it found is looked at: it may end meanwhile
    return render(
        request, "imports/import.html", work=work, fault_columns=FAULTS, faults=work.faults[:FAULTS_SHOWN],
        row_columns=_columns(work.rows), state=state,
    )  # fmt: skip


def _columns(rows: list[Row]) -> list[str]:
    """The columns that any of the first rows fills, in the order of the kind."""
    kinds = dict.fromkeys(type(row) for row in rows)
    names = dict.fromkeys(name for kind in kinds for name in kind.columns())
    return [name for name in names if any(getattr(row, name, None) not in (None, (), "") for row in rows)]


@router.post("/imports/{name}/store")
def store(request: Request, user: Poster, name: str) -> Response:
    """Brings in the file that was looked at."""
    work = _find(request, name)
    if work.upload is None or not work.is_preview or not work.is_good:
        raise HTTPException(409, "There is nothing to bring in: look at a file first.")
    book = book_of(request).speaking_for(user.name, user.role)
    return flash.see_other(f"/imports/{start(_background(request), book, work.upload, False).id}")


@router.post("/imports/{name}/cancel")
def cancel(request: Request, _: Poster, name: str) -> Response:
    """Has it stop; nothing of it is stored."""
    work = _find(request, name)
    work.stop.set()
    return flash.see_other(f"/imports/{work.id}", "It stops; nothing of it is stored.")


@router.get("/imports/{name}/rejects")
def rejects(request: Request, _: Poster, name: str) -> Response:
    """The lines that were refused, under the file's own header, to be mended and sent again."""
    work = _find(request, name)
    if not work.rejects:
        raise HTTPException(404, "No line was refused.")
    return Response(
        work.rejects, media_type="text/csv",
        headers={"Content-Disposition": 'attachment; filename="rejects.csv"', "Cache-Control": "no-store"},
    )  # fmt: skip


def _background(request: Request) -> Background:
    background = request.app.state.imports
    assert isinstance(background, Background)
    return background


def _find(request: Request, name: str) -> ImportWork:
    try:
        found = _background(request).find(name)
    except WorkUnknown:
        sentence = "This server knows no such import. The last few are remembered until it is restarted."
        raise HTTPException(404, sentence) from None
    assert isinstance(found, ImportWork)
    return found
