"""Both clocks on every report and page, the book's zone, and the tables made anew."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, text
from typer.main import get_command

from arrears.cli.clocks import moment_of
from arrears.cli.main import app, run
from arrears.wiring import ZoneDiffers, open_book
from projections import tables
from projections.aging import aging
from projections.check import differences
from projections.connection import connect, writing
from tests.histories import openings
from tests.history_books import HistoryBook, at_once
from tests.report_log import ADA, book_at, invoice, opened
from tests.test_properties_clocks import INSTANT
from tests.told_book import MIRA, Terminal, told_book

REPORTS = (
    *("report aging", "report promises", "report worklist", "report contacts", "placements", "check"),
    *("account C-1042", "statement C-1042", "explain C-1042 1", "report agencies", "report agency agency"),
)
CLOCKS = ("--as-of", "2026-03-03", "--as-known", "2026-03-09T10:00Z")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("told")
    told_book(folder)
    return folder


@pytest.fixture
def terminal(told: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """A command line on a copy of the told book."""
    shutil.copytree(told, tmp_path, dirs_exist_ok=True)
    return Terminal(f"sqlite:///{tmp_path / 'book.db'}", capsys)


@pytest.mark.parametrize("report", [*REPORTS, "reconcile"])
def test_every_report_takes_both_clocks_by_the_same_names_and_words(report: str) -> None:
    command = get_command(app)
    for word in report.split()[: 2 if report.startswith("report") else 1]:
        command = getattr(command, "commands")[word]  # noqa: B009 - a group's, which mypy does not know
    said = {name: option.help for option in command.params for name in option.opts if name in CLOCKS}  # type: ignore[attr-defined]
    assert said == {
        "--as-of": "the state at the end of that day; by default today",
        "--as-known": "as it was known then (a date: at its end); by default as known now",
    }


@pytest.mark.parametrize("report", REPORTS)
def test_every_report_says_on_which_clocks_it_is_read(report: str, terminal: Terminal) -> None:
    answer = terminal.answer(*report.split(), *CLOCKS)
    assert (answer["as_of"], answer["as_known"]) == ("2026-03-03", "2026-03-09T10:00:00+00:00")
    code, out, _ = terminal.ask(*report.split(), *CLOCKS)
    assert code == 0
    assert "As of 2026-03-03 (UTC), as known on 2026-03-09 10:00 UTC." in out
    code, out, _ = terminal.ask(*report.split(), "--format", "csv", *CLOCKS)
    assert code == 0
    assert "As of" not in out


@pytest.mark.parametrize(
    ("zone", "end"),
    [
        ("UTC", "2026-03-29T23:59:59.999999+00:00"),
        ("Europe/Berlin", "2026-03-29T21:59:59.999999+00:00"),
        ("Asia/Tokyo", "2026-03-29T14:59:59.999999+00:00"),
    ],
)
def test_a_date_is_known_at_its_end_and_a_microsecond_later_is_out(
    zone: str, end: str, sqlite_url: str
) -> None:
    """On the day on which the clocks in Berlin went forward."""
    assert moment_of("2026-03-29", ZoneInfo(zone)) == datetime.fromisoformat(end)
    last = moment_of("2026-03-29", ZoneInfo(zone)).astimezone(UTC)
    with book_at(sqlite_url) as book:
        book.add(
            ADA, opened("A-1"), invoice("I-1", "100.00", "2026-03-05"), known=f"{last:%Y-%m-%d %H:%M:%S.%f}"
        )
        known = {at: len(aging(book.database, last.date(), at)) for at in (last - INSTANT, last)}
    assert known == {last - INSTANT: 0, last: 1}


def test_an_account_that_was_not_known_then_is_refused(terminal: Terminal) -> None:
    for report in ("account C-1042", "statement C-1042", "report aging --account C-1042"):
        code, out, err = terminal.ask(*report.split(), "--as-known", "2020-01-01")
        assert (code, out) == (3, "")
        assert "nothing was known of account 'C-1042' on 2020-01-01 23:59 UTC" in err


def test_a_fact_is_explained_only_once_it_was_known_and_had_happened(terminal: Terminal) -> None:
    code, _, err = terminal.ask("explain", "C-1042", "5", "--as-known", "2026-02-09")
    assert (code, "has been known since 2026-02-10 10:00 UTC" in err) == (3, True)
    assert terminal.ask("explain", "C-1042", "5", "--as-of", "2026-02-09")[0] == 3
    assert terminal.ask("explain", "C-1042", "5", "--as-of", "2026-02-10", "--as-known", "2026-02-10")[0] == 0


def test_the_difference_between_two_states_of_knowledge_lists_the_facts(terminal: Terminal) -> None:
    words = ("report", "aging", "--as-of", "2026-03-03", "--as-known", "2026-01-01T08:00Z")
    answer = terminal.answer(*words, "--against", "2026-01-05", "--account", "C-1042")
    assert (answer["rows"], [row["total"] for row in answer["against_rows"]]) == ([], ["1200.00"])
    [change] = answer["changes"]
    assert (change["topic"], change["moves"]) == ("InvoiceRaised", {"31-60": "1200.00"})
    _, out, _ = terminal.ask(*words, "--against", "2026-01-05")
    assert "Learnt in between, and what it moved: 1 fact" in out
    for wrong in (("--by", "account"), ("--detail",)):
        assert terminal.ask(*words, "--against", "2026-01-05", *wrong)[0] == 2


def test_the_book_keeps_the_zone_it_was_founded_in(book_url: str) -> None:
    vienna, tokyo = ZoneInfo("Europe/Vienna"), ZoneInfo("Asia/Tokyo")
    open_book(book_url, vienna, MIRA, create=True).close()
    with pytest.raises(ZoneDiffers, match="founded in the time zone Europe/Vienna"):
        open_book(book_url, tokyo, MIRA)
    for asked in (None, vienna):
        book = open_book(book_url, asked, MIRA)
        assert (book.zone, book.engine.dates_in) == (vienna, vienna)
        book.close()


def test_moments_are_dated_in_the_books_zone(sqlite_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A call at 15:30 UTC on 9 March is one of 10 March in Tokyo."""
    words = ("--book", sqlite_url)
    assert run(["open", "C-1", "--zone", "Asia/Tokyo", "--opened", "2026-01-05", *words]) == 0
    assert run(["call", "C-1", "reached", "--at", "2026-03-09T15:30Z", *words]) == 0
    for day, calls in (("2026-03-09", 0), ("2026-03-10", 1)):
        capsys.readouterr()
        assert run(["account", "C-1", "--as-of", day, "--format", "json", *words]) == 0
        events = json.loads(capsys.readouterr().out)["timeline"]
        assert [one["happened_on"] for one in events if one["topic"] == "CallMade"] == ["2026-03-10"] * calls
        assert run(["report", "contacts", "--as-of", day, "--format", "json", *words]) == 0
        assert len(json.loads(capsys.readouterr().out)["rows"]) == calls


