"""Reports on both clocks: aging, promises, the worklist and contacts, as JSON, tables and CSV."""

import csv
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from arrears.cli import output
from arrears.cli.main import hoisted, run
from tests.told_book import MIRA, Terminal, told_book

MARCH_31 = "2026-03-31"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    return told_book(tmp_path_factory.mktemp("told"))


@pytest.fixture
def terminal(told: str, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(told, capsys)


# --- aging ------------------------------------------------------------------------------------------------


def test_aging_by_currency_has_exactly_this_shape(terminal: Terminal) -> None:
    assert terminal.answer("report", "aging", "--as-of", "2026-03-03") == {
        "as_of": "2026-03-03", "as_known": None, "by": "currency", "edges": [30, 60, 90],
        "rows": [
            {
                "key": "EUR", "currency": "EUR", "count": 2, "current": "50.00", "1-30": "0.00",
                "31-60": "1200.00", "61-90": "0.00", "91+": "0.00", "unapplied": "0.00", "total": "1250.00",
                "principal": "1250.00", "interest": "0.00", "fees": "0.00",
            },
            {
                "key": "GBP", "currency": "GBP", "count": 1, "current": "0.00", "1-30": "80.00",
                "31-60": "0.00", "61-90": "0.00", "91+": "0.00", "unapplied": "0.00", "total": "80.00",
                "principal": "80.00", "interest": "0.00", "fees": "0.00",
            },
        ],
    }  # fmt: skip


def test_other_edges_name_other_buckets(terminal: Terminal) -> None:
    report = terminal.answer("report", "aging", "--as-of", "2026-03-03", "--edges", "7,14")
    assert report["edges"] == [7, 14]
    assert list(report["rows"][0]) == [
        *("key", "currency", "count", "current", "1-7", "8-14", "15+", "unapplied", "total"),
        *("principal", "interest", "fees"),
    ]


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("account", ["C-1042", "C-1042", "C-2000"]),
        ("policy", ["notice-calls-agency", "notice-calls-agency"]),
        ("segment", ["", "trade", "trade"]),
    ],
)
def test_by_says_by_what_a_report_adds_up(by: str, keys: list[str], terminal: Terminal) -> None:
    report = terminal.answer("report", "aging", "--by", by, "--as-of", "2026-03-03")
    assert (report["by"], [row["key"] for row in report["rows"]]) == (by, keys)


def test_as_known_at_a_moment_counts_only_what_was_known(terminal: Terminal) -> None:
    report = terminal.answer("report", "aging", "--as-of", "2026-03-03", "--as-known", "2026-01-05")
    assert [(row["currency"], row["total"]) for row in report["rows"]] == [("EUR", "1200.00")]
    assert report["as_known"] == "2026-01-05T23:59:59.999999+00:00"
    at_eight = terminal.answer("report", "aging", "--as-of", "2026-03-03", "--as-known", "2026-01-01T08:00Z")
    assert at_eight["rows"] == []


def test_of_one_account_with_each_item(terminal: Terminal) -> None:
    report = terminal.answer("report", "aging", "--account", "C-1042", "--detail", "--as-of", "2026-03-03")
    assert [row["total"] for row in report["rows"]] == ["1200.00", "80.00"]
    assert report["items"][0] == {
        "account": "C-1042", "item": "INV-1", "kind": "invoice", "currency": "EUR",
        "issued_on": "2026-01-01", "due_on": "2026-01-31", "days_past_due": 31, "bucket": "31-60",
        "open": "1200.00",
    }  # fmt: skip


def test_the_table_has_a_total_for_each_currency_and_fits_100_columns(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "console", lambda: Console(width=100))
    _, out, _ = terminal.ask("report", "aging", "--by", "account", "--as-of", "2026-03-03")
    lines = [[cell.strip() for cell in line.split("│")] for line in out.splitlines()]
    assert max(map(len, out.splitlines())) <= 100
    assert ["total", "EUR", "2", "50.00", "0.00", "1200.00", "0.00", "0.00", "0.00", "1250.00"] in lines
    assert ["total", "GBP", "1", "0.00", "80.00", "0.00", "0.00", "0.00", "0.00", "80.00"] in lines


def test_no_amount_is_cut_short_where_the_screen_is_too_narrow(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "console", lambda: Console(width=30))
    _, out, _ = terminal.ask("report", "aging", "--as-of", "2026-03-03")
    assert "1200.00" in out
    assert "…" not in out


def test_csv_has_the_columns_of_the_json(terminal: Terminal) -> None:
    _, out, _ = terminal.ask("report", "aging", "--as-of", "2026-03-03", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["key"], row["31-60"], row["total"]) for row in rows] == [
        ("EUR", "1200.00", "1250.00"),
        ("GBP", "0.00", "80.00"),
    ]


