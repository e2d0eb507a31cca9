"""Bringing history and news into the book: `arrears import …` and `arrears export facts`."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from arrears.cli.output import console, counted, errors, print_json
from arrears.cli.running import progress
from arrears.cli.session import Session, parse_date, session_of
from arrears.imports.commands import Mode
from arrears.imports.faults import Reading, rejects_of
from arrears.imports.folder import read_folder
from arrears.imports.importing import Import, Imported, bring_in
from arrears.imports.log import export_facts
from arrears.imports.log_import import Moved, import_facts
from arrears.imports.log_reading import FactsRefused
from arrears.imports.mapping import find_map
from arrears.imports.reading import read_rows
from arrears.imports.rows import KINDS
from arrears.wiring import Book

BAD_INPUT = 2
FAULTS_SHOWN = 200

Map = Annotated[str | None, typer.Option("--map", metavar="MAP", help="a map, or a shipped one's name")]
Backfill = Annotated[bool, typer.Option("--backfill", help="history: each fact was known on its own date")]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="import the rest, and write the rejects to a file")]

importing = typer.Typer(no_args_is_help=True, help="Bring files into the book, whole or not at all.")
exporting = typer.Typer(no_args_is_help=True, help="Take facts out of the book.")


def register(app: typer.Typer) -> None:
    for kind in KINDS:
        importing.command(kind, help=_help(kind))(_import_kind(kind))
    app.add_typer(importing, name="import")
    app.add_typer(exporting, name="export")


def _help(kind: str) -> str:
    row = KINDS[kind]
    optional = [name for name in row.columns() if name not in row.required()]
    return (
        f"Import {kind} from a CSV file.\n\nColumns: {', '.join(row.required())}; may also have: "
        f"{', '.join(optional)}.\n\nExample: arrears import {kind} {kind}.csv"
    )


def _import_kind(kind: str) -> Callable[..., None]:
    def import_kind(
        context: typer.Context, file: Path, map_name: Map = None, backfill: Backfill = False,
        skip_bad: SkipBad = False,
    ) -> None:  # fmt: skip
        readings = [read_rows(file, kind, find_map(map_name) if map_name else None)]
        _bring_in(session_of(context), readings, [file], backfill, skip_bad)

    return import_kind


@importing.command("folder")
def folder(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR")],
    maps: Annotated[Path | None, typer.Option("--map", metavar="DIR", help="maps named as the files")] = None,
    backfill: Backfill = False,
    live: Annotated[
        bool, typer.Option("--live", help="play it as though the engine had been running since the first day")
    ] = False,
    until: Annotated[
        date | None,
        typer.Option(parser=parse_date, metavar="DATE", help="with --live: play on to the end of that day"),
    ] = None,
    skip_bad: SkipBad = False,
) -> None:
    """Import accounts.csv, invoices.csv, payments.csv … of a folder, as far as present, in date order.

    Example: arrears import folder history --live
    """
    if backfill and live:
        raise typer.BadParameter("--backfill and --live exclude each other: history is taken over or played")
    if until is not None and not live:
        raise typer.BadParameter("--until goes with --live")
    files, readings = read_folder(folder, maps)
    _bring_in(session_of(context), readings, files, backfill, skip_bad, live, until)


@importing.command("facts")
def facts(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="what was exported; - is standard input")],
) -> None:
    """Import a whole log that 'arrears export facts' wrote into a new book, and read it back.

    The keys of an encrypted book go first: 'arrears keys import'.

    \b
    Example: arrears import facts log.ndjson --book sqlite:///copy.db
    """
    session = session_of(context)
    with session.book(create=True, found=False) as book, _lines(file) as lines:
        bar = progress("facts", None)
        try:
            with bar:
                moved = import_facts(book.store, lines, file.name, partial(bar.advance, bar.task_ids[0]))
        except FactsRefused as refused:
            _show_faults(session, [str(fault) for fault in refused.faults], "Nothing was stored.")
            raise typer.Exit(BAD_INPUT) from None
        book.catch_up()
    _report_move(session, moved)


@contextmanager
def _lines(file: Path) -> Iterator[Iterable[bytes]]:
    if str(file) == "-":
        yield typer.get_binary_stream("stdin")
        return
    with file.open("rb") as lines:
        yield lines


def _report_move(session: Session, moved: Moved) -> None:
    if session.format == "json":
        print_json({
            "stored": moved.facts, "checkpoints": moved.checkpoints, "attachments": moved.attachments,
            "keys_destroyed": moved.keys_destroyed,
        })  # fmt: skip
        return
    console().print(f"{counted(moved.facts, 'facts')} stored, and read back as they were.")
    if moved.checkpoints:
        console().print(f"{counted(moved.checkpoints, 'checkpoints')} came with them: 'arrears verify'.")
    if moved.attachments:
        console().print(f"{counted(moved.attachments, 'attachments')} came with them.")
    if moved.keys_destroyed:
        said = "destroyed: their accounts are erased, and the key ring that was brought in is older."
        console().print(f"{counted(moved.keys_destroyed, 'keys')} {said}", soft_wrap=True)


@exporting.command("facts")
def export(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="where to; by default standard output")] = None,
) -> None:
    """Write the whole log as NDJSON, a fact a line, exactly as stored, then checkpoints and files.

    It may run beside the engine, and needs no key.

    \b
    Example: arrears export facts log.ndjson
    """
    bar = progress("facts", None)
    with session_of(context).book() as book, bar:
        written = partial(bar.advance, bar.task_ids[0])
        if file is None:
            export_facts(book.store, typer.get_binary_stream("stdout"), written)
            return
        with file.open("wb") as out:
            count = export_facts(book.store, out, written)
    errors().print(f"{counted(count, 'facts')} written to {file}.")


def _bring_in(
    session: Session, readings: list[Reading], files: list[Path], backfill: bool, skip_bad: bool,
    live: bool = False, until: date | None = None,
) -> None:  # fmt: skip
    with session.book(create=True) as book:
        mode: Mode = "played" if live else "backfill" if backfill else "live"
        imported = import_readings(book, readings, mode, skip_bad=skip_bad, until=until)
    rejected = _write_rejects(readings, files) if skip_bad else []
    _report(session, imported, rejected, skip_bad)
    if imported.faults and (not skip_bad or any(reading.unreadable for reading in readings)):
        raise typer.Exit(BAD_INPUT)


def import_readings(
    book: Book, readings: list[Reading], mode: Mode, *, skip_bad: bool = False, until: date | None = None
) -> Imported:
    """Brings readings into a book, with a progress bar, and brings its tables up."""
    bar = progress("rows", sum(len(reading.rows) for reading in readings))
    with bar:
        how = Import(
            mode, f"import by {book.by}", book.clock(), book.zone, skip_bad, until,
            partial(bar.advance, bar.task_ids[0]), role=book.role,
        )  # fmt: skip
        imported = bring_in(book.engine, readings, how)
    book.catch_up()
    return imported


def _write_rejects(readings: list[Reading], files: list[Path]) -> list[Path]:
    """Writes the rejects of each file beside it, to be mended and imported again."""
    written = []
    for file, reading in zip(files, readings, strict=False):
        if reading.rejects:
            written.append(file.with_suffix(".rejects.csv"))
            written[-1].write_bytes(rejects_of(reading))
    return written


def _report(session: Session, imported: Imported, rejected: list[Path], skip_bad: bool) -> None:
    if session.format == "json":
        print_json(imported.as_json() | {"rejects": [str(path) for path in rejected]})
        return
    end = f"Rejects are in {', '.join(map(str, rejected))}." if skip_bad else "Nothing was stored."
    _show_faults(session, [str(fault) for fault in imported.faults], end)
    if imported.faults and not skip_bad:
        return
    stored = ", ".join(f"{count} {kind}" for kind, count in sorted(imported.stored.items())) or "nothing new"
    console().print(f"Stored: {stored}.", soft_wrap=True)
    if imported.already_known:
        console().print(f"{imported.already_known} rows were already recorded with the same content.")
    if imported.skipped:
        console().print(f"{imported.skipped} rows were left out by the map's filters.")


def _show_faults(session: Session, faults: list[str], end: str) -> None:
    if session.format == "json" and faults:
        print_json({"stored": {}, "faults": faults})
        return
    for fault in faults[:FAULTS_SHOWN]:
        errors().print(fault, soft_wrap=True, markup=False, highlight=False)
    if len(faults) > FAULTS_SHOWN:
        errors().print(f"… and {len(faults) - FAULTS_SHOWN} more.")
    if faults:
        errors().print(f"{counted(len(faults), 'faults')}. {end}", soft_wrap=True)