def test_a_follow_up_is_on_the_worklist_with_what_it_is_for(terminal: Terminal) -> None:
    terminal.ask("follow-up", "C-2000", "2026-05-04", "--note", "asks for instalments", "--by", "kim")
    rows = terminal.answer("report", "worklist", "--as-of", "2027-01-01")["worklist"]
    [found] = [row for row in rows if row["follow_up"]]
    assert (found["account"], found["follow_up"]) == (
        "C-2000", {"due_on": "2026-05-04", "note": "asks for instalments", "by": "kim"},
    )  # fmt: skip
    assert "instalments" in terminal.ask("report", "worklist", "--as-of", "2027-01-01")[1]


def test_a_policy_is_shown_by_the_keys_of_its_document(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "raised.toml"
    file.write_text(
        'name = "raised"\n[[steps]]\nid = "a"\ndays_past_due = 30\n'
        'if = { balance_at_least = 20 }\nraise = { level = "manager" }\n'
    )
    assert terminal.ask("policy", "publish", str(file))[0] == 0
    [step] = terminal.answer("policy", "show", "raised")["steps"]
    assert {"if", "raise"} <= step.keys()
    assert not {"conditions", "raise_"} & step.keys()


def test_tables_that_went_wrong_are_made_anew(terminal: Terminal) -> None:
    with writing(connect(terminal.url)) as connection:
        connection.execute(delete(tables.postings))
        connection.execute(text("DELETE FROM agenda"))
    assert terminal.ask("check")[0] == 1
    facts = terminal.answer("rebuild")["facts"]
    assert terminal.answer("check")["facts"] == facts
    assert f"made anew from {facts} facts" in terminal.ask("rebuild")[1]
    assert terminal.answer("tick", "--at", "2026-04-30T12:00Z")["accounts"] > 0


def test_tables_may_be_made_anew_while_the_engine_works(book_url: str) -> None:
    living, other = HistoryBook(book_url), HistoryBook(book_url)
    living.live(openings())
    at = living.now
    at_once(lambda: other.book.rebuild(), lambda: living.tick(at), lambda: other.book.rebuild())
    living.book.catch_up()
    assert differences(living.book.database, living.book.store.read) == []
    living.book.close()
    other.book.close()


def test_tables_of_another_form_are_made_anew_when_the_book_is_opened(terminal: Terminal) -> None:
    """As a book has them that an older version of the program left behind."""
    before = terminal.answer("report", "aging", "--as-of", "2026-03-03")
    with writing(connect(terminal.url)) as connection:
        connection.execute(text("DELETE FROM position WHERE name = 'projections.form'"))
        connection.execute(text("ALTER TABLE timeline DROP COLUMN backfilled"))
        connection.execute(text("DROP TABLE follow_ups"))
    assert terminal.answer("report", "aging", "--as-of", "2026-03-03") == before
    assert terminal.ask("check")[0] == 0
