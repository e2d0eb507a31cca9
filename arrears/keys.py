"""Where a book's keys are: the key ring beside the log, and the master key from a file or a variable."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from sqlalchemy import Engine, make_url

from engine.encryption.book import note_ring, ring_of
from engine.encryption.cipher import Cipher
from engine.encryption.faults import KeyRingDiffers, MasterKeyMissing
from engine.encryption.master import MasterKey, new_master, parse_master, read_master, write_master
from engine.encryption.ring import Ring

MASTER, MASTER_FILE, RING = "ARREARS_MASTER_KEY", "ARREARS_MASTER_KEY_FILE", "ARREARS_KEYS"


def ring_url(book_url: str) -> str:
    """Where the ring of a book is: as ARREARS_KEYS says, else BOOK.keys.db beside an SQLite file, or, on
    PostgreSQL, a schema of its own in the same database."""
    beside = _beside(book_url, "keys.db")
    return os.environ.get(RING) or (book_url if beside is None else f"sqlite:///{beside}")


def master_file(book_url: str) -> Path | None:
    """The file beside an SQLite book that its master key is looked for in, None on PostgreSQL."""
    return _beside(book_url, "master.key")


def _beside(book_url: str, ending: str) -> Path | None:
    url = make_url(book_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    file = Path(url.database)
    return file.with_name(f"{file.name.removesuffix('.db')}.{ending}")


def find_master(book_url: str) -> MasterKey:
    """The master key that was given, else that beside the book; raises MasterKeyMissing, NoMasterKey."""
    if text := os.environ.get(MASTER):
        return parse_master(text, MASTER)
    if file := os.environ.get(MASTER_FILE):
        return read_master(Path(file))
    beside = master_file(book_url)
    if beside is not None and beside.exists():
        return read_master(beside)
    raise MasterKeyMissing(None if beside is None else str(beside))


def ring_at(book_url: str) -> Ring:
    """The ring of a book, whether it is there or not; the master key is looked for once it is needed."""
    return Ring(ring_url(book_url), partial(find_master, book_url))


def open_cipher(book_url: str, database: Engine) -> Cipher | None:
    """The cipher of a book, None where it was made without encryption.

    Raises KeyRingMissing, KeyRingDiffers.
    """
    name = ring_of(database)
    if name is None:
        return None
    ring = ring_at(book_url)
    if ring.id != name:
        raise KeyRingDiffers(ring.place)
    return Cipher(ring)


def new_cipher(book_url: str, database: Engine, say: Callable[[str], None]) -> Cipher:
    """Makes the key ring of a new book, and, for an SQLite file, a master key beside it where none was given.

    `say` is told about a key that was made. Raises KeyFault.
    """
    ensure_master(book_url, say)
    ring = ring_at(book_url)
    ring.create()
    note_ring(database, ring.id)
    return Cipher(ring)


def ensure_master(book_url: str, say: Callable[[str], None]) -> None:
    """Makes a master key beside a new SQLite book where none was given.

    Raises MasterKeyMissing, NoMasterKey.
    """
    try:
        find_master(book_url)
    except MasterKeyMissing:
        beside = master_file(book_url)
        if beside is None:
            raise
        try:
            write_master(beside, new_master())
        except FileExistsError:  # somebody else was first
            return
        say(
            f"Personal data in this book are encrypted. The master key is new, in {beside}: nobody can read "
            f"them without it, so keep a copy elsewhere (or keep it elsewhere, and name it in {MASTER_FILE})."
        )
