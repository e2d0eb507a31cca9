"""The rows of the portfolio's files, kept until they are written in date order."""

import csv
from collections import Counter
from datetime import date
from pathlib import Path

COLUMNS = {
    "accounts": "account name kind country region timezone language email phone address segment collector "
    "opened_on",
    "invoices": "account invoice issued_on due_on amount currency",
    "payments": "account payment received_on amount currency invoice reference reversed_on reason",
    "credits": "account credit issued_on amount currency invoice reason",
    "charges": "account charge charged_on due_on amount currency invoice reason",
    "promises": "account promise made_on made_at promised_on amount currency invoices taken_by",
    "disputes": "account dispute opened_on invoices reason resolved_on outcome",
    "contacts": "account contact at channel direction outcome step invoices note",
}
"""The plain format of each file, `NAME.csv`."""

Row = dict[str, str]

# What a row says about a later day, and the column that goes with it: unknown while that day is to come.
_LATER = {"payments": ("reversed_on", "reason"), "disputes": ("resolved_on", "outcome")}


class Sheets:
    """Every row by file, each with the day on which it happened."""

    def __init__(self) -> None:
        self._rows: dict[str, list[tuple[date, Row]]] = {name: [] for name in COLUMNS}
        self._last_ids: Counter[str] = Counter()

    def new_id(self, prefix: str, account: str) -> str:
        """The account's next number of that kind: PAY-0042-03."""
        stem = f"{prefix}-{account.removeprefix('C-')}"
        self._last_ids[stem] += 1
        return f"{stem}-{self._last_ids[stem]:02d}"

    def add(self, name: str, on: date, values: Row) -> Row:
        """The row as it was added; what is not among `values` stays empty."""
        row = dict.fromkeys(COLUMNS[name].split(), "") | values
        self._rows[name].append((on, row))
        return row

    def write(self, folder: Path, until: date) -> dict[str, int]:
        """The number of rows of each file, written in date order; nothing later than `until` is told."""
        folder.mkdir(parents=True, exist_ok=True)
        return {name: self._write(folder, name, until) for name in COLUMNS}

    def _write(self, folder: Path, name: str, until: date) -> int:
        known = sorted((entry for entry in self._rows[name] if entry[0] <= until), key=lambda entry: entry[0])
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS[name].split(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(_as_known(name, row, until) for _, row in known)
        return len(known)


def _as_known(name: str, row: Row, until: date) -> Row:
    later, companion = _LATER.get(name, ("", ""))
    if row.get(later, "") <= until.isoformat():
        return row
    return row | {later: "", companion: ""}
