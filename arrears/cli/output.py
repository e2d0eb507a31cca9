"""Answers in the format asked for: tables for people, JSON and CSV for programs."""

import csv
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from arrears.cli.session import Session

RIGHT = frozenset({"count", "total", "amount", "balance", "days_past_due", "unapplied", "open", "received"})


def console() -> Console:
    """Where people read the answer; wide enough for a table where it is no terminal."""
    return Console(width=None if sys.stdout.isatty() else 160)


def errors() -> Console:
    """Where people read what went wrong, and how far long work has come."""
    return Console(stderr=True)


def print_json(value: Any) -> None:
    """One JSON document on standard output; dates and Decimals as text."""
    sys.stdout.write(orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2).decode() + "\n")


def print_rows(
    session: Session, rows: Sequence[Mapping[str, Any]], columns: Sequence[str], title: str = ""
) -> None:
    """Rows as a table or as CSV with these columns; JSON answers have their own shapes."""
    if session.format == "csv":
        writer = csv.writer(sys.stdout)
        writer.writerow(columns)
        writer.writerows([_text(row.get(column)) for column in columns] for row in rows)
        return
    table = Table(title=title or None, title_justify="left", show_edge=False, pad_edge=False)
    for column in columns:
        is_figure = _is_figure(column, rows)
        table.add_column(
            column, justify="right" if is_figure else "left", overflow="fold",
            no_wrap=is_figure or _is_id(column, rows),
        )  # fmt: skip
    for row in rows:
        table.add_row(*(Text(_text(row.get(column))) for column in columns))
    _print_whole(table)


def _print_whole(table: Table) -> None:
    """Prints the table, wider than the screen where it must be: what is cut short, an amount or an id, is
    wrong."""
    screen = console()
    least = Measurement.get(screen, screen.options.update(max_width=10_000), table).minimum
    screen.width = max(least, screen.width)
    screen.print(table)


def _is_figure(column: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    return column in RIGHT or all(
        _text(row.get(column)).replace(".", "", 1).lstrip("-").isdigit() for row in rows[:20]
    )


def _is_id(column: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the cells are single words, such as ids and dates, which only make sense whole."""
    return not any(" " in _text(row.get(column)) for row in rows)


def counted(number: int, things: str) -> str:
    """How many of which things, which are given in the plural: '1 fault', '2 calls scheduled'."""
    noun, *rest = things.split(" ", 1)
    return " ".join([str(number), noun.removesuffix("s") if number == 1 else noun, *rest])


def _text(value: Any) -> str:
    return "" if value is None else str(value)
