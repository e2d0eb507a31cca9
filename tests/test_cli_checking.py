"""Whether a book agrees with itself, and with the ledger it was imported from."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update

from projections import tables
from projections.connection import connect, writing
from tests.told_book import Terminal, told_book

HEADER = "account,currency,balance"
LEDGER = f"{HEADER}\nC-1042,EUR,1200.00\nC-1042,GBP,80\nC-2000,EUR,50.00\n"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    return told_book(tmp_path_factory.mktemp("told"))


@pytest.fixture
def terminal(told: str, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(told, capsys)


def reconcile(terminal: Terminal, folder: Path, ledger: str, *words: str) -> tuple[int, str, str]:
    file = folder / "ledger.csv"
    file.write_text(ledger)
    return terminal.ask("reconcile", str(file), "--as-of", "2026-03-31", *words)


def test_a_book_agrees_with_itself(terminal: Terminal) -> None:
    result = terminal.answer("check")
    assert (result["agree"], result["accounts"], result["differences"]) == (True, 2, [])
    code, out, _ = terminal.ask("check")
    assert (code, out) == (0, f"all 2 accounts, {result['facts']} facts agree\n")


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (
            update(tables.balances).where(tables.balances.c.item == "INV-1").values(open_minor=1),
            "account C-1042 EUR: aging says",
        ),
        (
            update(tables.postings).where(tables.postings.c.item == "INV-1").values(amount_minor=1),
            "amount_minor is 1, the log says 120000",
        ),
        (delete(tables.timeline).where(tables.timeline.c.topic == "NoteAdded"), "the row is missing"),
        (update(tables.promises).values(taken_by="nobody"), "taken_by is 'nobody'"),
    ],
)
def test_a_row_changed_by_hand_is_found(
    change: Any, found: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(told_book(tmp_path), capsys)
    with writing(connect(terminal.url)) as connection:
        connection.execute(change)
    code, out, _ = terminal.ask("check")
    assert code == 1
    assert found in out
    code, out, _ = terminal.ask("check", "--format", "json")
    assert (code, json.loads(out)["agree"]) == (1, False)


@pytest.mark.parametrize("more", ["", "C-3000,EUR,0.00\n"])
def test_a_ledger_with_the_same_balances_agrees(more: str, terminal: Terminal, tmp_path: Path) -> None:
    code, out, _ = reconcile(terminal, tmp_path, LEDGER + more)
    assert code == 0
    assert out.endswith("balances agree\n")


def test_every_difference_is_listed_whichever_side_lacks_it(terminal: Terminal, tmp_path: Path) -> None:
    ledger = "account;currency;balance;name\nC-1042;eur;1199.99;Example\nC-1042;GBP;80.00;\nC-4000;USD;-5;\n"
    code, out, _ = reconcile(terminal, tmp_path, ledger, "--format", "json")
    result = json.loads(out)
    assert (code, result["as_of"], result["agree"], result["compared"]) == (1, "2026-03-31", False, 4)
    assert list(result["differences"][0]) == ["account", "currency", "file", "book", "difference"]
    assert [tuple(difference.values()) for difference in result["differences"]] == [
        ("C-1042", "EUR", "1199.99", "1200.00", "0.01"),
        ("C-2000", "EUR", None, "50.00", "50.00"),
        ("C-4000", "USD", "-5.00", None, "5.00"),
    ]


def test_a_bad_ledger_is_refused_with_every_bad_line(terminal: Terminal, tmp_path: Path) -> None:
    lines = [",EUR,1", "C-1,EURO,1", "C-1,EUR,1.234", "C-1,EUR,", "C-1,EUR", "C-2,EUR,1", "C-2,EUR,2"]
    code, out, err = reconcile(terminal, tmp_path, "\n".join([HEADER, *lines]))
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "ledger.csv, line 2, account: found nothing, expected the number of an account.",
        "ledger.csv, line 3, currency: found 'EURO', expected an ISO 4217 currency such as EUR.",
        "ledger.csv, line 4, balance: found '1.234', expected at most 2 decimals in EUR.",
        "ledger.csv, line 5, balance: found nothing, expected an amount such as 1250.00 or -80.00.",
        "ledger.csv, line 6: found '2 cells', expected 3 cells as in the header.",
        "ledger.csv, line 8, account: found 'C-2', expected each account and currency once; "
        "this one stands on line 7.",
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"number,amount\n1,2\n", "a header with the columns account, currency, balance"),
        (b"", "a header with the columns account, currency, balance"),
        (b"account,currency,balance\nC-\xff,EUR,1\n", "text in utf-8"),
    ],
)
def test_a_file_that_is_no_ledger_is_refused(
    content: bytes, expected: str, terminal: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "ledger.csv"
    file.write_bytes(content)
    code, _, err = terminal.ask("reconcile", str(file))
    assert code == 2
    assert expected in err


@pytest.mark.parametrize("name", ["none.csv", "."])
def test_a_ledger_that_cannot_be_read_is_refused(name: str, terminal: Terminal, tmp_path: Path) -> None:
    code, _, err = terminal.ask("reconcile", str(tmp_path / name))
    assert code == 2
    assert "expected a file that can be read" in err
