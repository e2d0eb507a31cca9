"""`arrears interest`, `charge-interest` and `waive --amount`, typed as people and programs do."""

import json
from pathlib import Path
from typing import Any

import pytest

from arrears.cli.main import run


@pytest.fixture
def book(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/book.db"
    for line in (
        "policy default eu-late-payment",
        "open ACME --kind business --opened 2025-12-01",
        "invoice ACME INV-1 10000.00 EUR --issued 2025-12-01 --due 2026-04-15",
    ):
        assert run([*line.split(), "--book", url]) == 0
    return url


def answer(book: str, capsys: pytest.CaptureFixture[str], line: str) -> dict[str, Any]:
    capsys.readouterr()
    assert run([*line.split(), "--book", book, "--format", "json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_what_has_accrued_is_shown_and_not_stored(book: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = answer(book, capsys, "interest ACME --until 2026-06-30")
    assert shown["totals"] == {"interest": {"EUR": "211.34"}, "compensation": {"EUR": "40.00"}}
    assert shown["notes"] == [
        "INV-1: its term of 135 days is longer than 60; that must have been agreed expressly "
        "(Directive 2011/7/EU, art. 3(5))"
    ]
    assert answer(book, capsys, "interest ACME --until 2026-06-30") == shown
    assert run(["interest", "ACME", "--until", "2026-06-30", "--book", book]) == 0
    said = capsys.readouterr().out
    assert "interest: 211.34 EUR; compensation: 40.00 EUR" in said


def test_a_rate_that_is_not_known_is_refused_by_its_name(
    book: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["interest", "ACME", "--until", "2026-07-01", "--book", book, "--format", "json"]) == 3
    assert "RateUnknown" in capsys.readouterr().err


def test_interest_is_charged_paid_first_waived_in_part_and_shown_apart(
    book: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for line in (
        "charge-interest ACME --until 2026-06-30",
        "pay ACME PAY-1 100.00 EUR --on 2026-07-01",
        "waive ACME INV-1/interest/2026-06-30 --amount 1.34",
    ):
        assert run([*line.split(), "--book", book]) == 0
    account = answer(book, capsys, "account ACME")
    assert account["balance"] == {"EUR": "10150.00"}
    parts = {"EUR": {"principal": "10000.00", "interest": "150.00", "fees": "0.00", "unapplied": "0.00"}}
    assert account["parts"] == parts
    assert answer(book, capsys, "statement ACME")["parts"] == parts
    [row] = answer(book, capsys, "report aging")["rows"]
    assert (row["principal"], row["interest"], row["fees"]) == ("10000.00", "150.00", "0.00")
    assert run(["account", "ACME", "--book", book]) == 0
    assert "10150.00 EUR (EUR: principal 10000.00, interest 150.00)" in capsys.readouterr().out
    assert run(["waive", "ACME", "INV-1/interest/2026-06-30", "--amount", "500", "--book", book]) == 3
    assert run(["check", "--book", book]) == 0
