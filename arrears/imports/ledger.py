"""Reading another ledger's balances from a CSV file: all of them, and all that is wrong with the file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from arrears.imports.cells import AMOUNT_BELOW
from arrears.imports.faults import Fault
from arrears.imports.sheet import Header, Record, Undecodable, decode, find_header, records
from engine.domain.money import TooPrecise, UnknownCurrency, exponent, money

COLUMNS = ("account", "currency", "balance")
ENCODING = "utf-8"

Balances = dict[tuple[str, str], Decimal]
"""What is owed by account number and currency; below zero where we owe."""

_AMOUNT = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")


@dataclass
class Ledger:
    """What a file holds: balances, and all that is wrong with it."""

    file: str
    balances: Balances = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    lines: dict[tuple[str, str], int] = field(default_factory=dict)


def read_ledger(path: Path) -> Ledger:
    """The balances of the file, which has the columns account, currency and balance, and may have others."""
    try:
        content = path.read_bytes()
    except OSError as wrong:
        fault = Fault(path.name, 0, "", str(wrong.strerror), "a file that can be read")
        return Ledger(path.name, faults=[fault])
    return parse_ledger(path.name, content)


def parse_ledger(name: str, content: bytes) -> Ledger:
    """The balances that such a file holds."""
    ledger = Ledger(name)
    try:
        lines = decode(content, ENCODING)
    except Undecodable as wrong:
        ledger.faults.append(Fault(name, wrong.line, "", wrong.found, f"text in {ENCODING}"))
        return ledger
    header = find_header(lines, set(COLUMNS), None, titles=False)
    if header is None or not set(COLUMNS) <= set(header.names):
        found = lines[header.record.first - 1].strip() if header else ""
        expected = f"a header with the columns {', '.join(COLUMNS)}"
        ledger.faults.append(Fault(name, 1, "", found, expected))
        return ledger
    for record in records(lines, header.delimiter, header.record.last):
        ledger.faults.extend(_take(ledger, header, record))
    return ledger


def _take(ledger: Ledger, header: Header, record: Record) -> Iterator[Fault]:
    """Adds the record's balance to the ledger, or says all that is wrong with it."""
    if record.cells is None or len(record.cells) < len(header.names):
        shown = "" if record.cells is None else f"{len(record.cells)} cells"
        yield Fault(ledger.file, record.first, "", shown, f"{len(header.names)} cells as in the header")
        return
    cells = {name: record.cells[header.names.index(name)].strip() for name in COLUMNS}
    faults = [
        Fault(ledger.file, record.first, column, cells[column], expected)
        for column, expected in _wrong(cells)
    ]
    yield from faults
    if not faults:
        key = (cells["account"], cells["currency"].upper())
        first = ledger.lines.setdefault(key, record.first)
        if first != record.first:
            expected = f"each account and currency once; this one stands on line {first}"
            yield Fault(ledger.file, record.first, "account", cells["account"], expected)
        ledger.balances[key] = money(Decimal(cells["balance"]), key[1])


def _wrong(cells: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The columns that are wrong, each with what was expected of it."""
    if not cells["account"]:
        yield "account", "the number of an account"
    currency = cells["currency"].upper()
    try:
        exponent(currency)
    except UnknownCurrency:
        yield "currency", "an ISO 4217 currency such as EUR"
        currency = ""
    if not _AMOUNT.fullmatch(cells["balance"]) or abs(Decimal(cells["balance"])) >= AMOUNT_BELOW:
        yield "balance", "an amount such as 1250.00 or -80.00"
    elif currency:
        try:
            money(Decimal(cells["balance"]), currency)
        except TooPrecise:
            yield "balance", f"at most {exponent(currency)} decimals in {currency}"
