"""A creditor's files become rows, and whatever is wrong in them is said in one sentence each."""

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.imports.cells import Expected, read_amount, read_moment
from arrears.imports.faults import Reading, rejects_of
from arrears.imports.mapping import Mapping, MapRefused, UnknownMap, find_map, read_mapping
from arrears.imports.reading import read_rows
from arrears.imports.rows import (
    KINDS,
    AccountRow,
    ChargeRow,
    ContactRow,
    InvoiceRow,
    PaymentRow,
    PlacementRow,
)
from engine.domain.facts.contacts import CallOutcome

INVOICES = "account,invoice,issued_on,due_on,amount,currency"
GOOD = "A1,INV-1,2021-01-01,2021-01-31,100.00,EUR"


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(folder: Path, kind: str, *lines: str, mapping: Mapping | None = None) -> Reading:
    return read_rows(write(folder, f"{kind}.csv", "\n".join(lines) + "\n"), kind, mapping)


def told(reading: Reading) -> list[str]:
    return [str(fault) for fault in reading.faults]


def map_of(folder: Path, text: str) -> Mapping:
    return read_mapping(write(folder, "map.toml", text))


# One file of each kind, in our own format.


def test_an_invoice_becomes_a_row_that_knows_its_file_and_line(tmp_path: Path) -> None:
    reading = read(tmp_path, "invoices", INVOICES, GOOD)
    assert reading.rows == [
        InvoiceRow(
            file="invoices.csv",
            line=2,
            account="A1",
            invoice="INV-1",
            issued_on=date(2021, 1, 1),
            due_on=date(2021, 1, 31),
            currency="EUR",
            amount=Decimal("100.00"),
        )
    ]
    assert not reading.faults


def filled(columns: str, values: str) -> dict[str, str]:
    return dict(zip(columns.split(), values.split("|"), strict=True))


FULL = {
    "accounts": filled(
        "account name kind country region timezone language email phone address segment collector person "
        "creditor debt opened_on policy",
        "A1|Harbour Mill|business|gb|Kent|Europe/London|en|ap@mill.example|01632 960001|1 Quay\nPort|small|"
        "kim|P1|C1|D1|2020-01-01|gentle",
    ),
    "invoices": filled(
        "account invoice issued_on due_on amount currency reference terms",
        "A1|INV-1|2021-01-01|2021-01-31|100.00|EUR|PO 7|net 30",
    ),
    "payments": filled(
        "account payment received_on amount currency invoice reference reversed_on reason",
        "A1|P-1|2021-02-01|100|EUR|INV-1;INV-2|thanks|2021-02-01|no funds",
    ),
    "credits": filled(
        "account credit issued_on amount currency invoice reason",
        "A1|C-1|2021-02-01|10|EUR|INV-1|damaged",
    ),
    "charges": filled(
        "account charge charged_on due_on amount currency kind invoice reason",
        "A1|F-1|2021-02-01|2021-02-15|10|EUR|interest|INV-1|late",
    ),
    "promises": filled(
        "account promise made_on promised_on amount currency invoices taken_by made_at",
        "A1|PR-1|2021-02-01|2021-02-01|10|EUR|INV-1|kim|2021-02-01T10:05+01:00",
    ),
    "disputes": filled(
        "account dispute opened_on invoices amount reason code owner deadline resolved_on outcome credit",
        "A1|D-1|2021-02-01|INV-1|10.00|damaged|transport|kim|2021-03-01|2021-02-01|partly|C-1",
    ),
    "contacts": filled(
        "account contact at channel direction outcome step invoices note",
        "A1|K-1|2021-02-01T10:00+01:00|call|out|no_answer|first-call|INV-1|rang twice",
    ),
    "placements": filled(
        "account placement placed_on agency invoices recalled_on",
        "A1|PL-1|2021-02-01|Firm & Sons||2021-02-01",
    ),
}


def full(kind: str, /, **others: str) -> tuple[str, str]:
    """A header with every column of the kind, and one row in which the others stand."""
    row = FULL[kind] | others
    return ",".join(row), ",".join(f'"{value}"' for value in row.values())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_columns_and_fills_them(tmp_path: Path, kind: str) -> None:
    reading = read(tmp_path, kind, *full(kind))
    assert told(reading) == []
    assert set(FULL[kind]) == set(KINDS[kind].columns())
    assert [row.KIND for row in reading.rows] == [kind]


def test_what_an_optional_column_does_not_say_has_its_default(tmp_path: Path) -> None:
    charge = "account,charge,charged_on,due_on,amount,currency"
    [row] = read(tmp_path, "charges", charge, "A1,F-1,2021-02-01,2021-02-15,10,EUR").rows
    assert isinstance(row, ChargeRow)
    assert (row.kind, row.invoice) == ("fee", None)
    [row] = read(tmp_path, "contacts", "account,contact,at,channel", "A1,K-1,2021-02-01,letter").rows
    assert isinstance(row, ContactRow)
    assert (row.direction, row.at, row.invoices) == ("out", date(2021, 2, 1), ())
    [row] = read(tmp_path, "placements", "account,placement,placed_on", "A1,PL-1,2021-02-01").rows
    assert isinstance(row, PlacementRow)
    assert (row.invoices, row.recalled_on) == ((), None)


