"""Workbooks: real numbers and dates, a header that stays, columns as wide as what stands in them."""

from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from typing import IO, Any

import xlsxwriter

from arrears.exports.sheet import Field, Row, Sheet, decimals, readable

SAMPLE, NARROWEST, WIDEST = 200, 9, 48
"""From so many rows the widths are taken, in characters."""

# The type of what the library returns; it has no stubs.
_Format = Any


def workbook(sheet: Sheet, out: IO[bytes]) -> None:
    """Writes the workbook: the table on the first sheet, what it is about on the second. Rows are written as
    they come and forgotten."""
    book = xlsxwriter.Workbook(out, {"constant_memory": True, "strings_to_formulas": False})
    book.set_properties({"title": sheet.title, "subject": sheet.clocks, "author": "arrears"})
    _table(book, sheet)
    _about(book, sheet)
    book.close()


class _Formats:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.made: dict[str, _Format] = {}

    def of(self, field: Field, row: Row) -> _Format:
        """How the value of that field is shown."""
        return self.named(_NUMBERS.get(field.kind) or _with_decimals(decimals(field, row)))

    def named(self, shown_as: str) -> _Format:
        """The format that shows numbers like that."""
        if shown_as not in self.made:
            self.made[shown_as] = self.book.add_format({"num_format": shown_as})
        return self.made[shown_as]


_NUMBERS = {"day": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm", "rate": "0.0%", "text": "@"}


def _with_decimals(places: int) -> str:
    return "#,##0" + (f".{'0' * places}" if places else "")


def _table(book: Any, sheet: Sheet) -> None:
    page, formats = book.add_worksheet(sheet.title[:31]), _Formats(book)
    rows = iter(sheet.rows)
    sample = list(islice(rows, SAMPLE))
    for place, field in enumerate(sheet.fields):
        page.set_column(place, place, _width(field, sample, sheet))
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    for place, field in enumerate(sheet.fields):
        aligned = "right" if field.is_figure else "left"
        page.write_string(0, place, field.title, book.add_format(
            {"bold": True, "bottom": 1, "align": aligned, "bg_color": "#eef1f1"}
        ))  # fmt: skip
    last = 0
    for last, row in enumerate(chain(sample, rows), start=1):
        for place, field in enumerate(sheet.fields):
            _write(page, (last, place), field, row, sheet, formats.of(field, row))
    page.autofilter(0, 0, last, len(sheet.fields) - 1)


def _write(page: Any, cell: tuple[int, int], field: Field, row: Row, sheet: Sheet, shown_as: _Format) -> None:
    """Text is written as text, and is never a formula, whatever it begins with."""
    value = row.get(field.name)
    if value is None:
        page.write_blank(*cell, None, shown_as)
    elif isinstance(value, datetime):
        page.write_datetime(*cell, value.astimezone(sheet.zone).replace(tzinfo=None), shown_as)
    elif isinstance(value, date):
        page.write_datetime(*cell, value, shown_as)
    elif field.is_figure and isinstance(value, int | Decimal):
        page.write_number(*cell, value, shown_as)
    else:
        page.write_string(*cell, readable(field, row, sheet.zone), shown_as)


def _width(field: Field, sample: list[Row], sheet: Sheet) -> int:
    longest = max((len(readable(field, row, sheet.zone)) for row in sample), default=0)
    return min(max(longest, len(field.title), NARROWEST) + 2, WIDEST)


def _about(book: Any, sheet: Sheet) -> None:
    page = book.add_worksheet("About")
    page.set_column(0, 0, 110)
    page.write_string(0, 0, sheet.title, book.add_format({"bold": True, "font_size": 14}))
    for line, sentence in enumerate((sheet.clocks, *sheet.said), start=1):
        page.write_string(line, 0, sentence)
