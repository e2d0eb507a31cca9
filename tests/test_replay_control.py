"""The control: what was decided, decided again at the recorded wake-ups, is the same to the byte."""

import json
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import strategies as st

from arrears.wiring import Book, open_book
from tests.histories import History, histories
from tests.history_books import for_any, new_book
from tests.replays import controlled, fill
from tests.stories import Story, moment, on_sqlite, shipped
from tests.told_book import Terminal, told_book
from tests.traffic_fines import commands, read


def check_same(book: Book) -> int:
    """How many decisions were made again; not one of them may differ."""
    found = controlled(book)
    assert found.differences.first == []
    return found.decisions


def test_a_played_portfolio(book_url: str, tmp_path: Path) -> None:
    book = open_book(book_url, ZoneInfo("UTC"), "test", create=True)
    fill(book, tmp_path, accounts=40)
    assert check_same(book) > 80
    book.close()


def test_a_book_driven_by_wake_ups_late_ones_too(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.invoice("INV-2", "80.00", due="2026-01-20")
    story.until("2026-02-09")
    story.tick("2026-02-27")  # eleven days late
    story.call("promised")
    story.promise("100.00", "INV-1", by="2026-03-04")
    story.tick("2026-03-04T23:59")
    story.pay("40.00", "INV-1", payment="P-9")
    story.dispute("INV-2")
    story.tick("2026-03-20")
    story.resolve()
    story.until("2026-03-25", hours=(3, 15))
    story.call("no_answer")
    story.until("2026-04-05", hours=(3, 15))
    story.approve()
    story.bounce("P-9")
    story.tick("2026-04-20")
    story.pay("100.00")
    story.tick("2026-06-01")
    assert check_same(story.book) == len(story.decided()) + len([f for f in story.facts("B") if f.because])


def test_a_policy_published_and_others_chosen_in_mid_flight(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.tick("2026-02-09")
    # At the very moment of the wake-up: what was decided before it was decided under the old version.
    story.publish(shipped("notice-calls-agency", ("days = 7", "days = 2")))
    story.publish(shipped("gentle-to-firm", ("days_past_due = 45", "days_past_due = 44")), "2026-03-01")
    story.until("2026-02-20")
    story.make_default("gentle-to-firm")
    story.until("2026-03-10")
    story.follow("thirty-sixty-ninety")
    story.until("2026-04-20")
    assert check_same(story.book) > 5


@on_sqlite
def test_wake_ups_at_moments_that_are_not_the_clocks(story: Story) -> None:
    """`tick --at`: what was decided as though it were later stands before what came sooner."""
    story.invoice("INV-1", due="2026-01-10")
    story.book.tick(moment("2026-02-09"), played=True)
    story.at("2026-01-25")
    story.pay("30.00")
    story.book.tick(moment("2026-02-20"), played=True)
    story.note()
    story.book.tick(moment("2026-01-26"), played=True)
    assert check_same(story.book) >= 3


def test_whatever_happened(server: str | None) -> None:
    def holds(history: History, skipped: int) -> None:
        with new_book(server) as living:
            living.live(history, woken=lambda move: move.number % (skipped + 1) == 0)
            check_same(living.book)

    for_any(server, holds, histories(), st.integers(0, 3))


# --- the traffic fines ------------------------------------------------------------------------------------


GO_LIVE = date(2012, 4, 1)
WAKE_UPS = ("2012-04-02T12:00", "2012-05-01T10:00", "2012-05-20T12:00", "2012-06-20T00:00")


@pytest.mark.parametrize(
    ("book_url", "events"), [("sqlite", 8_000), ("postgresql", 4_000)], indirect=["book_url"]
)
def test_the_traffic_fines_taken_over_gone_live_and_woken(
    book_url: str, events: int, shared_data: Path
) -> None:
    now = moment("2012-03-27")
    book = open_book(book_url, ZoneInfo("UTC"), "test", create=True, clock=lambda: now)
    rows = read(shared_data / "traffic_fines" / "traffic_fines_10k.csv")[:events]
    book.engine.execute_all(list(commands(book, rows)))
    book.go_live(GO_LIVE, "fresh", None, None)
    for text in WAKE_UPS:
        now = moment(text)
        book.tick(now)
    assert check_same(book) > events / 10
    book.close()


# --- what it finds, and the command -----------------------------------------------------------------------


def test_the_command_says_that_nothing_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(told_book(tmp_path), capsys)
    answer = terminal.answer("replay", "--control")
    assert (answer["agree"], answer["accounts"], answer["differences"]) == (True, 2, [])
    code, out, _ = terminal.ask("replay", "--control", "--account", "C-1042")
    decided = f"{answer['decisions']} decisions of 1 accounts, made again at {answer['wake_ups']} wake-ups"
    assert (code, out) == (0, f"{decided}: not one is different.\n")


def test_a_decision_that_nobody_would_make_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(told_book(tmp_path), capsys)
    altered = """UPDATE stored_events
        SET state = CAST(replace(state, '"amount":"1200.00"', '"amount":"999.00"') AS BLOB)
        WHERE originator_version =
            (SELECT min(originator_version) FROM stored_events WHERE topic = 'ReminderIssued')"""
    with closing(sqlite3.connect(tmp_path / "book.db")) as database:
        assert database.execute(f"{altered} AND topic = 'ReminderIssued'").rowcount == 1
        database.commit()

    code, out, _ = terminal.ask("replay", "--control", "--format", "json")
    answer = json.loads(out)
    [found] = answer["differences"]
    assert (code, answer["agree"]) == (1, False)
    assert (found["account"], found["differs_in"]) == ("C-1042", "demand")
    assert "999.00 EUR" in found["recorded"]
    assert "1200.00 EUR" in found["made"]
    code, out, _ = terminal.ask("replay", "--control")
    assert code == 1
    assert "1 wake-ups decide otherwise" in out