def test_figures_that_rest_on_backfilled_knowledge_say_so(
    sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "invoices.csv"
    file.write_text(
        "account,invoice,issued_on,due_on,amount,currency\nC-1,I-1,2020-11-01,2020-12-01,10.00,EUR\n"
    )
    assert run(["import", "invoices", str(file), "--backfill", "--book", sqlite_url]) == 0
    capsys.readouterr()
    words = ["report", "aging", "--as-of", "2020-12-31", "--book", sqlite_url]
    run([*words, "--as-known", "2020-12-31"])
    assert "rests on backfilled history" in capsys.readouterr().out
    run(words)
    assert "backfilled" not in capsys.readouterr().out
    run([*words, "--as-known", "2020-12-31", "--format", "json"])
    assert "backfilled" in json.loads(capsys.readouterr().out)["note"]


@pytest.mark.parametrize(
    ("words", "front"),
    [
        (["report", "aging", "--by", "account", "--format", "json"], ["--format", "json"]),
        (["report", "aging", "--by=account"], []),
        (["--by", "mira", "report", "aging"], ["--by", "mira"]),
        (["note", "C-1", "--by", "mira"], ["--by", "mira"]),
    ],
)
def test_a_reports_own_by_is_not_who_records(words: list[str], front: list[str]) -> None:
    moved = hoisted(words)
    assert moved[: len(front)] == front
    assert moved[len(front) :][:1] == [next(word for word in words if word in ("report", "note"))]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["report", "aging", "--as-of", "31.03.2026"], "'31.03.2026' is no date"),
        (["report", "aging", "--as-known", "soon"], "'soon' is no moment"),
        (["report", "aging", "--edges", "30,20"], "'30,20' are no bucket edges"),
        (["report", "aging", "--edges", "30,x"], "'30,x' are no days"),
        (["report", "aging", "--by", "weather"], "weather"),
        (["report", "promises", "--status", "maybe"], "'maybe' is no status"),
        (["explain", "C-1042", "first"], "FACT-VERSION"),
    ],
)
def test_wrong_usage_is_a_sentence_and_code_2(words: list[str], complaint: str, terminal: Terminal) -> None:
    code, out, err = terminal.ask(*words)
    assert (code, out) == (2, "")
    assert complaint in err


# --- promises, worklist, contacts -------------------------------------------------------------------------


def test_a_broken_promise_is_counted_and_listed(terminal: Terminal) -> None:
    report = terminal.answer("report", "promises", "--as-of", "2026-03-31", "--status", "broken")
    assert report["rows"] == [
        {
            "key": "all", "currency": "EUR", "count": 1, "pending": 0, "kept": 0, "partly_kept": 0,
            "broken": 1, "withdrawn": 0, "promised": "500.00",
            "received_in_time": "0.00", "received_late": "0.00",
            "kept_rate_by_number": "0.0000", "kept_rate_by_amount": "0.0000",
        }
    ]  # fmt: skip
    [promise] = report["promises"]
    assert (promise["account"], promise["status"], promise["taken_by"]) == ("C-1042", "broken", MIRA)


def test_the_same_promise_was_pending_before_it_was_due(terminal: Terminal) -> None:
    report = terminal.answer("report", "promises", "--as-of", "2026-03-10", "--by", "taken_by")
    [row] = report["rows"]
    assert (row["key"], row["pending"], row["kept_rate_by_number"]) == (MIRA, 1, None)
    broken = terminal.answer("report", "promises", "--as-of", "2026-03-10", "--status", "broken")
    assert broken["promises"] == []


def test_the_table_of_promises_shows_rates_in_percent(terminal: Terminal) -> None:
    _, out, _ = terminal.ask("report", "promises", "--as-of", "2026-03-31", "--by", "month")
    assert "2026-03" in out
    assert "0.0%" in out


def test_the_worklist_says_whom_to_call_and_why(terminal: Terminal) -> None:
    report = terminal.answer("report", "worklist", "--as-of", "2026-03-09", "--as-known", "2026-03-09T10:00Z")
    [call] = report["worklist"]
    assert (call["account"], call["name"], call["phone"]) == ("C-1042", "Example Joinery", "+49 30 000000")
    assert (call["step"], call["balance"]) == ("first-call", {"EUR": "1200.00", "GBP": "80.00"})
    assert call["reason"] == "A call a week after the notice, if nothing came (INV-1 is 37 days past due)"
    assert call["last_contact"]["step"] == "notice"
    assert (report["total"], call["points"]) == (1, 16)
    assert [(one["points"], one["for"]) for one in call["why"]] == [
        (12, "37 days past due"), (4, "1200.00 EUR owed"),
    ]  # fmt: skip
    rows = terminal.ask("worklist", "--as-of", "2026-03-09", "--as-known", "2026-03-09T10:00Z")[1]
    assert "12 37 days past due" in rows
    assert call["last_promise"] is None


def test_a_promise_takes_the_call_off_the_worklist(terminal: Terminal) -> None:
    assert terminal.answer("report", "worklist", "--as-of", "2026-03-10")["worklist"] == []


def test_a_call_that_nobody_makes_becomes_an_exception(terminal: Terminal) -> None:
    [exception] = terminal.answer("report", "worklist", "--as-of", "2026-04-30")["exceptions"]
    assert (exception["account"], exception["kind"]) == ("C-1042", "call_not_made")
    _, out, _ = terminal.ask("report", "worklist", "--as-of", "2026-04-30")
    assert "nobody has made it" in out


def test_contacts_of_some_days_and_counted_by_step(terminal: Terminal) -> None:
    march = ("--from", "2026-03-01", "--to", "2026-03-08", "--as-of", MARCH_31)
    [notice] = terminal.answer("report", "contacts", *march)["rows"]
    assert (notice["account"], notice["step"], notice["channel"]) == ("C-1042", "notice", "letter")
    assert terminal.answer("report", "contacts", *march, "--by", "step") == {
        "from": "2026-03-01", "to": "2026-03-08", "as_of": MARCH_31, "as_known": None, "by": "step",
        "rows": [{"step": "notice", "channel": "letter", "kind": "reminder", "count": 1, "failed": 0,
                  "breaches": 0}],
    }  # fmt: skip
