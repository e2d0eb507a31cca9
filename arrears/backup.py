"""Back-ups of a book while others work on it: its database, and its key ring in a file apart."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, make_url

from arrears.keys import ring_url
from arrears.wiring import Book
from engine.encryption.connection import SCHEMA as RING_SCHEMA

LOCK_TIMEOUT_SECONDS = 60


class BackupFault(Exception):
    """A back-up that cannot be made as it was asked for; none is left behind."""


class KeysLeftOut(BackupFault):
    def __init__(self) -> None:
        super().__init__(
            "personal data in this book are encrypted, and a back-up of it is of no use without its key "
            "ring: say with --keys FILE where that goes, to another place than the book"
        )


class NoDumpProgram(BackupFault):
    def __init__(self) -> None:
        super().__init__(
            "a back-up of PostgreSQL is made by pg_dump, which is not installed here: install it, or take "
            "the log and the keys with 'arrears export facts' and 'arrears keys export'"
        )


class DumpFailed(BackupFault):
    """pg_dump refused; carries what it said."""

    def __init__(self, said: str) -> None:
        self.said = said
        super().__init__(f"pg_dump failed: {said}")


class FileThere(BackupFault):
    def __init__(self, file: Path) -> None:
        self.file = file
        super().__init__(f"{file} exists; a back-up never overwrites anything")


def back_up(book: Book, file: Path, keys: Path | None) -> list[Path]:
    """Writes the book, then its key ring, each into a new file that only its owner may read.

    The ring comes second: it then has the keys of all accounts in the book. Raises BackupFault.
    """
    if book.store.cipher is not None and keys is None:
        raise KeysLeftOut
    targets = [(make_url(book.url), file, False)]
    if book.store.cipher is not None and keys is not None:
        targets.append((make_url(ring_url(book.url)), keys, True))
    for _, target, _ in targets:
        if target.exists():
            raise FileThere(target)
    for url, target, is_ring in targets:
        _copy(url, target, is_ring)
    return [target for _, target, _ in targets]


def _copy(url: URL, file: Path, is_ring: bool) -> None:
    """Under another name until it is whole: what has the name is a back-up."""
    draft = file.with_name(f"{file.name}.part")
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        if url.get_backend_name() == "sqlite":
            _copy_sqlite(Path(url.database or ""), draft)
        else:
            _dump(url, draft, is_ring)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def _copy_sqlite(source: Path, draft: Path) -> None:
    """A copy of one state, page by page: VACUUM INTO would give the facts other positions in the log."""
    with (
        closing(sqlite3.connect(source, timeout=LOCK_TIMEOUT_SECONDS)) as book,
        closing(sqlite3.connect(draft)) as copy,
    ):
        book.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")


def _dump(url: URL, draft: Path, is_ring: bool) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        raise NoDumpProgram
    which = f"--schema={RING_SCHEMA}" if is_ring else f"--exclude-schema={RING_SCHEMA}"
    shown = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    words = [program, "--format=custom", "--no-owner", which, f"--file={draft}", f"--dbname={shown}"]
    password = {"PGPASSWORD": url.password} if url.password else {}  # where no list of processes shows it
    done = subprocess.run(
        words, env={**os.environ, **password}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise DumpFailed(done.stderr.strip())
