"""The root of the command line: the options every command takes, and what becomes of errors."""

import gc
import sys
from collections.abc import Sequence
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson
import typer
from eventsourcing.persistence import PersistenceError
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError
from typer.exceptions import TyperException

from arrears.cli import (
    backup,
    bounces,
    delivering,
    demo,
    dossier,
    erasing,
    imports,
    interest,
    keys,
    letters,
    operating,
    people,
    policies,
    reevaluating,
    replaying,
    reports,
    running,
    sealing,
    serve,
    texts,
    users,
    webhooks,
)
from arrears.cli.session import Format, Session
from arrears.commands.base import RequestUnfit
from arrears.delivery.mailbox import MailboxDown
from arrears.delivery.settings import SettingFault
from arrears.delivery.templates import TextFaulty, UnknownLanguage, UnknownTemplate
from arrears.imports.log_import import StoredDiffers
from arrears.imports.log_reading import AttachmentsCut
from arrears.imports.mapping import MapRefused, UnknownMap
from arrears.wiring import LOCAL_ROLE, NoSuchBook
from engine.codec import UnknownTopic
from engine.domain.errors import RuleBroken
from engine.domain.money import TooPrecise, UnknownCurrency
from engine.encryption.faults import KeyFault
from engine.replay.cluster import ClusterFailed, DaskMissing
from engine.replay.partitions import COLLECTOR, PartitionFailed, WorkersLost
from engine.store import Conflict, UnsupportedBook
from policies.approval_rules import Role
from policies.book import NoPolicy
from policies.document import PolicyInvalid

DIFFERENT, BAD_INPUT, REFUSED, NO_BOOK, BUSY = 1, 2, 3, 4, 5
EXIT_CODES = """Exit codes: 0 done; 1 differences were found; 2 wrong usage or bad input; 3 a rule refused it;
4 no such book, or it (its keys, a cluster) cannot be reached; 5 others were faster too often, or a worker was
ended from outside: try again."""

_FAULTS: dict[type[Exception], int] = {
    RuleBroken: REFUSED,
    NoPolicy: REFUSED,
    TooPrecise: BAD_INPUT,
    RequestUnfit: BAD_INPUT,
    UnknownCurrency: BAD_INPUT,
    PolicyInvalid: BAD_INPUT,
    MapRefused: BAD_INPUT,
    UnknownMap: BAD_INPUT,
    UnknownTemplate: BAD_INPUT,
    TextFaulty: BAD_INPUT,
    SettingFault: BAD_INPUT,
    UnknownLanguage: BAD_INPUT,
    UnknownTopic: BAD_INPUT,
    StoredDiffers: DIFFERENT,
    AttachmentsCut: BAD_INPUT,
    FileNotFoundError: BAD_INPUT,
    UnicodeDecodeError: BAD_INPUT,
    UnsupportedBook: NO_BOOK,
    ArgumentError: NO_BOOK,
    NoSuchBook: NO_BOOK,
    OperationalError: NO_BOOK,
    PersistenceError: NO_BOOK,
    DatabaseError: NO_BOOK,
    NoSuchModuleError: NO_BOOK,
    OSError: NO_BOOK,
    MailboxDown: NO_BOOK,
    KeyFault: NO_BOOK,
    DaskMissing: BAD_INPUT,
    ClusterFailed: NO_BOOK,
    WorkersLost: BUSY,
    Conflict: BUSY,
}
EVERYWHERE = ("--book", "--format", "--zone", "--by", "--as")
PLAIN = "--plain"

app = typer.Typer(
    name="arrears", no_args_is_help=True, add_completion=False, rich_markup_mode=None, epilog=EXIT_CODES,
    pretty_exceptions_enable=False,
)  # fmt: skip
MODULES = (
    *(imports, running, demo, policies, people, interest, reports, sealing, replaying, texts, dossier),
    *(erasing, keys, reevaluating, users, serve, backup, delivering, operating, webhooks, bounces, letters),
)
for module in MODULES:
    module.register(app)


