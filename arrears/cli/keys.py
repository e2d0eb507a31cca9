"""`arrears keys`: the master key, and the key ring of a book: where it is, and how it goes elsewhere."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from arrears.cli.clocks import say
from arrears.cli.output import print_json
from arrears.cli.session import Session, session_of
from arrears.keys import ensure_master, find_master, ring_at
from arrears.wiring import Book
from engine.application import ACCOUNT_PREFIX
from engine.domain.facts.accounts import AccountErased
from engine.encryption.book import note_ring
from engine.encryption.faults import KeyRingInUse, NotEncrypted
from engine.encryption.master import new_master, read_master, write_master
from engine.encryption.moving import read, written

DIFFERENT = 1
PAGE = 5_000

keys = typer.Typer(no_args_is_help=True, help="The keys of a book's personal data.")


def register(app: typer.Typer) -> None:
    app.add_typer(keys, name="keys")


@keys.command("new")
def new(context: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Make a master key for a new book in a new file, which only its owner may read.

    \b
    Example: arrears keys new master.key
    """
    try:
        write_master(file, new_master())
    except FileExistsError:
        raise typer.BadParameter(f"{file} exists; a key is never overwritten") from None
    session = session_of(context)
    if session.format == "json":
        print_json({"key": str(file)})
    else:
        say(session, f"The key is in {file}: name it in ARREARS_MASTER_KEY_FILE, and keep a copy elsewhere.")


@keys.command("status")
def status(context: typer.Context) -> None:
    """Say where the keys are, how many there are, and which erasures were cut short.

    \b
    Example: arrears keys status
    """
    session = session_of(context)
    with session.book() as book:
        if book.store.cipher is None:
            _show(session, {"encrypted": False}, ["This book was made without encryption (--plain)."])
            return
        ring = book.store.cipher.ring
        held = ring.contents()
        unfinished = [one for one in _erased(book) if one in held.keys]
    answer = {
        "encrypted": True, "ring": ring.place, "keys": len(held.keys), "erased": len(held.erased),
        "unfinished": unfinished,
    }  # fmt: skip
    said = [f"{len(held.keys)} keys in {ring.place}; {len(held.erased)} were erased."]
    said += [f"The erasure of {one} was cut short: run it again." for one in unfinished]
    _show(session, answer, said)
    if unfinished:
        raise typer.Exit(DIFFERENT)


def _erased(book: Book) -> list[str]:
    """The streams that the log says are erased; reading them needs no key."""
    found, at = [], 0
    while page := book.store.read(at, PAGE):
        found += [one.stream for one in page if isinstance(one.fact, AccountErased)]
        at = page[-1].position
    return [stream for stream in found if stream.startswith(ACCOUNT_PREFIX)]


@keys.command("export")
def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="a new file; the master key opens it")],
) -> None:
    """Write the key ring to a file, wrapped by the master key, for a move or a back-up.

    An erasure does not reach such a file: destroy it, and write it anew, after each.

    \b
    Example: arrears keys export keys.json
    """
    session = session_of(context)
    with session.book() as book:
        cipher = book.store.cipher
        if cipher is None:
            raise NotEncrypted
        contents = cipher.ring.contents()
        document = written(contents, cipher.ring.master)
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(document)
    except FileExistsError:
        raise typer.BadParameter(f"{file} exists; keys are never overwritten") from None
    _show(session, {"file": str(file), "keys": len(contents.keys)}, [f"{len(contents.keys)} keys in {file}."])


@keys.command("import")
def bring_in(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    master_key: Annotated[
        Path | None,
        typer.Option(help="the master key of the book it comes from; by default that of this one"),
    ] = None,
) -> None:
    """Bring the key ring of another book into a new one, before its log.

    \b
    Example: arrears keys import keys.json --master-key arrears.master.key --book sqlite:///copy.db
    """
    session = session_of(context)
    with session.book(create=True, found=False) as book:
        ring = ring_at(session.url)
        if ring.exists or book.store.read(0, 1):
            raise KeyRingInUse(ring.place)
        master = find_master(session.url) if master_key is None else read_master(master_key)
        contents = read(file, master)
        ensure_master(session.url, lambda sentence: print(sentence, file=sys.stderr))
        ring.take_over(contents)
        note_ring(book.database, ring.id)
        ring.close()
    _show(session, {"keys": len(contents.keys)}, [f"{len(contents.keys)} keys in {ring.place}."])


def _show(session: Session, answer: dict[str, Any], sentences: list[str]) -> None:
    if session.format == "json":
        print_json(answer)
    else:
        say(session, *sentences)
