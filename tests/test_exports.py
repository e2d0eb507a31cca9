"""Tables as files: the same rows in CSV, in a workbook and on paper."""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from arrears.exports import printed
from arrears.exports.formats import FORMATS
from arrears.exports.sheet import Field, Row, Sheet
from engine.domain.facts.base import Erased

FIELDS = (
    Field("account", "Account"), Field("due_on", "Due", "day"), Field("at", "At", "moment"),
    Field("currency", "Currency"), Field("open", "Open", "money"), Field("count", "Items", "count"),
    Field("rate", "Rate", "rate"),
)  # fmt: skip
ROWS: list[Row] = [
    {
        "account": "C-1", "due_on": date(2026, 3, 4), "at": datetime(2026, 3, 4, 23, 30, tzinfo=UTC),
        "currency": "EUR", "open": Decimal("1234.50"), "count": 3, "rate": Decimal("0.125"),
    },
    {"account": '=HYPERLINK("http://x")', "currency": "JPY", "open": Decimal("-1500"), "count": 0},
    {"account": Erased(), "currency": "KWD", "open": Decimal("2.125"), "rate": Decimal(0)},
]  # fmt: skip


def sheet(rows: Any = ROWS, said: tuple[str, ...] = ()) -> Sheet:
    clocks = "As of 2026-03-31 (Europe/Berlin), as known now."
    return Sheet("open", "What is open", clocks, FIELDS, rows, said, ZoneInfo("Europe/Berlin"))


def written(name: str, one: Sheet) -> bytes:
    return b"".join(FORMATS[name].pieces(one))


def test_csv_has_exact_values_and_no_formula() -> None:
    rows = list(csv.reader(StringIO(written("csv", sheet()).decode())))
    assert rows == [
        ["account", "due_on", "at", "currency", "open", "count", "rate"],
        ["C-1", "2026-03-04", "2026-03-05 00:30", "EUR", "1234.50", "3", "0.1250"],
        ['\'=HYPERLINK("http://x")', "", "", "JPY", "-1500", "0", ""],
        ["erased", "", "", "KWD", "2.125", "", "0.0000"],
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_what_a_spreadsheet_would_calculate_stays_text(start: str) -> None:
    rows: list[Row] = [{"account": f"{start}1+1", "open": Decimal("-1.00"), "currency": "EUR"}]
    [_, line] = csv.reader(StringIO(written("csv", sheet(rows)).decode(), newline=""))
    assert (line[0], line[4]) == (f"'{start}1+1", "-1.00")
    cell = load_workbook(BytesIO(written("xlsx", sheet(rows))))["What is open"]["A2"]
    assert cell.data_type == "s"


def test_a_workbook_holds_numbers_and_dates_and_a_header_that_stays() -> None:
    book = load_workbook(BytesIO(written("xlsx", sheet(said=("Of one segment.",)))))
    page = book["What is open"]
    assert [cell.value for cell in page[1]] == [field.title for field in FIELDS]
    assert [str(cell.value) for cell in page[2]] == [
        "C-1", "2026-03-04 00:00:00", "2026-03-05 00:30:00", "EUR", "1234.5", "3", "0.125"
    ]  # fmt: skip
    assert [page[f"{column}2"].data_type for column in "BCEFG"] == ["d", "d", "n", "n", "n"]
    assert [page[f"E{row}"].number_format for row in (2, 3, 4)] == ["#,##0.00", "#,##0", "#,##0.000"]
    assert page["A3"].data_type == "s"
    assert page["A4"].value == "erased"
    assert (page.freeze_panes, page.auto_filter.ref) == ("A2", "A1:G4")
    assert page.column_dimensions["A"].width > page.column_dimensions["F"].width
    about = [row[0].value for row in book["About"].rows]
    assert about == ["What is open", "As of 2026-03-31 (Europe/Berlin), as known now.", "Of one segment."]


def test_paper_has_the_title_both_clocks_and_the_number_of_each_page() -> None:
    many = [{"account": f"C-{number}", "open": Decimal(number), "currency": "EUR"} for number in range(120)]
    pages = [page.extract_text() for page in PdfReader(BytesIO(written("pdf", sheet(many)))).pages]
    assert len(pages) > 2
    for number, text in enumerate(pages, start=1):
        assert f"{number} of {len(pages)}" in text
        assert "As of 2026-03-31 (Europe/Berlin), as known now." in text
        assert "Account" in text
    joined = "".join(pages)
    assert all(f"C-{number}\n" in joined for number in range(120))


def test_an_empty_table_is_a_file_too() -> None:
    assert written("csv", sheet([])).count(b"\n") == 1
    assert load_workbook(BytesIO(written("xlsx", sheet([]))))["What is open"].max_row == 1
    assert "Nothing to list." in PdfReader(BytesIO(written("pdf", sheet([])))).pages[0].extract_text()


def test_paper_ends_where_nobody_reads_on_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printed, "MOST_ROWS", 2)
    text = PdfReader(BytesIO(written("pdf", sheet()))).pages[0].extract_text()
    assert "Only the first 2 rows are printed" in text
    assert "2.125" not in text


def test_rows_are_taken_one_by_one_while_the_file_is_sent() -> None:
    taken = 0

    def rows() -> Iterator[Row]:
        nonlocal taken
        for _ in range(5_000):
            taken += 1
            yield {"account": "C", "currency": "EUR", "open": Decimal(1)}

    pieces = FORMATS["csv"].pieces(sheet(rows()))
    next(pieces)
    assert taken < 1_000
    assert sum(piece.count(b"\n") for piece in pieces) + 501 == 5_001
