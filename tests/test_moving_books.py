"""A book goes elsewhere: its log to another database, and a back-up that is restored."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from arrears.cli.main import run
from arrears.demo.portfolio import write_portfolio
from tests.postgres import programs
from tests.told_book import Terminal

UNTIL = date(2026, 3, 31)
ASKED = (
    "report aging --as-of 2026-03-31 --by account", "report aging --as-of 2026-02-28 --as-known 2026-03-01",
    "report promises --as-of 2026-03-31", "report worklist --as-of 2026-03-31",
    "report contacts", "placements", "account C-0001",
)  # fmt: skip
SEALED = ("--key", "seal.key")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a played demo book of 30 accounts, sealed twice; and one who owes nothing."""
    folder = tmp_path_factory.mktemp("home")
    write_portfolio(folder / "files", accounts=30, until=UNTIL, months=9)
    book = f"sqlite:///{folder / 'book.db'}"
    (folder / "debtors.csv").write_text("account,name,opened_on\nFORGOTTEN,Ada Example,2026-01-05\n")
    played = ["import", "folder", str(folder / "files"), "--live", "--until", str(UNTIL)]
    key = str(folder / "seal.key")
    for words in (
        ["seal", "--new-key", key], played, ["seal", "--key", key],
        ["import", "accounts", str(folder / "debtors.csv"), "--backfill"],
        ["attach", "C-0001", str(folder / "debtors.csv"), "--id", "ORDER-1"],
        ["seal", "--key", key],
        ["export", "facts", str(folder / "log.ndjson")], ["keys", "export", str(folder / "keys.json")],
    ):  # fmt: skip
        assert run([*words, "--book", book]) == 0, words
    return folder


@pytest.fixture
def book(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Terminal:
    """A copy of that book, in a folder of its own."""
    shutil.copytree(home, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    return Terminal("sqlite:///book.db", capsys)


def answers(terminal: Terminal) -> list[Any]:
    return [terminal.answer(*words.split()) for words in ASKED]


def test_by_a_pipe_to_postgresql_it_gives_the_same_answers(book: Terminal, postgres_book_url: str) -> None:
    moved = Terminal(postgres_book_url, book.capsys)
    assert moved.ask("keys", "import", "keys.json")[0] == 0
    arrears = [sys.executable, "-c", "from arrears.cli.main import main; main()"]
    with subprocess.Popen([*arrears, "export", "facts", "--book", book.url], stdout=subprocess.PIPE) as out:
        words = [*arrears, "import", "facts", "-", "--book", moved.url, "--format", "json"]
        done = subprocess.run(words, stdin=out.stdout, capture_output=True, text=True, check=True)
    facts = book.answer("verify")["facts"]
    assert json.loads(done.stdout) == {
        "stored": facts,
        "checkpoints": 2,
        "attachments": 1,
        "keys_destroyed": 0,
    }
    assert answers(moved) == answers(book)
    assert moved.answer("verify", "--public-key", "seal.key.pub") == book.answer(
        "verify", "--public-key", "seal.key.pub"
    )
    assert moved.ask("check")[0] == 0
    assert moved.ask("export", "facts", "back.ndjson")[0] == 0
    assert Path("back.ndjson").read_bytes() == Path("log.ndjson").read_bytes()
    assert moved.ask("attachments", "C-0001", "ORDER-1", "--out", "copy.csv")[0] == 0
    assert Path("copy.csv").read_bytes() == Path("debtors.csv").read_bytes()
    # it goes on there: the next checkpoint follows from those that were brought
    assert moved.ask("tick", "--at", "2026-04-10T12:00Z")[0] == 0
    assert moved.answer("seal", *SEALED)["checkpoint"]["number"] == 3
    assert moved.answer("verify")["sealed"] > facts


def test_an_erasure_is_not_undone_by_older_keys(book: Terminal) -> None:
    """keys.json is from before the erasure, the log from after it."""
    assert book.ask("erase", "FORGOTTEN", "--reason", "a request", "--yes")[0] == 0
    assert book.ask("export", "facts", "later.ndjson")[0] == 0
    moved = Terminal("sqlite:///moved.db", book.capsys)
    assert moved.ask("keys", "import", "keys.json")[0] == 0
    said = moved.answer("import", "facts", "later.ndjson")
    assert said["keys_destroyed"] == 1
    assert moved.answer("keys", "status")["unfinished"] == []
    assert "Ada Example" not in moved.ask("account", "FORGOTTEN")[1]


Lines = list[bytes]
UNKNOWN = b'{"stream":"s","version":1,"topic":"Nothing","state":{}}\n'


def changed(lines: Lines) -> Lines:
    return [*lines[:40], lines[40].replace(b'"recorded_at":"2', b'"recorded_at":"1'), *lines[41:]]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda lines: lines[:-3], "it was cut short"),
        (lambda lines: lines[:-60], "it was cut short"),
        (changed, "unchanged, that its end speaks of"),
        (lambda lines: [*lines[:40], *lines[41:]], "expected version"),
        (lambda lines: [*lines[:40], UNKNOWN, *lines[40:]], "line 41"),
    ],
)
def test_what_is_not_the_whole_log_is_refused_and_nothing_stored(
    book: Terminal, spoil: Callable[[Lines], Lines], said: str
) -> None:
    lines = Path("log.ndjson").read_bytes().splitlines(keepends=True)
    Path("spoiled.ndjson").write_bytes(b"".join(spoil(lines)))
    moved = Terminal("sqlite:///moved.db", book.capsys)
    assert moved.ask("keys", "import", "keys.json")[0] == 0
    code, _, err = moved.ask("import", "facts", "spoiled.ndjson")
    assert (code, said in err) == (2, True), err
    assert moved.answer("import", "facts", "log.ndjson")["stored"] > 0


