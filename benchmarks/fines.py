"""Ten thousand real traffic fines: import beside `executemany` of the same rows, decoding of encrypted facts
beside plain ones, fold beside decoding."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from benchmarks.measure import NotMeasured, Result, Timing, new_book, seconds, timed
from engine.codec import Codec, as_row
from engine.domain.account import Account
from engine.domain.evolve import evolve
from engine.domain.facts.base import Stored
from tests.traffic_fines import import_fines

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"
IMPORT_AIM_SECONDS = 15


def fines(folder: Path) -> Iterator[Result]:
    """Import with projections, and fold; raises NotMeasured where the real data are absent."""
    if not SHARED_DATA.is_dir():
        raise NotMeasured(f"The traffic fines are not measured: there is no folder {SHARED_DATA}.")
    with closing(new_book(folder, "fines")) as book:
        importing = seconds(lambda: import_fines(book, SHARED_DATA))
        sealed = list(map(as_row, book.store.rows()))
        opening, facts = timed(lambda: book.store.codec.opened(sealed))
    plain = _executemany_seconds(folder / "fines.db", folder / "plain.db")
    count = len(facts)
    yield Result(
        "import of the traffic fines", Timing(importing, count, "facts"),
        "plain executemany of the same rows", Timing(plain, count, "facts"), IMPORT_AIM_SECONDS,
    )  # fmt: skip
    bare = Codec(None)
    rows = list(map(as_row, bare.encoded(facts)))
    decoding, decoded = timed(lambda: bare.opened(rows))
    yield Result(
        "decoding, personal data encrypted", Timing(opening, count, "facts"),
        "decoding the same facts plain", Timing(decoding, count, "facts"),
    )  # fmt: skip
    yield Result(
        "fold, once decoded", Timing(seconds(lambda: _fold(decoded)), count, "facts"),
        "decoding alone", Timing(decoding, count, "facts"),
    )  # fmt: skip


def _executemany_seconds(file: Path, plain: Path) -> float:
    """The seconds it takes to insert every row of a book, log and tables, into a file of the same schema."""
    with closing(sqlite3.connect(file)) as book, closing(sqlite3.connect(plain)) as copy:
        schema = "FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
        tables = book.execute(f"SELECT name {schema} AND type = 'table'").fetchall()
        rows = {name: book.execute(f"SELECT * FROM {name}").fetchall() for (name,) in tables}
        copy.execute("PRAGMA journal_mode=WAL")
        for (statement,) in book.execute(f"SELECT sql {schema}"):
            copy.execute(statement)
        return seconds(lambda: _insert(copy, rows))


def _insert(copy: sqlite3.Connection, rows: dict[str, list[tuple[object, ...]]]) -> None:
    with copy:
        for name, held in rows.items():
            if held:
                places = ", ".join("?" * len(held[0]))
                copy.executemany(f"INSERT INTO {name} VALUES ({places})", held)


def _fold(decoded: Sequence[Stored]) -> None:
    accounts: dict[str, Account] = {}
    for one in decoded:
        evolve(accounts.setdefault(one.stream, Account(one.stream)), one.fact)