def test_a_payment_names_its_invoices_each_once(tmp_path: Path) -> None:
    lines = [
        "A1,P-1,2021-02-01,5,EUR,",
        "A1,P-2,2021-02-01,5,EUR,INV-1",
        "A1,P-3,2021-02-01,5,EUR, INV-2 ;INV-1;;INV-2",
    ]
    rows = read(tmp_path, "payments", "account,payment,received_on,amount,currency,invoice", *lines).rows
    named = [row.invoice for row in rows if isinstance(row, PaymentRow)]
    assert named == [(), ("INV-1",), ("INV-2", "INV-1")]


def test_a_due_date_before_the_issue_date_is_odd_but_stands(tmp_path: Path) -> None:
    assert len(read(tmp_path, "invoices", INVOICES, "A1,INV-1,2021-01-31,2021-01-01,100,EUR").rows) == 1


def test_codes_may_be_written_small_and_amounts_get_the_decimals_of_their_currency(tmp_path: Path) -> None:
    [row] = read(tmp_path, "invoices", INVOICES, "A1,INV-1,2021-01-01,2021-01-31,12.5000,kwd").rows
    assert isinstance(row, InvoiceRow)
    assert (row.currency, str(row.amount)) == ("KWD", "12.500")


# Faults in cells: line 2 of a file with one row.


A_DATE = "a date such as 2021-03-31"
IN_RANGE = "a date from 1900 to 2200"
AN_AMOUNT = "an amount such as 1250.00"
ABOVE_ZERO = "an amount above zero and below 1000000000000000"
OUTCOMES = "reached, promised, refused, third_party, voicemail, no_answer, busy, wrong_number, disconnected"


@pytest.mark.parametrize(
    ("kind", "cells", "expected"),
    [
        ("invoices", {"invoice": ""}, "a value"),
        ("invoices", {"invoice": "9" * 201}, "at most 200 characters"),
        ("invoices", {"issued_on": ""}, "a value"),
        ("invoices", {"issued_on": "2021-02-29"}, A_DATE),
        ("invoices", {"issued_on": "31/01/2021"}, A_DATE),
        ("invoices", {"issued_on": "1899-12-31"}, IN_RANGE),
        ("invoices", {"due_on": "2201-01-01"}, IN_RANGE),
        ("invoices", {"amount": "ten"}, AN_AMOUNT),
        ("invoices", {"amount": "1,250.00"}, AN_AMOUNT),
        ("invoices", {"amount": "1e3"}, AN_AMOUNT),
        ("invoices", {"amount": "NaN"}, AN_AMOUNT),
        ("invoices", {"amount": "0.00"}, ABOVE_ZERO),
        ("invoices", {"amount": "-5"}, ABOVE_ZERO),
        ("invoices", {"amount": "1000000000000000"}, ABOVE_ZERO),
        ("invoices", {"amount": "1.005"}, "at most 2 decimals in EUR"),
        ("invoices", {"amount": "1.5", "currency": "JPY"}, "at most 0 decimals in JPY"),
        ("invoices", {"currency": "EURO"}, "an ISO 4217 currency such as EUR"),
        ("accounts", {"timezone": "London"}, "an IANA time zone such as Europe/London"),
        ("accounts", {"country": "UK"}, "an ISO 3166 country of two letters such as GB"),
        ("accounts", {"kind": "firm"}, "'business' or 'consumer'"),
        ("payments", {"reversed_on": "2021-01-31"}, "a date not before received_on (2021-02-01)"),
        ("payments", {"invoice": "1;" + "9" * 201}, "at most 200 characters"),
        ("charges", {"kind": "levy"}, "'fee' or 'interest'"),
        ("promises", {"promised_on": "2021-01-31"}, "a date not before made_on (2021-02-01)"),
        ("disputes", {"resolved_on": "2021-01-31"}, "a date not before opened_on (2021-02-01)"),
        ("disputes", {"outcome": "won"}, "'upheld', 'partly', 'rejected' or 'withdrawn'"),
        ("disputes", {"outcome": ""}, "'upheld', 'partly', 'rejected' or 'withdrawn', as it is resolved"),
        ("disputes", {"outcome": "upheld", "resolved_on": ""}, "no outcome before there is a resolved_on"),
        ("placements", {"recalled_on": "2021-01-31"}, "a date not before placed_on (2021-02-01)"),
        ("contacts", {"at": "noon"}, A_DATE),
        ("contacts", {"channel": "fax"}, "'letter', 'email', 'sms' or 'call'"),
        ("contacts", {"outcome": ""}, f"how the call ended: {OUTCOMES}"),
        (
            "contacts",
            {"outcome": "reached", "direction": "in"},
            "no outcome: only a call that we made has one",
        ),
        (
            "contacts",
            {"outcome": "busy", "channel": "letter"},
            "no outcome: only a call that we made has one",
        ),
    ],
)
def test_a_wrong_cell_is_told_in_one_sentence(
    tmp_path: Path, kind: str, cells: dict[str, str], expected: str
) -> None:
    reading = read(tmp_path, kind, *full(kind, **cells))
    [(column, value), *_] = cells.items()
    found = f"'{value[:60]}{'…' if len(value) > 60 else ''}'" if value else "nothing"
    assert told(reading) == [f"{kind}.csv, line 2, {column}: found {found}, expected {expected}."]
    assert (reading.rows, [reject.line for reject in reading.rejects]) == ([], [2])


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("A1", "found '1 cells', expected 2 cells as in the header."),
        ("A1,Mill,x", "found '3 cells', expected 2 cells as in the header."),
        (
            'A1,"The "Old" Mill"',
            'found \'A1,"The "Old" Mill"\', expected quotation marks in pairs, those within a cell doubled.',
        ),
        (
            'A1,"The Old Mill',
            "found 'A1,\"The Old Mill', expected quotation marks in pairs, those within a cell doubled.",
        ),
    ],
)
def test_a_line_of_another_shape_is_told_as_a_whole(tmp_path: Path, line: str, sentence: str) -> None:
    assert told(read(tmp_path, "accounts", "account,name", line)) == [f"accounts.csv, line 2: {sentence}"]