@app.callback()
def root(
    context: typer.Context,
    book: Annotated[
        str,
        typer.Option(envvar="ARREARS_BOOK", help="sqlite:///FILE.db or postgresql://USER:PASSWORD@HOST/NAME"),
    ] = "sqlite:///arrears.db",
    format: Annotated[Format, typer.Option(help="table for people, json or csv for programs")] = "table",
    zone: Annotated[
        str | None,
        typer.Option(
            envvar="ARREARS_ZONE", help="the time zone of a new book, which keeps it; by default UTC"
        ),
    ] = None,
    by: Annotated[str, typer.Option(envvar="ARREARS_BY", help="who records; by default your user name")] = "",
    role: Annotated[
        Role,
        typer.Option(
            "--as", envvar="ARREARS_ROLE", help="in which role: what the policies let you decide alone"
        ),
    ] = LOCAL_ROLE,
    plain: Annotated[
        bool,
        typer.Option(PLAIN, envvar="ARREARS_PLAIN", help="a book that is made now: without encryption"),
    ] = False,
) -> None:
    """Chase what you are owed, and be able to explain every step.

    The options --book, --format, --zone, --by, --as and --plain belong to every command, wherever they stand.
    """
    try:
        asked_zone = ZoneInfo(zone) if zone is not None else None
        context.obj = Session(book, asked_zone, by, format, plain, role)
    except (ZoneInfoNotFoundError, ValueError):
        raise typer.BadParameter(f"'{zone}' is no time zone: expected one such as Europe/Berlin") from None


def hoisted(arguments: Sequence[str]) -> list[str]:
    """The arguments with the options that every command takes moved to the front."""
    front: list[str] = []
    rest: list[str] = []
    pending = list(arguments)
    while pending:
        word = pending.pop(0)
        if word.split("=", 1)[0] == "--by" and rest[:1] == ["report"]:
            rest.append(word)  # a report's own --by: by what to group
        elif word in EVERYWHERE and pending:
            front += [word, pending.pop(0)]
        elif word == PLAIN or word.split("=", 1)[0] in EVERYWHERE:
            front.append(word)
        else:
            rest.append(word)
    return front + rest


def run(arguments: Sequence[str]) -> int:
    """Runs one command and returns its exit code; errors are sentences on standard error."""
    words = hoisted(arguments)
    as_json = (
        "json" in words[: words.index("--format") + 2] if "--format" in words else "--format=json" in words
    )
    try:
        result = app(args=words, prog_name="arrears", standalone_mode=False)
    except typer.Abort:
        return _complain("Aborted", "stopped", {}, as_json, BAD_INPUT)
    except TyperException as wrong:
        return _complain("Usage", wrong.format_message(), {}, as_json, BAD_INPUT)
    except tuple(_FAULTS) as fault:
        return _complain(type(fault).__name__, _sentence(fault), _data(fault), as_json, _code(type(fault)))
    except PartitionFailed as fault:
        if not issubclass(fault.kind, tuple(_FAULTS)):
            raise
        return _complain(fault.kind.__name__, str(fault), {}, as_json, _code(fault.kind))
    return result if isinstance(result, int) else 0


def _code(kind: type[Exception]) -> int:
    return next(code for known, code in _FAULTS.items() if issubclass(kind, known))


def _sentence(fault: Exception) -> str:
    if isinstance(fault, OperationalError):
        return f"the book cannot be reached: {str(fault.orig).strip()}"
    if isinstance(fault, FileNotFoundError):
        return f"there is no file '{fault.filename}'"
    if isinstance(fault, Conflict):
        return "others kept changing the same accounts; try again"
    return str(fault)


def _data(fault: Exception) -> dict[str, Any]:
    return fault.data if isinstance(fault, RuleBroken) else {}


def _complain(kind: str, sentence: str, data: dict[str, Any], as_json: bool, code: int) -> int:
    if as_json:
        error = {"error": {"rule": kind, "sentence": sentence, "data": data}}
        sys.stderr.write(orjson.dumps(error, default=str).decode() + "\n")
    else:
        sys.stderr.write(f"arrears: {sentence}\n")
    return code


def main() -> None:
    """The command `arrears`."""
    # The collector's default took a third of an import.
    gc.set_threshold(*COLLECTOR)
    sys.exit(run(sys.argv[1:]))
