"""Reading a creditor's file: rows that hold, and a fault for everything that does not."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from arrears.imports.faults import Fault, Reading, Reject
from arrears.imports.mapping import Mapping, plain
from arrears.imports.plan import Plan, expected_header, header_faults, wanted_names
from arrears.imports.rows import Row
from arrears.imports.sheet import Header, Record, Undecodable, decode, find_header, records


def read_rows(path: Path, kind: str, mapping: Mapping | None = None) -> Reading:
    """Every row of the file and every fault; with a map, the rows of all its tables, one of `kind`."""
    try:
        content = path.read_bytes()
    except OSError as wrong:
        fault = Fault(path.name, 0, "", str(wrong.strerror), "a file that can be read")
        return Reading(path.name, faults=[fault])
    return read_content(path.name, content, kind, mapping)


def read_content(name: str, content: bytes, kind: str, mapping: Mapping | None = None) -> Reading:
    """The same of what such a file holds, which faults then name."""
    used = mapping or plain(kind)
    reading = Reading(name, encoding=used.file.encoding)
    if kind not in used.kinds:
        expected = f"{' or '.join(used.kinds)}, which the map is for"
        reading.faults.append(Fault(name, 0, "", kind, expected))
        return reading
    try:
        lines = decode(content, used.file.encoding)
    except Undecodable as wrong:
        expected = f"text in {used.file.encoding} (a map can name another encoding)"
        reading.faults.append(Fault(name, wrong.line, "", wrong.found, expected))
    else:
        _read(lines, used, reading, is_plain=mapping is None)
    return reading


def _read(lines: list[str], mapping: Mapping, reading: Reading, is_plain: bool) -> None:
    header = find_header(lines, wanted_names(mapping), mapping.file.delimiter, titles=not is_plain)
    if header is None:
        reading.faults.append(Fault(reading.file, 1, "", "", expected_header(mapping)))
        return
    reading.header = "".join(lines[header.record.first - 1 : header.record.last])
    reading.faults.extend(header_faults(header, mapping, reading.file, others_allowed=not is_plain))
    if not reading.faults:
        _Reader(lines, header, mapping, reading).read()


class _Reader:
    """One pass over the records of a file, filling its reading."""

    def __init__(self, lines: list[str], header: Header, mapping: Mapping, reading: Reading) -> None:
        self.lines, self.header, self.reading = lines, header, reading
        self.written = mapping.file
        self.width = len(header.names)
        self.plans = [Plan(table, header, reading.file) for table in mapping.table]
        self.known: dict[tuple[str, str, str], Row] = {}
        self.refused: set[int] = set()

    def read(self) -> None:
        for record in records(self.lines, self.header.delimiter, self.header.record.last):
            self.reading.texts[record.first] = "".join(self.lines[record.first - 1 : record.last])
            self._read(record)
        reading = self.reading
        if self.refused:
            reading.rows = [row for row in reading.rows if row.line not in self.refused]
        reading.faults = list(dict.fromkeys(reading.faults))
        reading.rejects = [Reject(line, reading.texts[line]) for line in sorted(self.refused)]

    def _read(self, record: Record) -> None:
        line = record.first
        if record.cells is None:
            found = self.lines[line - 1].strip()
            self._refuse(line, "", found, "quotation marks in pairs, those within a cell doubled")
            return
        cells = [cell.strip() for cell in record.cells]
        if not any(cells):
            return
        padded = cells + [""] * (self.width - len(cells))
        plans = [plan for plan in self.plans if plan.takes(padded)]
        if not plans:
            self.reading.skipped += 1
        elif len(cells) < self.width or any(cells[self.width :]):
            self._refuse(line, "", f"{len(cells)} cells", f"{self.width} cells as in the header")
        else:
            self._take(plans, padded, line)

    def _take(self, plans: list[Plan], cells: list[str], line: int) -> None:
        """The rows of a record count only if they are all right."""
        rows = [self._validate(plan, plan.values(cells, line)) for plan in plans]
        for plan, row in zip(plans, rows, strict=True):
            if row is not None and line not in self.refused:
                self._add(plan, row)

    def _validate(self, plan: Plan, values: dict[str, Any]) -> Row | None:
        try:
            return plan.row.model_validate(values, context=self.written)
        except ValidationError as refused:
            for error in refused.errors(include_url=False):
                ours = str(error["loc"][0])
                value = str(values.get(ours, ""))
                self._refuse(values["line"], plan.theirs.get(ours, ours), value, _expected(error))
            return None

    def _add(self, plan: Plan, row: Row) -> None:
        first = self.known.setdefault(row.key(), row)
        if first is row:
            self.reading.rows.append(row)
        elif plan.first_counts or not (differences := first.differences(row)):
            self.reading.repeated += 1
        else:
            said = ", ".join(plan.theirs.get(name, name) for name in differences)
            expected = f"an id of its own, or the same {said} as on line {first.line}"
            self._refuse(row.line, plan.theirs.get(row.ID, row.ID), str(getattr(row, row.ID)), expected)
            self.refused.add(first.line)

    def _refuse(self, line: int, column: str, value: str, expected: str) -> None:
        self.reading.faults.append(Fault(self.reading.file, line, column, value, expected))
        self.refused.add(line)


def _expected(error: ErrorDetails) -> str:
    match error["type"]:
        case "value_error":
            return str(error["ctx"]["error"])
        case "missing":
            return "a value"
        case "literal_error" | "enum":
            return str(error["ctx"]["expected"])
        case "string_too_long":
            return f"at most {error['ctx']['max_length']} characters"
        case _:
            return error["msg"]