def test_quotation_marks_within_an_unquoted_cell_are_text(tmp_path: Path) -> None:
    [row] = read(tmp_path, "accounts", "account,name", 'A1,The "Old" Mill').rows
    assert isinstance(row, AccountRow)
    assert row.name == 'The "Old" Mill'


@pytest.mark.parametrize(
    ("day", "holds"),
    [("1899-12-31", False), ("1900-01-01", True), ("2200-12-31", True), ("2201-01-01", False)],
)
def test_dates_are_believed_within_limits(tmp_path: Path, day: str, holds: bool) -> None:
    assert bool(read(tmp_path, "invoices", INVOICES, f"A1,I,2021-01-01,{day},1,EUR").rows) is holds


@pytest.mark.parametrize(
    ("amount", "holds"),
    [("0", False), ("0.01", True), ("999999999999999.99", True), ("1000000000000000", False)],
)
def test_amounts_are_believed_within_limits(tmp_path: Path, amount: str, holds: bool) -> None:
    assert (
        bool(read(tmp_path, "invoices", INVOICES, f"A1,I,2021-01-01,2021-01-31,{amount},EUR").rows) is holds
    )


def test_all_faults_are_told_at_once_and_the_other_lines_still_read(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        "invoices",
        INVOICES,
        "A1,I1,2021-13-01,2021-01-31,x,EU",
        GOOD,
        ",I2,2021-01-01,2021-01-31,1,EUR",
    )
    assert [(fault.line, fault.column, fault.value) for fault in reading.faults] == [
        (2, "issued_on", "2021-13-01"),
        (2, "currency", "EU"),
        (2, "amount", "x"),
        (4, "account", ""),
    ]
    assert [row.line for row in reading.rows] == [3]
    assert not reading.unreadable


# Faults of the whole file.


