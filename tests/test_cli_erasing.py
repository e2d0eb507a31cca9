"""Erasing people, and looking after keys, as people type it."""

import json
import os
import stat
from pathlib import Path

import pytest

from engine.encryption.ring import Ring
from tests.told_book import Terminal, told_book

SETTLED = "C-3000"


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """A told book, and in it an account that owes nothing and was read about once in a file."""
    monkeypatch.chdir(tmp_path)
    terminal = Terminal(told_book(tmp_path), capsys)
    Path("old.csv").write_text(f"account,name,person,opened_on\n{SETTLED},Ada Example,person-7,2026-01-05\n")
    assert terminal.ask("import", "accounts", "old.csv", "--backfill")[0] == 0
    return terminal


# --- erase ------------------------------------------------------------------------------------------------


def test_the_answer_lists_what_lies_outside(terminal: Terminal) -> None:
    code, out, _ = terminal.ask("erase", SETTLED, "--reason", "a request", "--yes")
    assert code == 0
    assert "old.csv" in out
    assert "'person-7'" in out
    assert "Back-ups of the key ring" in out
    again = terminal.answer("erase", SETTLED, "--reason", "a request", "--yes")
    assert (again["already_erased"], again["key_destroyed"], again["still_readable"]) == (True, False, 0)
    assert len(again["outside"]) == 5
    assert "Ada Example" not in terminal.ask("account", SETTLED)[1]


def test_nobody_is_erased_by_mistake(terminal: Terminal) -> None:
    assert terminal.ask("erase", SETTLED, "--reason", "a request")[0] == 2  # no terminal to ask at
    code, _, err = terminal.ask("erase", "C-2000", "--reason", "a request", "--yes")
    assert (code, "50.00 EUR open" in err) == (3, True)
    assert terminal.ask("erase", "nobody", "--reason", "a request", "--yes")[0] == 3
    assert terminal.ask("erase", SETTLED, "--yes")[0] == 2  # without a reason
    assert "Sample Bakery" in terminal.ask("account", "C-2000")[1]


def test_forced_it_shows_among_the_exceptions(terminal: Terminal) -> None:
    assert terminal.ask("erase", "C-2000", "--reason", "a request", "--yes", "--force")[0] == 0
    found = terminal.answer("report", "worklist")["exceptions"]
    assert [(one["kind"], one["account"]) for one in found if one["kind"] == "erased"] == [
        ("erased", "[erased]")
    ]
    assert terminal.ask("check")[0] == 0
    assert terminal.ask("replay", "--control")[0] == 0


def test_a_book_without_encryption_cannot_forget(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = Terminal(f"sqlite:///{tmp_path / 'plain.db'}", capsys)
    assert plain.ask("open", "ACME", "--name", "Acme", "--plain")[0] == 0
    code, _, err = plain.ask("erase", "ACME", "--reason", "a request", "--yes")
    assert (code, "made without encryption" in err) == (4, True)
    assert plain.answer("keys", "status") == {"encrypted": False}
    assert not (tmp_path / "plain.keys.db").exists()


# --- keys -------------------------------------------------------------------------------------------------


def test_a_new_book_makes_a_master_key_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ARREARS_MASTER_KEY")
    book = Terminal(f"sqlite:///{tmp_path / 'new.db'}", capsys)
    code, _, err = book.ask("open", "ACME", "--name", "Acme")
    key = tmp_path / "new.master.key"
    assert (code, str(key) in err) == (0, True)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert book.ask("note", "ACME", "Ada called")[2] == ""
    key.rename(tmp_path / "elsewhere")
    code, _, err = book.ask("account", "ACME")
    assert (code, "ARREARS_MASTER_KEY_FILE" in err) == (4, True)
    assert book.ask("export", "facts", str(tmp_path / "log"))[0] == 0  # the stored bytes need no key
    monkeypatch.setenv("ARREARS_MASTER_KEY_FILE", str(tmp_path / "elsewhere"))
    assert "Acme" in book.ask("account", "ACME")[1]
    (tmp_path / "elsewhere").write_text("no key")
    code, _, err = book.ask("note", "ACME", "again")
    assert (code, "no master key" in err) == (4, True)


def test_postgresql_needs_a_master_key(
    postgres_book_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ARREARS_MASTER_KEY")
    code, _, err = Terminal(postgres_book_url, capsys).ask("open", "ACME")
    assert (code, "arrears keys new FILE" in err) == (4, True)


def test_an_erasure_cut_short_is_named(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Ring, "erase", lambda *_: os.stat("there is no such file"))
        assert terminal.ask("erase", SETTLED, "--reason", "a request", "--yes")[0] == 2
    code, out, _ = terminal.ask("keys", "status", "--format", "json")
    assert (code, len(json.loads(out)["unfinished"])) == (1, 1)
    assert terminal.ask("erase", SETTLED, "--reason", "a request", "--yes")[0] == 0
    assert terminal.answer("keys", "status")["unfinished"] == []


def test_a_book_moves_with_its_keys(
    terminal: Terminal, capsys: pytest.CaptureFixture[str], postgres_book_url: str
) -> None:
    """To PostgreSQL: who was erased stays so, others can be read, numbers lead to the same accounts."""
    assert terminal.ask("erase", SETTLED, "--reason", "a request", "--yes")[0] == 0
    assert (
        terminal.ask("export", "facts", "log.ndjson")[0]
        == terminal.ask("keys", "export", "keys.json")[0]
        == 0
    )
    assert stat.S_IMODE(Path("keys.json").stat().st_mode) == 0o600
    assert b"Sample Bakery" not in Path("log.ndjson").read_bytes()
    moved = Terminal(postgres_book_url, capsys)
    code, _, err = moved.ask("import", "facts", "log.ndjson")
    assert (code, "bring it in first" in err) == (4, True)
    assert moved.ask("keys", "import", "keys.json")[0] == moved.ask("import", "facts", "log.ndjson")[0] == 0
    for number in ("C-2000", SETTLED):
        assert moved.answer("account", number) == terminal.answer("account", number)
    assert moved.ask("check")[0] == 0
    assert moved.ask("keys", "import", "keys.json")[0] == 4  # only into a new book
    moved.ask("export", "facts", "back.ndjson")
    assert Path("back.ndjson").read_bytes() == Path("log.ndjson").read_bytes()


def test_keys_are_never_overwritten_and_a_file_of_others_is_refused(terminal: Terminal) -> None:
    Path("taken").write_text("{}")
    assert terminal.ask("keys", "export", "taken")[0] == 2
    assert terminal.ask("keys", "new", "taken")[0] == 2
    code, _, err = Terminal("sqlite:///other.db", terminal.capsys).ask("keys", "import", "taken")
    assert (code, "holds no keys" in err) == (4, True)
