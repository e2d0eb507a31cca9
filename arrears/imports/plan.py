"""How the tables of a map take their values from the records under a certain header."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import Any

from arrears.imports.faults import Fault
from arrears.imports.mapping import Mapping, Table
from arrears.imports.rows import KINDS
from arrears.imports.sheet import Header, fold

Cells = list[str]
Take = Callable[[Cells], str]

_TEMPLATE = re.compile(r"\{([^{}]+)\}")


class Plan:
    """How one table takes its values from the cells of a record."""

    def __init__(self, table: Table, header: Header, file: str) -> None:
        places = {name: place for place, name in enumerate(header.names)}
        self.row = KINDS[table.kind]
        self.first_counts = table.repeated == "first"
        self.given: dict[str, Any] = {"file": file, **table.constants}
        self.theirs = {ours: _shown(theirs, places) for ours, theirs in table.columns.items()}
        self.columns = [
            (ours, take) for ours, theirs in table.columns.items() if (take := _take(theirs, places))
        ]
        self.filters = [(take, each) for each in table.rows if (take := _take(each.column, places))]

    def takes(self, cells: Cells) -> bool:
        """Whether the filters let the record in."""
        return all(each.matches(take(cells)) for take, each in self.filters)

    def values(self, cells: Cells, line: int) -> dict[str, Any]:
        """The row's fields as text; an empty cell leaves its field out, or at its constant."""
        values = self.given | {ours: value for ours, take in self.columns if (value := take(cells))}
        values["line"] = line
        return values


def wanted_names(mapping: Mapping) -> set[str]:
    """Every column of theirs that the map speaks of, folded."""
    sources = (
        source
        for table in mapping.table
        for source in (*table.columns.values(), *(each.column for each in table.rows))
    )
    return {name for source in sources for each in source for name in _columns_of(each)}


def expected_header(mapping: Mapping) -> str:
    """What a header was expected to be."""
    return f"a header line with {', '.join(' or '.join(theirs) for theirs in _needed(mapping))}"


def header_faults(header: Header, mapping: Mapping, file: str, others_allowed: bool) -> Iterator[Fault]:
    """What the header lacks, has twice or, unless others are allowed, has besides."""
    line, wanted, counts = header.record.first, wanted_names(mapping), Counter(header.names)
    if not wanted & counts.keys():
        shown = header.delimiter.join(header.record.cells or [])
        yield Fault(file, line, "", shown, expected_header(mapping))
        return
    for theirs in _needed(mapping):
        if not any(_columns_of(each) <= counts.keys() for each in theirs):
            yield Fault(file, line, " or ".join(theirs), "", "this column in the header")
    for name in sorted(name for name in wanted if counts[name] > 1):
        yield Fault(file, line, name, name, "this column only once")
    if not others_allowed:
        known = ", ".join(KINDS[mapping.kinds[0]].columns())
        for name in (name for name in counts if name not in wanted):
            yield Fault(file, line, name, name, f"a column among {known}, or a map that leaves it out")


def _needed(mapping: Mapping) -> Iterator[tuple[str, ...]]:
    """The columns of theirs that a header must have, each once, with its alternatives."""
    needed = [
        table.columns[name]
        for table in mapping.table
        for name in KINDS[table.kind].required()
        if name not in table.constants
    ]
    needed += [each.column for table in mapping.table for each in table.rows if not each.optional]
    yield from dict.fromkeys(needed)


def _columns_of(written: str) -> set[str]:
    """The columns, folded, of a source: of a template those in braces, else the one that it names."""
    return {fold(name) for name in _TEMPLATE.findall(written) or [written]}


def _shown(theirs: tuple[str, ...], places: dict[str, int]) -> str:
    """The name that a fault gives: that of the first alternative that the file has."""
    return next((each for each in theirs if _columns_of(each) <= places.keys()), theirs[0])


def _take(theirs: tuple[str, ...], places: dict[str, int]) -> Take | None:
    """Takes the first alternative that is not empty; None where the file has none of them."""
    takes = [_take_one(each, places) for each in theirs if _columns_of(each) <= places.keys()]
    if len(takes) < 2:
        return takes[0] if takes else None
    return lambda cells: next((value for take in takes if (value := take(cells))), "")


def _take_one(written: str, places: dict[str, int]) -> Take:
    if not _TEMPLATE.search(written):
        return itemgetter(places[fold(written)])
    used = [places[name] for name in _columns_of(written)]

    def fill(cells: Cells) -> str:
        """The template filled in; empty where one of its columns is."""
        if not all(cells[place] for place in used):
            return ""
        return _TEMPLATE.sub(lambda match: cells[places[fold(match[1])]], written)

    return fill
