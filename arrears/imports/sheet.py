"""A CSV file as text: its encoding, delimiter, header and records, each with its physical lines."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

DELIMITERS = (",", ";", "\t", "|")
_TITLE_LINES = 20
"""So many lines before the header may be titles, as reports have them."""


class Undecodable(ValueError):
    """Bytes that are not text in the encoding."""

    def __init__(self, line: int, found: str) -> None:
        self.line, self.found = line, found
        super().__init__(f"line {line}: {found}")


class Record(NamedTuple):
    """The cells between the physical lines `first` and `last` (from 1); None where quotes are broken."""

    first: int
    last: int
    cells: list[str] | None


@dataclass(frozen=True, slots=True)
class Header:
    """Where the header stands, its names folded for comparison, and what separates the cells."""

    record: Record
    names: tuple[str, ...]
    delimiter: str


def fold(name: str) -> str:
    """A column's name as compared: without outer spaces, upper and lower case the same."""
    return name.strip().casefold()


def decode(content: bytes, encoding: str) -> list[str]:
    """The physical lines, each with its ending, without a byte order mark; raises Undecodable."""
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as wrong:
        line = content.count(b"\n", 0, wrong.start) + 1
        raise Undecodable(line, f"byte {content[wrong.start]:#04x}") from None
    if (nul := text.find("\0")) >= 0:
        raise Undecodable(text.count("\n", 0, nul) + 1, "byte 0x00")
    return list(io.StringIO(text.removeprefix("\N{BYTE ORDER MARK}"), newline=""))


def records(lines: list[str], delimiter: str, after: int = 0) -> Iterator[Record]:
    """The records that follow on so many lines, blank lines left out."""
    reader = csv.reader(islice(lines, after, None), delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        first = after + reader.line_num + 1
        try:
            cells: list[str] | None = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = None
        if cells != []:
            yield Record(first, after + reader.line_num, cells)


def find_header(lines: list[str], wanted: set[str], delimiter: str | None, titles: bool) -> Header | None:
    """The record that has most of the wanted names (folded), the earliest of equals.

    Without `titles` only the first line that is not blank can be the header. None: an empty file.
    """
    filled = [number for number, line in enumerate(lines) if line.strip()]
    found = [
        header
        for number in filled[: _TITLE_LINES if titles else 1]
        for each in ([delimiter] if delimiter else DELIMITERS)
        if (header := _header(lines, number, each))
    ]
    return max(found, key=lambda header: len(wanted.intersection(header.names)), default=None)


def _header(lines: list[str], after: int, delimiter: str) -> Header | None:
    record = next(records(lines, delimiter, after), None)
    if record is None or record.cells is None:
        return None
    names = [fold(cell) for cell in record.cells]
    while names and not names[-1]:  # a spreadsheet pads its header with nameless columns
        names.pop()
    return Header(record, tuple(names), delimiter)