@pytest.mark.parametrize(
    ("content", "sentences"),
    [
        (
            b"",
            [
                "line 1: found nothing, expected a header line with account, invoice, issued_on, "
                "currency, amount."
            ],
        ),
        (
            b"\n \n",
            [
                "line 1: found nothing, expected a header line with account, invoice, issued_on, "
                "currency, amount."
            ],
        ),
        (
            b"A1,INV-1,2021-01-01\n",
            [
                "line 1: found 'A1,INV-1,2021-01-01', expected a header line with account, invoice, "
                "issued_on, currency, amount."
            ],
        ),
        (
            b"account,invoice,issued_on,amount\n",
            [
                "line 1, currency: found nothing, expected this column in the header.",
            ],
        ),
        (
            b"\naccount,invoice,issued_on,due_on,amount,currency,Amount\n",
            ["line 2, amount: found 'amount', expected this column only once."],
        ),
        (
            b"account,invoice,issued_on,due_on,amount,currency,paid\n",
            [
                "line 1, paid: found 'paid', expected a column among account, invoice, issued_on, due_on, "
                "currency, amount, reference, terms, or a map that leaves it out."
            ],
        ),
        (
            b"account,invoice\nA1,1\nM\xfcller,2\n",
            ["line 3: found 'byte 0xfc', expected text in utf-8 (a map can name another encoding)."],
        ),
        (
            "account,invoice\nA1,1\n".encode("utf-16-le"),
            ["line 1: found 'byte 0x00', expected text in utf-8 (a map can name another encoding)."],
        ),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, content: bytes, sentences: list[str]) -> None:
    reading = read_rows(write(tmp_path, "book.csv", content), "invoices")
    assert told(reading) == [f"book.csv, {sentence}" for sentence in sentences]
    assert reading.unreadable
    assert (reading.rows, reading.rejects) == ([], [])


def test_a_file_that_is_not_there_is_a_fault_too(tmp_path: Path) -> None:
    assert told(read_rows(tmp_path / "gone.csv", "invoices")) == [
        "gone.csv: found 'No such file or directory', expected a file that can be read."
    ]


def test_a_header_alone_is_an_empty_file_without_fault(tmp_path: Path) -> None:
    reading = read(tmp_path, "invoices", INVOICES)
    assert (reading.rows, reading.faults, reading.unreadable) == ([], [], False)


# How files are written.


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_delimiter_line_ending_and_byte_order_mark_do_not_matter(
    tmp_path: Path, delimiter: str, ending: str, mark: str
) -> None:
    text = mark + ending.join(["Account , invoice,ISSUED_ON,due_on,amount,currency,,", GOOD, "", ",,,,,", ""])
    path = write(tmp_path, "book.csv", text.replace(",", delimiter))
    reading = read_rows(path, "invoices")
    assert told(reading) == []
    assert [(row.account, row.line) for row in reading.rows] == [("A1", 2)]


def test_lines_are_counted_as_an_editor_does_also_within_quotation_marks(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        "accounts",
        "",
        "account,name,address,country",
        'A1,Harbour Mill,"1 Quay',
        "Port",
        'England",GB',
        "",
        'A2,"Upper ""Old"" Mill","2 Quay\r\nPort",XX',
        "A3,Lower Mill,,",
    )
    assert [(row.account, row.line) for row in reading.rows] == [("A1", 3), ("A3", 9)]
    assert [fault.line for fault in reading.faults] == [7]
    assert reading.rejects[0].text == 'A2,"Upper ""Old"" Mill","2 Quay\r\nPort",XX\n'


def test_a_quotation_mark_that_never_closes_rejects_what_it_swallows(tmp_path: Path) -> None:
    reading = read(tmp_path, "accounts", "account,name", "A1,Harbour Mill", 'A2,"Upper Mill', "A3,Lower Mill")
    assert [row.account for row in reading.rows] == ["A1"]
    assert [fault.line for fault in reading.faults] == [3]
    assert reading.rejects[0].text == 'A2,"Upper Mill\nA3,Lower Mill\n'


# The same id twice.


def test_the_same_row_twice_is_kept_once(tmp_path: Path) -> None:
    again = "A1,INV-1,2021-01-01,2021-01-31,100,eur"
    reading = read(tmp_path, "invoices", INVOICES, GOOD, again, again)
    assert ([row.line for row in reading.rows], reading.repeated, reading.faults) == ([2], 2, [])


def test_the_same_id_with_other_contents_is_a_fault_of_both_lines(tmp_path: Path) -> None:
    other = "A1,INV-1,2021-01-01,2021-02-28,90,EUR"
    another_account = "A2,INV-1,2021-01-01,2021-02-28,90,EUR"
    reading = read(tmp_path, "invoices", INVOICES, GOOD, another_account, other)
    assert told(reading) == [
        "invoices.csv, line 4, invoice: found 'INV-1', expected an id of its own, or the same due_on, amount "
        "as on line 2."
    ]
    assert [reject.line for reject in reading.rejects] == [2, 4]
    assert [row.account for row in reading.rows] == ["A2"]


# Rejects.


def test_rejects_can_be_mended_and_read_again(tmp_path: Path) -> None:
    bad = 'A2;INV-2;2021-01-01;2021-01-31;"1,50";EUR'
    text = "\ufeff" + "\r\n".join([INVOICES.replace(",", ";"), GOOD.replace(",", ";"), bad])
    reading = read_rows(write(tmp_path, "book.csv", text), "invoices")
    rejects = tmp_path / "book.rejects.csv"
    rejects.write_bytes(rejects_of(reading))
    assert rejects.read_bytes().decode() == INVOICES.replace(",", ";") + "\r\n" + bad + "\n"

    mended = read_rows(
        write(tmp_path, "mended.csv", rejects.read_text().replace('"1,50"', "1.50")), "invoices"
    )
    assert told(mended) == []
    assert [(row.account, row.line) for row in mended.rows] == [("A2", 2)]


def test_rejects_keep_the_encoding_of_their_file(tmp_path: Path) -> None:
    mapping = map_of(
        tmp_path,
        """
        file.encoding = "cp1252"
        [[table]]
        kind = "accounts"
        columns = { account = "Kunde", name = "Name", country = "Land" }
        """,
    )
    reading = read_rows(
        write(tmp_path, "k.csv", "Kunde;Name;Land\n1;Mühle;DE\n2;Müller;??\n".encode("cp1252")),
        "accounts",
        mapping,
    )
    assert [row.name for row in reading.rows if isinstance(row, AccountRow)] == ["Mühle"]
    (tmp_path / "rejects.csv").write_bytes(rejects_of(reading))
    assert (tmp_path / "rejects.csv").read_bytes() == "Kunde;Name;Land\n2;Müller;??\n".encode("cp1252")


CELLS = st.sampled_from(
    ["A1", "INV-1", "2021-01-01", "100", "EUR", "", "x", '"', '"q"', '"a\nb"', "\n", "\r", " "]
)


@given(lines=st.lists(st.lists(CELLS | st.text(max_size=5), min_size=5, max_size=7), max_size=6))
def test_whatever_the_file_a_line_gives_a_row_or_a_reject_and_rejects_stay_rejects(
    tmp_path_factory: pytest.TempPathFactory, lines: list[list[str]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    body = "".join(",".join(cells) + "\n" for cells in [GOOD.split(","), *lines])
    reading = read_rows(
        write(folder, "any.csv", (INVOICES + "\n" + body).encode(errors="replace")), "invoices"
    )
    assert {row.line for row in reading.rows}.isdisjoint(reject.line for reject in reading.rejects)
    if not reading.unreadable:
        (folder / "rejects.csv").write_bytes(rejects_of(reading))
        again = read_rows(folder / "rejects.csv", "invoices")
        assert (again.rows, again.repeated) == ([], 0)
        assert [reject.text for reject in again.rejects] == [reject.text for reject in reading.rejects]


# Maps.

LEDGER = """
[file]
date_format = ["%d/%m/%Y", "%d %b %Y"]
decimal = ","
thousands = "."

[[table]]
kind = "invoices"
rows = [
    { column = "Art", equals = ["RE"] },
    { column = "Stand", not_equals = ["storniert"], optional = true },
    { column = "Nummer", not_empty = true },
]

[table.columns]
account = ["Konto", "Kunde"]
invoice = "{Kreis}-{Nummer}"
issued_on = "Datum"
due_on = ["Fällig", "Datum"]
amount = "Betrag"
currency = "Währung"

[table.constants]
currency = "EUR"
"""
LEDGER_HEADER = "Kunde;Konto;Kreis;Nummer;Datum;Fällig;Betrag;Währung;Art;Notiz"


def test_a_map_renames_fills_in_converts_and_filters(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        "invoices",
        "Offene Posten;;",
        "",
        LEDGER_HEADER,
        "Mill;K1;A;1;31/01/2021;28/02/2021;1.234.567,89;;RE;",
        "Mill;;A;2;5 Feb 2021;;12,50;CHF;re;",
        "Mill;K1;A;3;31/01/2021;28/02/2021;1;;GS;",
        "Mill;K1;A;;31/01/2021;28/02/2021;1;;RE;",
        "Summe",
        mapping=map_of(tmp_path, LEDGER),
    )
    assert told(reading) == []
    assert reading.skipped == 3
    assert [
        (row.line, row.account, row.invoice, row.issued_on, row.due_on, str(row.amount), row.currency)
        for row in reading.rows
        if isinstance(row, InvoiceRow)
    ] == [
        (4, "K1", "A-1", date(2021, 1, 31), date(2021, 2, 28), "1234567.89", "EUR"),
        (5, "Mill", "A-2", date(2021, 2, 5), date(2021, 2, 5), "12.50", "CHF"),
    ]


def test_under_a_map_faults_name_the_columns_of_the_file(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        "invoices",
        LEDGER_HEADER,
        "Mill;K1;A;1;31/31/2021;28/02/2021;12.50;;RE;",
        "Mill;K1;;2;31/01/2021;28/02/2021;12,50;;RE;",
        mapping=map_of(tmp_path, LEDGER),
    )
    assert told(reading) == [
        "invoices.csv, line 2, Datum: found '31/31/2021', expected a date such as 31/03/2021 or 31 Mar 2021.",
        "invoices.csv, line 2, Betrag: found '12.50', expected an amount such as 1.250,00.",
        "invoices.csv, line 3, {Kreis}-{Nummer}: found nothing, expected a value.",
    ]


def test_under_a_map_the_header_must_have_what_rows_and_filters_need(tmp_path: Path) -> None:
    reading = read(tmp_path, "invoices", "Kreis;Nummer;Datum;Betrag", mapping=map_of(tmp_path, LEDGER))
    assert told(reading) == [
        "invoices.csv, line 1, Konto or Kunde: found nothing, expected this column in the header.",
        "invoices.csv, line 1, Art: found nothing, expected this column in the header.",
    ]


def test_a_map_for_another_kind_is_refused(tmp_path: Path) -> None:
    reading = read(tmp_path, "payments", LEDGER_HEADER, mapping=map_of(tmp_path, LEDGER))
    assert told(reading) == ["payments.csv: found 'payments', expected invoices, which the map is for."]


def test_a_line_that_feeds_two_kinds_gives_both_rows_or_one_reject(tmp_path: Path) -> None:
    mapping = map_of(
        tmp_path,
        """
        [[table]]
        kind = "invoices"
        columns = { account = "k", invoice = "n", issued_on = "d", due_on = "d", amount = "a" }
        constants = { currency = "EUR" }
        [[table]]
        kind = "payments"
        rows = [{ column = "p", not_empty = true }]
        columns = { account = "k", payment = "{n}-paid", received_on = "p", amount = "a", invoice = "n" }
        constants = { currency = "EUR" }
        """,
    )
    reading = read(
        tmp_path,
        "invoices",
        "k,n,d,p,a",
        "K1,1,2021-01-01,2021-02-01,10",
        "K1,2,2021-01-01,,20",
        "K1,3,2021-01-01,soon,30",
        mapping=mapping,
    )
    assert [row.key() for row in reading.rows] == [
        ("invoices", "K1", "1"),
        ("payments", "K1", "1-paid"),
        ("invoices", "K1", "2"),
    ]
    assert told(reading) == ["invoices.csv, line 4, p: found 'soon', expected a date such as 2021-03-31."]
    assert [reject.line for reject in reading.rejects] == [4]


@pytest.mark.parametrize(
    ("text", "decimal", "thousands", "expected"),
    [
        ("1250.00", ".", "", "1250.00"),
        ("1,250.00", ".", ",", "1250.00"),
        ("1250", ".", ",", "1250"),
        ("1,28,500.00", ".", ",", "128500.00"),
        ("12,50", ".", ",", None),
        ("1,2500.00", ".", ",", None),
        ("1.250,5", ",", ".", "1250.5"),
        ("1 250,00", ",", " ", "1250.00"),
        ("1\u00a0250,00", ",", " ", "1250.00"),
        ("1\u202f250,00", ",", " ", "1250.00"),
        ("1'250.00", ".", "'", "1250.00"),
        ("(12.50)", ".", ",", None),
        ("٣", ".", "", None),
    ],
)
def test_amounts_are_read_as_the_map_says_and_never_a_hundredfold(
    text: str, decimal: str, thousands: str, expected: str | None
) -> None:
    if expected is None:
        with pytest.raises(Expected, match="an amount such as"):
            read_amount(text, decimal, thousands)
    else:
        assert read_amount(text, decimal, thousands) == Decimal(expected)


@pytest.mark.parametrize(
    ("text", "formats", "expected"),
    [
        ("2021-03-01", ("iso",), date(2021, 3, 1)),
        ("2021-03-01 14:45:34.083 UTC", ("iso",), datetime(2021, 3, 1, 14, 45, 34, 83000, UTC)),
        (
            "2021-03-01T14:45:00+02:00",
            ("iso",),
            datetime(2021, 3, 1, 14, 45, tzinfo=timezone(timedelta(hours=2))),
        ),
        ("2021-03-01T14:45", ("iso",), datetime(2021, 3, 1, 14, 45)),  # noqa: DTZ001
        ("01.03.2021 14:45", ("%d.%m.%Y %H:%M",), datetime(2021, 3, 1, 14, 45)),  # noqa: DTZ001
        ("20210301", ("iso",), None),
        ("2021-W09-1", ("iso",), None),
        ("1614556800", ("iso",), None),
        ("2021-03-01 sometime", ("iso",), None),
        ("01/03/2021", ("%d/%m/%Y", "%m/%d/%Y"), None),
        ("31/03/2021", ("%d/%m/%Y", "%m/%d/%Y"), date(2021, 3, 31)),
        ("03/03/2021", ("%d/%m/%Y", "%m/%d/%Y"), date(2021, 3, 3)),
    ],
)
def test_dates_are_read_in_the_formats_given_and_in_one_way_only(
    text: str, formats: tuple[str, ...], expected: date | None
) -> None:
    if expected is None:
        with pytest.raises(Expected, match="a date"):
            read_moment(text, formats)
    else:
        assert read_moment(text, formats) == expected


def test_a_timestamp_is_cut_to_the_date_it_states_where_a_date_is_meant(tmp_path: Path) -> None:
    header = "account,contact,at,channel,outcome"
    [row] = read(tmp_path, "contacts", header, "A1,K,2021-02-01T23:30-05:00,call,busy").rows
    assert isinstance(row, ContactRow)
    assert (row.at, row.outcome) == (datetime(2021, 2, 2, 4, 30, tzinfo=UTC), CallOutcome.BUSY)
    [row] = read(tmp_path, "invoices", INVOICES, "A1,I,2021-02-01T23:30-05:00,2021-02-28,1,EUR").rows
    assert isinstance(row, InvoiceRow)
    assert row.issued_on == date(2021, 2, 1)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ["table: expected this key, which is missing."]),
        ("table = []", ["the map: expected at least one [[table]]."]),
        ("[[table]]", ["table.1.kind: expected this key, which is missing."]),
        ("[[table]]\nkind = 'bills'", ["table.1.kind: expected 'accounts', 'invoices', "]),
        (
            "[[table]]\nkind = 'accounts'\ncolumns = { number = 'No' }",
            ["table.1: expected columns among account, name, "],
        ),
        (
            "[[table]]\nkind = 'invoices'\ncolumns = { account = 'a', invoice = 'i' }",
            ["table.1: expected columns or constants for issued_on, currency, amount as well."],
        ),
        (
            "[[table]]\nkind = 'accounts'\ncolumns = { account = 'a' }\nrows = [{ column = 'x' }]",
            ["table.1.rows.1: expected one of equals, not_equals and not_empty."],
        ),
        (
            "[file]\ndate_format = '%d/%m'\ndelimitor = ';'\nencoding = 'latin-99'\ndecimal = ''\n"
            "[[table]]\nkind = 'accounts'\ncolumns = { account = 'a' }",
            [
                "file.date_format.1: expected 'iso' or a strptime format with year, month and day, such as "
                "'%d/%m/%Y', found '%d/%m'.",
                "file.decimal: expected '.' or ',', found ''.",
                "file.encoding: expected an encoding such as 'utf-8' or 'cp1252', found 'latin-99'.",
                "file.delimitor: expected no such key.",
            ],
        ),
        (
            "[file]\nthousands = '.'\n[[table]]\nkind = 'accounts'\ncolumns = { account = 'a' }",
            ["file: expected another mark for thousands than for decimals."],
        ),
        ("[[table]", ["expected TOML in UTF-8, but: "]),
    ],
)
def test_a_wrong_map_is_refused_with_every_key_and_what_was_expected(
    tmp_path: Path, text: str, problems: list[str]
) -> None:
    with pytest.raises(MapRefused) as refused:
        map_of(tmp_path, text)
    said = str(refused.value).splitlines()
    assert len(said) == len(problems)
    for line, problem in zip(said, problems, strict=True):
        assert line.startswith(f"map.toml: {problem}")


