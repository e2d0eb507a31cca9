"""CSV, line by line: headed by the names that programs know the columns by."""

import csv
from collections.abc import Iterator
from io import StringIO

from arrears.exports.sheet import FORMULA, Field, Row, Sheet, exact

LINES_AT_ONCE = 500


def delimited(sheet: Sheet) -> Iterator[bytes]:
    """The file in pieces of some hundred lines."""
    buffer = StringIO()
    writer = csv.writer(buffer)
    writer.writerow(field.name for field in sheet.fields)
    for number, row in enumerate(sheet.rows, start=1):
        writer.writerow(_cell(field, row, sheet) for field in sheet.fields)
        if number % LINES_AT_ONCE == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def _cell(field: Field, row: Row, sheet: Sheet) -> str:
    """The cell; text that a spreadsheet would calculate has an apostrophe before it."""
    text = exact(field, row, sheet.zone)
    return f"'{text}" if field.kind == "text" and text.startswith(FORMULA) else text
