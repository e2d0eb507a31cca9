"""Runs the benchmarks and prints what they measured: `python -m benchmarks [--format json] [NAME …]`."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal

import typer
from rich.table import Table

from arrears.cli.output import console, errors, print_json
from benchmarks.console import console as pages
from benchmarks.demo import demo
from benchmarks.fines import fines
from benchmarks.large_account import large_account
from benchmarks.measure import Benchmark, NotMeasured, PeakMemory, Result
from benchmarks.replay import replay
from benchmarks.reports import reports
from benchmarks.wake_up import wake_up

BENCHMARKS: dict[str, Benchmark] = {
    "fines": fines,
    "wake-up": wake_up,
    "large-account": large_account,
    "demo": demo,
    "reports": reports,
    "console": pages,
    "replay": replay,
}


def main(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]…", help=f"by default all: {', '.join(BENCHMARKS)}")
    ] = None,
    format: Annotated[Literal["table", "json"], typer.Option()] = "table",
) -> None:
    """Measure a book at work; each figure stands beside a plainer way of doing the same, in the same run."""
    results: list[Result | PeakMemory] = []
    not_measured: list[str] = []
    for name in names or BENCHMARKS:
        if name not in BENCHMARKS:
            raise typer.BadParameter(f"there is no benchmark '{name}'; there are: {', '.join(BENCHMARKS)}")
        errors().print(f"measuring: {name}")
        try:
            with TemporaryDirectory() as folder:
                results += BENCHMARKS[name](Path(folder))
        except NotMeasured as absent:
            not_measured.append(str(absent))
    if format == "json":
        print_json({"results": [result.as_json() for result in results], "not_measured": not_measured})
    else:
        _show(results, not_measured)


def _show(results: Sequence[Result | PeakMemory], not_measured: Sequence[str]) -> None:
    columns = ("what", "figure", "beside", "figure", "times as much", "aim")
    table = Table(*columns, show_edge=False, pad_edge=False)
    for column in (1, 3, 4):
        table.columns[column].justify = "right"
    for result in results:
        table.add_row(*result.cells)
    console().print(table)
    for sentence in not_measured:
        console().print(sentence, soft_wrap=True)


if __name__ == "__main__":
    typer.run(main)