def test_a_map_is_found_by_its_path_or_by_the_name_we_ship_it_under(tmp_path: Path) -> None:
    assert find_map(str(write(tmp_path, "mine.toml", LEDGER))).kinds == ("invoices",)
    assert find_map("xero-dbt").kinds == ("invoices", "payments")
    with pytest.raises(UnknownMap) as unknown:
        find_map("sage")
    assert str(unknown.value) == (
        "There is no map 'sage': expected a TOML file or one of quickbooks, xero, xero-dbt."
    )


def test_the_documented_map_reads_the_documented_file(tmp_path: Path) -> None:
    text = (Path(__file__).parent.parent / "docs" / "imports.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    plain, mapped = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)
    assert len(read_rows(write(tmp_path, "payments.csv", plain), "payments").rows) == 2

    reading = read_rows(write(tmp_path, "items.csv", mapped), "invoices", map_of(tmp_path, example))
    assert told(reading) == []
    invoice, payment = reading.rows
    assert isinstance(invoice, InvoiceRow)
    assert isinstance(payment, PaymentRow)
    assert (invoice.account, invoice.invoice, str(invoice.amount)) == ("Harbour Mill", "A-17", "1250.00")
    assert (payment.payment, payment.invoice, payment.received_on) == (
        "A-17-paid",
        ("A-17",),
        date(2021, 2, 15),
    )
    assert reading.skipped == 1


# The maps that we ship.

XERO_HEADER = (
    "ContactName,EmailAddress,POAddressLine1,POAddressLine2,POAddressLine3,POAddressLine4,POCity,PORegion,"
    "POPostalCode,POCountry,InvoiceNumber,Reference,InvoiceDate,DueDate,PlannedDate,Total,TaxTotal,"
    "InvoiceAmountPaid,InvoiceAmountDue,InventoryItemCode,Description,Quantity,UnitAmount,Discount,LineAmount,"
    "AccountCode,TaxType,TaxAmount,TrackingName1,TrackingOption1,TrackingName2,TrackingOption2,Currency,Type,"
    "Sent,Status"
)


def xero_line(**cells: str) -> str:
    usual = {
        "ContactName": "Harbour Mill",
        "InvoiceNumber": "INV-1",
        "InvoiceDate": "11/06/2021",
        "DueDate": "25/06/2021",
        "Total": "150.0000",
        "InvoiceAmountPaid": "50.0000",
        "InvoiceAmountDue": "100.0000",
        "Currency": "GBP",
        "Type": "Sales invoice",
        "Status": "Awaiting Payment",
    }
    return ",".join(f'"{(usual | cells).get(name, "")}"' for name in XERO_HEADER.split(","))


def test_xeros_export_gives_each_invoice_once_at_what_is_due(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        "invoices",
        XERO_HEADER,
        xero_line(
            Description="Flour", EmailAddress="ap@mill.example", POAddressLine1="1 Quay", POCity="Port"
        ),
        xero_line(Description="Freight"),
        xero_line(InvoiceNumber="INV-2", InvoiceAmountDue="0.0000", Status="Paid"),
        xero_line(InvoiceNumber="INV-3", Status="Draft"),
        xero_line(InvoiceNumber="CN-4", Type="Sales credit note"),
        mapping=find_map("xero"),
    )
    assert told(reading) == []
    account, invoice = reading.rows
    assert isinstance(account, AccountRow)
    assert isinstance(invoice, InvoiceRow)
    assert (account.account, account.email, account.address) == (
        "Harbour Mill",
        "ap@mill.example",
        "1 Quay, Port",
    )
    assert (invoice.invoice, str(invoice.amount), invoice.due_on) == ("INV-1", "100.00", date(2021, 6, 25))
    assert reading.skipped == 3


def test_quickbooks_report_is_read_below_its_titles_and_above_its_totals(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        "invoices",
        '"Upper Mill, Inc",,,,,,,',
        "Invoice List,,,,,,,",
        '"January 1 - December 31, 2021",,,,,,,',
        "",
        "Date,Transaction type,Num,Name,Memo/Description,Due date,Amount,Open balance",
        '06/11/2021,Invoice,1042,Harbour Mill,Flour,07/11/2021,"1,200.00","1,000.00"',
        "06/12/2021,Invoice,1043,Harbour Mill,Flour,07/12/2021,450.00,0.00",
        "06/13/2021,Credit Memo,1044,Harbour Mill,Flour,06/13/2021,-50.00,-50.00",
        'TOTAL,,,,,,"1,600.00","$950.00"',
        "",
        '"Friday, July 30, 2021 04:19 PM GMT-06:00",,,,,,,',
        mapping=find_map("quickbooks"),
    )
    assert told(reading) == []
    account, invoice = reading.rows
    assert isinstance(account, AccountRow)
    assert isinstance(invoice, InvoiceRow)
    assert (account.account, account.name) == ("Harbour Mill", "Harbour Mill")
    assert (invoice.line, invoice.invoice, invoice.currency) == (6, "1042", "USD")
    assert (str(invoice.amount), invoice.issued_on, invoice.due_on) == (
        "1000.00",
        date(2021, 6, 11),
        date(2021, 7, 11),
    )
    assert reading.skipped == 4


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        (
            date(2020, 12, 31),
            {
                ("GBP", "current"): (2, "4500.00"),
                ("GBP", "31-60"): (1, "2250.00"),
                ("USD", "current"): (9, "36725.00"),
                ("USD", "1-30"): (1, "2400.00"),
            },
        ),
        (
            date(2021, 2, 28),
            {
                ("GBP", "current"): (4, "8307.50"),
                ("GBP", "1-30"): (1, "2250.00"),
                ("GBP", "31-60"): (1, "2250.00"),
                ("GBP", "61-90"): (1, "2250.00"),
                ("USD", "current"): (10, "52656.00"),
                ("USD", "1-30"): (1, "750.00"),
            },
        ),
    ],
)
def test_a_real_xero_book_shows_its_known_figures(
    shared_data: Path, as_of: date, expected: dict[tuple[str, str], tuple[int, str]]
) -> None:
    path = shared_data / "xero" / "xero_invoice_data.csv"
    reading = read_rows(path, "invoices", find_map("xero-dbt"))
    assert told(reading) == []
    invoices = [row for row in reading.rows if isinstance(row, InvoiceRow)]
    payments = [row for row in reading.rows if isinstance(row, PaymentRow)]
    assert (len(invoices), len(payments), reading.skipped) == (116, 103, 485)

    paid = {each.invoice[0]: each.amount for each in payments if each.received_on <= as_of}
    counts: Counter[tuple[str, str]] = Counter()
    amounts: dict[tuple[str, str], Decimal] = {}
    for invoice in invoices:
        still_open = invoice.amount - paid.get(invoice.invoice, Decimal(0))
        if invoice.due_on and invoice.issued_on <= as_of and still_open:
            key = (invoice.currency, bucket((as_of - invoice.due_on).days))
            counts[key] += 1
            amounts[key] = amounts.get(key, Decimal(0)) + still_open
    assert {key: (counts[key], str(amounts[key])) for key in counts} == expected


def bucket(days_past_due: int) -> str:
    for label, last in (("current", 0), ("1-30", 30), ("31-60", 60), ("61-90", 90)):
        if days_past_due <= last:
            return label
    return "91+"