def test_a_book_with_other_facts_is_no_target_but_the_same_log_may_come_again(book: Terminal) -> None:
    code, _, err = book.ask("import", "facts", "log.ndjson")
    assert code == 0, err
    assert book.ask("tick", "--at", "2026-04-10T12:00Z")[0] == 0
    code, _, err = book.ask("import", "facts", "log.ndjson")
    assert (code, "a book with facts" in err) == (2, True)


def test_files_that_were_cut_off_come_with_the_next_try(book: Terminal) -> None:
    lines = Path("log.ndjson").read_bytes().splitlines(keepends=True)
    Path("cut.ndjson").write_bytes(b"".join(lines[:-2]))
    moved = Terminal("sqlite:///moved.db", book.capsys)
    assert moved.ask("keys", "import", "keys.json")[0] == 0
    code, _, err = moved.ask("import", "facts", "cut.ndjson")
    assert (code, "the facts are stored" in err) == (2, True)
    assert moved.answer("import", "facts", "log.ndjson")["attachments"] == 1
    assert moved.ask("verify")[0] == 0


# --- back-up ----------------------------------------------------------------------------------------------


def test_a_back_up_is_restored_and_verified(book: Terminal) -> None:
    before = answers(book)
    code, _, err = book.ask("backup", "backup.db")
    assert (code, "--keys FILE" in err) == (2, True)
    assert not Path("backup.db").exists()
    assert book.ask("backup", "backup.db", "--keys", "backup.keys")[0] == 0
    assert book.ask("backup", "backup.db", "--keys", "other.keys")[0] == 2
    for file in Path().glob("book.db*"):
        file.unlink()
    Path("book.keys.db").unlink()
    # restoring is copying
    shutil.copy("backup.db", "book.db")
    shutil.copy("backup.keys", "book.keys.db")
    assert answers(book) == before
    assert book.ask("verify", "--public-key", "seal.key.pub")[0] == book.ask("check")[0] == 0
    assert book.answer("keys", "status")["unfinished"] == []


def test_on_postgresql_a_dump_is_restored_and_verified(
    book: Terminal, postgres_book_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{programs()}{os.pathsep}{os.environ['PATH']}")
    kept = Terminal(postgres_book_url, book.capsys)
    assert kept.ask("keys", "import", "keys.json")[0] == kept.ask("import", "facts", "log.ndjson")[0] == 0
    before = answers(kept)
    code, _, err = kept.ask("backup", "book.dump", "--keys", "keys.dump")
    assert code == 0, err
    with psycopg.connect(postgres_book_url, autocommit=True) as lost:
        lost.execute("DROP SCHEMA public CASCADE")
        lost.execute("CREATE SCHEMA public")
        lost.execute("DROP SCHEMA arrears_keys CASCADE")
    for dump in ("book.dump", "keys.dump"):
        words = ["pg_restore", "--no-owner", f"--dbname={postgres_book_url}", dump]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert answers(kept) == before
    assert kept.ask("verify", "--public-key", "seal.key.pub")[0] == kept.ask("check")[0] == 0
