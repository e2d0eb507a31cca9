"""The forecast: what it says will be done is what wake-ups then do, and nothing of it is stored."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from arrears.wiring import Book, open_book
from engine.accounts import Stamp
from engine.application import Command, Decide
from engine.domain.account import Account
from engine.domain.decisions.payments import receive_payment
from engine.domain.facts.base import Fact
from engine.replay.counts import Counts
from engine.replay.forecast import Forecast, Outlook, forecast
from engine.replay.reading import account_ids
from policies.book import PolicyBook
from tests.keys import copy_book
from tests.replays import fill
from tests.stories import Story
from tests.told_book import Terminal, told_book

UTC_ZONE = ZoneInfo("UTC")
START = datetime(2026, 7, 1, tzinfo=UTC)
DAYS = 30


@pytest.fixture
def book_url(sqlite_url: str) -> str:
    """A forecast has nothing to do with the database: its stories are told on SQLite only."""
    return sqlite_url


def foreseen(book: Book, start: datetime, days: int, *, with_promises: bool = False) -> Forecast:
    """The forecast for all accounts of the book."""
    book.catch_up()
    outlook = Outlook(start, start + timedelta(days), with_promises)
    return forecast(book.engine, account_ids(book.database), policies=book.engine.policies(), outlook=outlook)


# --- what is foreseen comes true --------------------------------------------------------------------------


@contextmanager
def opened(url: str) -> Iterator[Book]:
    book = open_book(url, UTC_ZONE, "test", create=True)
    yield book
    book.close()


def live_on(book: Book, paying: bool) -> Counts:
    """What the book really does in the days to come, woken every hour, debtors paying as promised or not."""
    before = book.store.read(0, 10**9)[-1].position
    promised = expected_payments(book) if paying else {}
    for hour in range(DAYS * 24):
        at = START + timedelta(hours=hour)
        if at.hour == 0 and at.date() in promised:
            book.engine.execute_all(promised[at.date()])
        book.tick(at, played=True)
    counts = Counts(UTC_ZONE)
    counts.add([one.fact for one in book.store.read_all() if one.position > before and one.fact.because])
    return counts


def expected_payments(book: Book) -> dict[date, list[Command]]:
    """Each pending promise paid in full on its day."""
    ids, due = account_ids(book.database), dict[date, list[Command]]()
    with book.engine.accounts.work(ids) as work:
        for account in work.accounts.values():
            for promise in account.pending.values():
                on = max(promise.promised_on, START.date())
                stamp = Stamp("test", START, datetime.combine(on, datetime.min.time(), UTC), "test")
                due.setdefault(on, []).append(Command(account.id, paid(promise.id, on), stamp))
    return due


def paid(promise_id: str, on: date) -> Decide:
    def pay(account: Account, _: PolicyBook) -> list[Fact]:
        promise = account.promises[promise_id]
        return receive_payment(
            account, payment=f"paid-{promise_id}", amount=promise.amount, currency=promise.currency,
            received_on=on, designated=promise.items,
        )  # fmt: skip

    return pay


@pytest.mark.parametrize("paying", [False, True])
def test_what_is_foreseen_is_what_hourly_wake_ups_then_do(
    sqlite_url: str, tmp_path: Path, paying: bool
) -> None:
    copy = f"sqlite:///{tmp_path / 'copy.db'}"
    with opened(sqlite_url) as book:
        fill(book, tmp_path, accounts=60)
        said = foreseen(book, START, DAYS, with_promises=paying)
    copy_book(sqlite_url, copy)
    with opened(copy) as book:
        done = live_on(book, paying)
    assert said.accounts == 60
    assert said.counts.decisions == done.decisions
    assert said.counts.work == done.work
    assert said.counts.contacts == done.contacts
    assert (said.counts.placed, said.counts.placed_amount) == (done.placed, done.placed_amount)
    assert sum(done.work.values()) > 10
    assert bool(said.payments) is paying


# --- stories ----------------------------------------------------------------------------------------------


def days(found: Forecast) -> dict[str, int]:
    """The work foreseen: day and kind, and how often."""
    return {f"{on} {work}": count for (on, work), count in sorted(found.counts.work.items())}


def test_no_money_comes(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-05")
    found = foreseen(story.book, story.now, 30)
    # The call of the 16th is made by nobody, so nothing comes after it.
    assert days(found) == {"2026-02-09 letter": 1, "2026-02-16 call": 1}
    assert found.counts.contacts == {("notice", "letter"): 1, ("first-call", "call"): 1}
    assert (found.accounts, found.counts.calls_not_made) == (2, 1)


def test_an_automatic_placement_is_foreseen_with_its_amount(story: Story) -> None:
    story.follow("notice-calls-agency-automatic")
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-17")
    story.call("no_answer")
    story.until("2026-02-22")
    story.call("no_answer")
    found = foreseen(story.book, story.now, 30)
    assert days(found) == {"2026-02-27 placement": 1}
    assert found.counts.placed_amount == {("agency", "automatic", "EUR"): Decimal(100)}


def test_a_promise_kept_stops_the_ladder_and_a_promise_broken_resumes_it(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-12")
    story.promise("100.00", by="2026-02-20")
    without = foreseen(story.book, story.now, 30)
    assert without.counts.decisions == {"StepWithheld": 1, "PromiseBroken": 1, "CallScheduled": 1}
    with_it = foreseen(story.book, story.now, 30, with_promises=True)
    assert with_it.counts.decisions == {"StepWithheld": 1, "PromiseKept": 1}
    assert with_it.expected == {(date(2026, 2, 20), "EUR"): Decimal(100)}


def test_only_what_is_still_to_come_for_a_promise_is_expected(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-12")
    story.promise("100.00", by="2026-02-20")
    story.at("2026-02-14")
    story.pay("70.00")
    found = foreseen(story.book, story.now, 30, with_promises=True)
    assert found.expected == {(date(2026, 2, 20), "EUR"): Decimal(30)}


def test_a_promise_whose_day_has_passed_is_expected_today(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-12")
    story.promise("100.00", by="2026-02-20")
    story.until("2026-02-22")
    found = foreseen(story.book, story.now, 30, with_promises=True)
    assert found.payments == {(date(2026, 2, 22), "EUR"): 1}


def test_nothing_is_stored(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-05")
    before, account = list(story.book.store.rows()), repr(story.account)
    foreseen(story.book, story.now, 60, with_promises=True)
    assert (list(story.book.store.rows()), repr(story.account)) == (before, account)


# --- the command ------------------------------------------------------------------------------------------


def test_the_command_answers_day_by_day(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(told_book(tmp_path), capsys)
    answer = terminal.answer("forecast", "--at", "2026-04-01T00:00Z", "--days", "90")
    assert answer["until"] == "2026-06-30T00:00:00+00:00"
    assert answer["days"] == [{
        "date": "2026-06-27", "letter": 0, "email": 1, "sms": 0, "call": 0, "placement": 0, "escalation": 0,
        "trace": 0,
    }]  # fmt: skip
    assert answer["totals"]["email"] == 1
    assert answer["contacts"] == [{"step": "friendly-reminder", "channel": "email", "count": 1}]
    assert "Nothing was stored" in answer["assumed"]
    code, out, _ = terminal.ask("forecast", "--at", "2026-04-01T00:00Z", "--days", "90")
    assert (code, "2026-06-27" in out, "no call is made" in " ".join(out.split())) == (0, True, True)
    code, out, _ = terminal.ask("forecast", "--at", "2026-04-01", "--days", "90", "--format", "csv")
    assert out.splitlines()[:2] == [
        "date,letter,email,sms,call,placement,escalation,trace", "2026-06-27,0,1,0,0,0,0,0"
    ]  # fmt: skip


def test_a_forecast_of_one_account(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(told_book(tmp_path), capsys)
    assert terminal.answer("forecast", "--account", "C-1042", "--with-promises")["accounts"] == 1
    code, _, err = terminal.ask("forecast", "--account", "C-9")
    assert (code, "C-9" in err) == (3, True)
