"""The demo's portfolio, played day by day under the shipped policy, beside the same files backfilled."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from arrears.demo.portfolio import write_portfolio
from arrears.imports.commands import Mode
from arrears.imports.folder import read_folder
from arrears.imports.importing import Import, bring_in
from benchmarks.measure import START, UTC_ZONE, Result, Timing, new_book, timed

AIM_SECONDS = 30
UNTIL = START.date() - timedelta(days=1)


def demo(folder: Path) -> Iterator[Result]:
    """Facts a second, from the files to the tables; the engine's own decisions are among the facts played."""
    write_portfolio(folder / "portfolio", until=UNTIL)
    yield Result(
        "demo portfolio, played", _bring_in(folder, "played"), "the same files, backfilled",
        _bring_in(folder, "backfill"), AIM_SECONDS,
    )  # fmt: skip


def _bring_in(folder: Path, mode: Mode) -> Timing:
    def brought_in() -> int:
        _, readings = read_folder(folder / "portfolio")
        imported = bring_in(book.engine, readings, Import(mode, "benchmark", START, UTC_ZONE))
        book.catch_up()
        return imported.stored.total()

    with closing(new_book(folder, mode)) as book:
        took, facts = timed(brought_in)
    return Timing(took, facts, "facts")
