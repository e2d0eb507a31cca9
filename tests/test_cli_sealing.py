"""Sealing, verifying and proving as people type it, and what others can check with the script alone."""

import ast
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from arrears.cli.main import run
from projections.connection import connect, writing
from tests.keys import copy_book
from tests.postgres import PROJECT
from tests.test_readme import _commands
from tests.told_book import Terminal, told_book

SCRIPT = PROJECT / "arrears" / "verify_bundle.py"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("told")
    told_book(folder)
    return folder


@pytest.fixture
def terminal(
    told: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Terminal:
    """A told book of its own in the current folder, and a key, with which nothing is sealed yet."""
    url = f"sqlite:///{tmp_path / 'book.db'}"
    copy_book(f"sqlite:///{told / 'book.db'}", url)
    monkeypatch.chdir(tmp_path)
    terminal = Terminal(url, capsys)
    assert terminal.ask("seal", "--new-key", "seal.key")[0] == 0
    monkeypatch.setenv("ARREARS_SEAL_KEY", "seal.key")
    return terminal


def edit(terminal: Terminal, statement: str) -> None:
    with writing(connect(terminal.url)) as connection:
        assert connection.execute(text(statement)).rowcount


def script(*words: str) -> tuple[int, list[str]]:
    """Runs the script where nothing of ours can be imported; its exit code and lines."""
    shutil.copy(SCRIPT, "verify_bundle.py")
    command = [sys.executable, "-I", "verify_bundle.py", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


# --- keys and checkpoints ---------------------------------------------------------------------------------


def test_a_key_is_for_its_owner_alone_and_never_overwritten(terminal: Terminal) -> None:
    key, public = Path("seal.key"), Path("seal.key.pub")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_bytes()
    code, _, err = terminal.ask("seal", "--new-key", "seal.key")
    assert (code, key.read_bytes(), "never overwritten" in err) == (2, before, True)
    made = terminal.answer("seal", "--new-key", "other.key")
    assert made == {"key": "other.key", "public_key": Path("other.key.pub").read_text().strip()}
    assert public.read_text().strip() == terminal.answer("seal")["checkpoint"]["public_key"]


def test_a_log_is_sealed_once_and_what_is_new_again(terminal: Terminal) -> None:
    code, out, _ = terminal.ask("seal", "--out", "first.json")
    size = json.loads(Path("first.json").read_bytes())["size"]
    assert (code, out.startswith(f"Checkpoint 1: {size} facts, {size} of them new, root ")) == (0, True)
    assert terminal.ask("seal")[1] == f"Nothing new since checkpoint 1 ({size} facts).\n"
    terminal.ask("note", "C-2000", "asked for a statement")
    second = terminal.answer("seal", "--out", "all.json", "--chain")
    assert (second["checkpoint"]["number"], second["checkpoint"]["size"], second["new"]) == (2, size + 1, 1)
    assert [one["number"] for one in json.loads(Path("all.json").read_bytes())] == [1, 2]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["verify"], 3, "nothing of this book is sealed yet"),
        (["prove", "C-2000", "--out", "p.json"], 3, "nothing of this book is sealed yet"),
        (["prove", "--out", "p.json"], 2, "nothing to prove"),
        (["seal", "--chain"], 2, "--out FILE"),
        (["seal", "--key", "none.key"], 2, "none.key"),
        (["seal", "--key", "book.db"], 2, "holds no key"),
        (["seal", "--key", "."], 2, "Is a directory"),
        (["verify", "--public-key", "seal.key"], 2, "holds no key"),
        (["verify", "--checkpoint", "seal.key"], 2, "is no checkpoint"),
        (["verify", "--checkpoint", "none.json"], 2, "none.json"),
    ],
)
def test_what_cannot_be_done_is_said(words: list[str], code: int, said: str, terminal: Terminal) -> None:
    done, out, err = terminal.ask(*words)
    assert (done, out, said in err) == (code, "", True), err


def test_without_a_key_nothing_is_sealed(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ARREARS_SEAL_KEY")
    code, _, err = terminal.ask("seal")
    assert (code, "a key is needed" in err) == (2, True)


def test_another_key_is_refused_unless_it_is_said(terminal: Terminal) -> None:
    terminal.ask("seal")
    terminal.ask("seal", "--new-key", "other.key")
    terminal.ask("note", "C-2000", "asked for a statement")
    code, _, err = terminal.ask("seal", "--key", "other.key")
    assert (code, "signed with another key" in err) == (3, True)
    assert terminal.answer("seal", "--key", "other.key", "--change-key")["new"] == 1


# --- verifying --------------------------------------------------------------------------------------------


def test_verification_says_what_it_shows_and_no_more(terminal: Terminal) -> None:
    size = terminal.answer("seal", "--out", "first.json")["checkpoint"]["size"]
    terminal.ask("note", "C-2000", "asked for a statement")
    terminal.ask("seal")
    terminal.ask("note", "C-2000", "asked again")
    counted = [
        f"2 checkpoints in the book; the log has {size + 2} facts.",
        f"Facts 1 to {size + 1} are as sealed.",
        f"Fact {size + 2} is not shown to be as recorded.",
    ]
    assert terminal.ask("verify")[1].splitlines() == [
        *counted,
        f"Facts 1 to {size + 1} are vouched for by checkpoints of this book alone.",
        "No checkpoint from outside (--checkpoint): it is not shown that nobody made the book anew.",
        "No public key (--public-key): each checkpoint was believed the key that it names.",
        "No difference was found.",
    ]
    outside = ("--checkpoint", "first.json", "--public-key", "seal.key.pub")
    assert terminal.ask("verify", *outside)[1].splitlines() == [
        *counted,
        f"Facts 1 to {size} are those of a checkpoint held outside.",
        f"Fact {size + 1} is vouched for by checkpoints of this book alone.",
        "No difference was found.",
    ]


CHANGED = "UPDATE stored_events SET state = CAST(replace(state, '1200.00', '1.00') AS BLOB)"


def test_a_changed_fact_is_found_in_the_log_and_in_the_tables(terminal: Terminal) -> None:
    terminal.ask("seal")
    edit(terminal, f"{CHANGED} WHERE topic = 'InvoiceRaised' AND CAST(state AS TEXT) LIKE '%INV-1%'")
    code, out, _ = terminal.ask("verify", "--format", "json")
    answer = json.loads(out)
    kinds = [one["kind"] for one in answer["differences"]]
    assert (code, answer["agree"], answer["sealed"]) == (1, False, 0)
    assert (kinds[:2], set(kinds[2:])) == (["LogDiffers", "FactChanged"], {"TablesDiffer"})
    changed = answer["differences"][1]
    assert (changed["topic"], changed["version"]) == ("InvoiceRaised", 2)
    assert changed["number"] == changed["position"]
    assert "No facts are as sealed." in terminal.ask("verify")[1]


def test_a_changed_table_is_found_though_the_log_is_untouched(terminal: Terminal) -> None:
    terminal.ask("seal")
    edit(terminal, "UPDATE postings SET amount_minor = 1 WHERE item = 'INV-1'")
    code, out, _ = terminal.ask("verify", "--format", "csv")
    assert (code, {line.split(",")[0] for line in out.splitlines()[1:]}) == (1, {"TablesDiffer"})


@pytest.mark.parametrize(
    "change",
    [
        "topic = 'Nothing' WHERE rowid = 1",
        "state = x'ff' WHERE rowid = 1",
        "state = NULL WHERE rowid = 9",
        "originator_id = NULL WHERE rowid = 9",
    ],
)
def test_a_log_that_cannot_be_read_any_more_is_still_verified(change: str, terminal: Terminal) -> None:
    terminal.ask("seal")
    edit(terminal, f"UPDATE stored_events SET {change}")
    code, out, _ = terminal.ask("verify", "--format", "json")
    kinds = [one["kind"] for one in json.loads(out)["differences"]]
    assert (code, kinds[:2]) == (1, ["LogDiffers", "FactChanged"])
    assert kinds[2] in ("TablesUnreadable", "TablesDiffer")


def test_a_checkpoint_dropped_from_the_book_is_found_by_who_holds_it(terminal: Terminal) -> None:
    terminal.ask("seal", "--out", "held.json")
    edit(terminal, "DELETE FROM seal_checkpoints")
    edit(terminal, "DELETE FROM seal_hashes")
    terminal.ask("note", "C-2000", "asked for a statement")
    terminal.ask("seal")
    assert terminal.ask("verify")[0] == 0
    code, out, _ = terminal.ask("verify", "--checkpoint", "held.json")
    assert (code, "checkpoint 1 of the book is not the one that held.json holds" in out) == (1, True)


# --- with nothing but the script --------------------------------------------------------------------------


@pytest.fixture
def handed_out(terminal: Terminal) -> Terminal:
    """Files for a third party: two checkpoints, a proof of C-1042 from one to the other, the log."""
    terminal.ask("seal", "--out", "first.json")
    terminal.ask("note", "C-1042", 'asked for “a statement”,"state":{}')
    terminal.ask("seal", "--out", "last.json")
    terminal.ask("seal", "--out", "all.json", "--chain")
    terminal.ask("prove", "C-1042", "--since", "1", "--out", "proof.json")
    terminal.ask("export", "facts", "log.ndjson")
    return terminal


KEY = ("--public-key", "seal.key.pub")
HELD = (*KEY, "--checkpoint", "first.json", "--checkpoint", "last.json")


@pytest.mark.parametrize(
    "words",
    [
        (*HELD, "--proof", "proof.json", "--log", "log.ndjson"),
        (*KEY, "--checkpoint", "all.json", "--log", "log.ndjson"),
        (*KEY, "--checkpoint", "first.json", "--proof", "proof.json"),
        ("--checkpoint", "first.json"),
        ("--proof", "proof.json"),
    ],
)
def test_what_was_handed_out_holds(words: tuple[str, ...], handed_out: Terminal) -> None:
    code, lines = script(*words)
    claims = [line for line in lines[:-1] if not line.startswith("note: ")]
    assert (code, lines[-1]) == (0, "all that was given holds")
    assert claims
    assert all(line.startswith("holds: ") for line in claims)


def test_a_proof_that_leads_to_no_checkpoint_held_says_so(handed_out: Terminal) -> None:
    """A checkpoint held from before vouches for the proof, which shows it to be the beginning of its own."""
    alone, held = script(*KEY, "--proof", "proof.json")[1], script(*HELD[:4], "--proof", "proof.json")[1]
    note = "note: checkpoint 2 is none of those given; only its signature speaks for it"
    assert (note in alone, note in held) == (True, False)


def test_the_script_finds_a_log_that_goes_on_behind_the_checkpoint(handed_out: Terminal) -> None:
    first = json.loads(Path("first.json").read_bytes())["size"]
    _, lines = script(*KEY, "--checkpoint", "first.json", "--log", "log.ndjson")
    assert lines[-2] == (
        f"note: of the {first + 1} facts, no checkpoint given shows anything of those after number {first}"
    )


def change_json(file: str, change: Callable[[Any], Any]) -> Callable[[], None]:
    def apply() -> None:
        document = json.loads(Path(file).read_bytes())
        change(document)
        Path(file).write_text(json.dumps(document))

    return apply


def change_lines(change: Callable[[list[bytes]], None]) -> Callable[[], None]:
    def apply() -> None:
        lines = Path("log.ndjson").read_bytes().splitlines(keepends=True)
        change(lines)
        Path("log.ndjson").write_bytes(b"".join(lines))

    return apply


def swap(lines: list[bytes]) -> None:
    lines[6], lines[7] = lines[7], lines[6]


ALL = (*HELD, "--proof", "proof.json", "--log", "log.ndjson")


def in_line(old: bytes, new: bytes) -> Callable[[], None]:
    return change_lines(lambda lines: lines.__setitem__(6, lines[6].replace(old, new)))


def in_proof(change: Callable[[Any], Any]) -> Callable[[], None]:
    return change_json("proof.json", change)


@pytest.mark.parametrize(
    ("change", "fails"),
    [
        (in_line(b"}\n", b" }\n"), "facts 1 to"),
        (in_line(b'"version":1', b'"version":9'), "facts 1 to"),
        (change_lines(lambda lines: lines.__delitem__(6)), "facts 1 to"),
        (change_lines(lambda lines: lines.__delitem__(-5)), "are those up to checkpoint 2"),
        (change_lines(lambda lines: lines.insert(6, lines[5])), "facts 1 to"),
        (change_lines(swap), "facts 1 to"),
        (change_json("first.json", lambda one: one.update(size=7)), "checkpoint 1 (7 facts"),
        (change_json("last.json", lambda one: one.update(previous="0" * 64)), "checkpoint 2 follows from"),
        (change_json("last.json", lambda one: one.update(sealed_at="earlier")), "checkpoint 2"),
        (in_proof(lambda one: one["facts"][2].update(state="{}")), "fact "),
        (in_proof(lambda one: one["facts"][2].update(topic="PaymentReceived")), "fact "),
        (in_proof(lambda one: one["facts"].pop(2)), "fact "),
        (in_proof(lambda one: one["facts"][2]["path"].__setitem__(0, "0" * 64)), "fact "),
        (in_proof(lambda one: one["consistency"].__setitem__(0, "0" * 64)), "checkpoint 2 extends 1"),
        (in_proof(lambda one: one["checkpoint"].update(root="0" * 64)), "checkpoint 2"),
    ],
)
def test_the_script_finds_what_was_changed(
    change: Callable[[], None], fails: str, handed_out: Terminal
) -> None:
    change()
    code, lines = script(*ALL)
    failed = [line for line in lines if line.startswith("FAILS: ")]
    assert (code, any(fails in line for line in failed)) == (1, True), lines


@pytest.mark.parametrize(
    "change",
    [
        change_json("proof.json", lambda one: one["facts"][2]["path"].pop()),
        change_json("proof.json", lambda one: one["facts"][2].update(index=10_000)),
        change_json("proof.json", lambda one: one.update(consistency=[])),
        change_json("proof.json", lambda one: one.pop("checkpoint")),
        change_json("first.json", lambda one: one.pop("size")),
        change_lines(lambda lines: lines.__setitem__(6, b"\n")),
        lambda: Path("first.json").unlink(),
    ],
)
def test_the_script_says_which_files_are_none(change: Callable[[], None], handed_out: Terminal) -> None:
    change()
    code, lines = script(*ALL)
    assert (code, lines[-1].startswith("not what it should be: ")) == (2, True)


def test_the_script_knows_its_key(handed_out: Terminal) -> None:
    handed_out.ask("seal", "--new-key", "other.key")
    code, lines = script("--public-key", "other.key.pub", "--checkpoint", "all.json")
    assert code == 1
    assert sum(line.startswith("FAILS: checkpoint") for line in lines) == 2


def test_the_script_finds_two_checkpoints_of_one_number(handed_out: Terminal) -> None:
    edit(handed_out, "DELETE FROM seal_checkpoints WHERE number = 2")
    handed_out.ask("note", "C-1042", "and again")
    handed_out.ask("seal", "--out", "other.json")
    code, lines = script(*KEY, "--checkpoint", "all.json", "--checkpoint", "other.json")
    assert (code, "FAILS: there is one checkpoint 2" in lines) == (1, True)


def test_the_script_is_short_and_needs_nothing_of_ours() -> None:
    source = SCRIPT.read_text(encoding="utf-8")
    nodes = list(ast.walk(ast.parse(source)))
    imported = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    imported |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} - sys.stdlib_module_names == {"cryptography"}
    assert len(source.splitlines()) < 150


# --- the job, and the documentation -----------------------------------------------------------------------


def test_the_scheduler_seals_what_is_new_until_it_is_stopped(terminal: Terminal) -> None:
    assert terminal.ask("tick")[0] == 0  # so that the process has nothing to decide itself
    command = "from arrears.cli.main import main; main()"
    words = ["run", "--every", "60", "--seal-every", "0.2", "--book", terminal.url]
    environment = {**os.environ, "ARREARS_LOG_FORMAT": "json"}
    with subprocess.Popen(
        [sys.executable, "-c", command, *words], stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stderr is not None
        events = (json.loads(line) for line in iter(process.stderr.readline, ""))
        first = next(event for event in events if event["event"] == "sealed")
        assert terminal.ask("note", "C-2000", "asked for a statement")[0] == 0
        second = next(event for event in events if event["event"] == "sealed")
        process.send_signal(signal.SIGTERM)
        assert "stopping on SIGTERM" in process.stderr.read()
    assert (process.returncode, first["checkpoint"], second["checkpoint"], second["new"]) == (0, 1, 2, 1)


def test_every_command_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (PROJECT / "docs" / "sealing.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for program, *words in _commands(page):
        assert (program, run(words)) == ("arrears", 0), words
    command = re.search(r"^    python (verify_bundle.py .*)$", page, re.MULTILINE)
    assert command is not None
    assert script(*command[1].split()[1:])[0] == 0
