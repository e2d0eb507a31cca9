"""A wake-up repeated, stopped half way, or made twice at once gives the facts of one clean wake-up."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import strategies as st

from engine import agenda
from engine.application import Command
from engine.domain.account import Account
from engine.domain.decisions.accounts import open_account
from engine.domain.decisions.items import raise_invoice
from engine.domain.facts.base import Fact
from engine.store import Store
from tests.histories import BEGIN, History, histories
from tests.history_books import HistoryBook, at_once, copies, for_any, new_url, opened, told
from tests.postgres import PROJECT

Streams = dict[str, list[dict[str, Any]]]
STEPS_OF_A_TICK = [(Store, "append"), (agenda, "catch_up"), (agenda, "claim"), (agenda, "settle")]


class Stopped(BaseException):
    """The process ends here."""


@contextmanager
def one_account_a_page() -> Iterator[None]:
    """Wake-ups that store each account by itself, so that there is a half way."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("claim", "left_behind"):
            patch.setattr(agenda, name, partial(getattr(agenda, name), limit=1))
        yield


@contextmanager
def stopping(at: int, after: bool) -> Iterator[None]:
    """Ends the process at so many steps of a wake-up from now: before that step, or after it is done."""
    left = at

    def stops(step: Callable[..., Any]) -> Callable[..., Any]:
        def stop(*args: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0 and not after:
                raise Stopped
            done = step(*args, **named)
            if left == 0:
                raise Stopped
            return done

        return stop

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in STEPS_OF_A_TICK:
            patch.setattr(owner, name, stops(getattr(owner, name)))
        with suppress(Stopped):
            yield


def after(url: str, deed: Callable[[HistoryBook], Any]) -> Streams:
    """What the book at that URL says after the deed."""
    with opened(url) as living:
        deed(living)
        return told(living)


def test_any_wake_up_repeated_stopped_or_made_twice_at_once_gives_the_same_facts(server: str | None) -> None:
    def holds(history: History, days: int, step: int, done: bool) -> None:
        at = history[-1].at + timedelta(days, minutes=7)

        def once(living: HistoryBook) -> None:
            living.tick(at)

        def twice(living: HistoryBook) -> None:
            once(living)
            assert not living.tick(at).by_kind

        def stopped(living: HistoryBook) -> None:
            with stopping(step, done):
                living.tick(at)
            living.tick(at)

        def stopped_for_good(living: HistoryBook) -> None:
            with stopping(step, done):
                living.tick(at)

        def in_two_threads(living: HistoryBook) -> None:
            at_once(*[partial(once, living)] * 2)

        def by_two_books(living: HistoryBook) -> None:
            with opened(living.book.url) as other:
                at_once(partial(once, living), partial(once, other))

        with new_url(server) as url, one_account_a_page():
            with opened(url) as living:
                living.live(history, woken=lambda move: move.pick % 4 == 0)
            with copies(server, url, 6) as urls:
                expected = after(urls[0], once)
                assert after(urls[1], twice) == expected
                assert after(urls[2], stopped) == expected
                after(urls[3], stopped_for_good)
                assert after(urls[3], once) == expected
                assert after(urls[4], in_two_threads) == expected
                assert after(urls[5], by_two_books) == expected

    strategies = (histories(), st.integers(0, 70), st.integers(1, 15), st.booleans())
    for_any(server, holds, *strategies, sqlite=12, postgresql=2)


# --- processes of their own -------------------------------------------------------------------------------

ACCOUNTS = 450
AS_INSTALLED = "from arrears.cli.main import main; main()"
NOTICE_DUE = BEGIN + timedelta(31)
KILLED_AFTER_ITS_FIRST_PAGE = """
import os, signal, sys
from arrears.cli.main import main
from engine import agenda

settle = agenda.settle
def settle_once(*args):
    agenda.settle = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    settle(*args)
agenda.settle = settle_once
main()
"""


def crowd(living: HistoryBook) -> None:
    """More accounts than a wake-up takes in a page, each with an invoice due on the first day."""
    ids = living.book.engine.account_ids(f"N-{number}" for number in range(ACCOUNTS))

    def owe(account: Account, _: object) -> list[Fact]:
        return [
            *open_account(account, number=account.id, opened_on=BEGIN.date()),
            *raise_invoice(
                account, invoice="INV-1", amount=Decimal(100), currency="EUR", issued_on=BEGIN.date(),
                due_on=BEGIN.date(),
            ),
        ]  # fmt: skip

    stamp = living.book.stamp()
    assert not living.book.engine.execute_all([Command(one, owe, stamp) for one in ids.values()]).refused


def arrears_tick(url: str, program: str = AS_INSTALLED) -> subprocess.Popen[str]:
    """A process that wakes the book on the day of the notice."""
    arguments = ["--book", url, "--format", "json", "tick", "--at", NOTICE_DUE.isoformat(), "--yes"]
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments], cwd=PROJECT, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip


def issued(tick: subprocess.Popen[str]) -> int:
    """How many reminders a wake-up that ended well says it has issued."""
    out, errors = tick.communicate(timeout=120)
    assert tick.returncode == 0, errors
    return int(json.loads(out)["facts"].get("ReminderIssued", 0))


def test_processes_at_once_and_one_killed_half_way_give_the_facts_of_one(server: str | None) -> None:
    with new_url(server) as url:
        with opened(url) as living:
            crowd(living)
        with copies(server, url, 3) as (clean, raced, killed):
            runs = [arrears_tick(clean), arrears_tick(raced), arrears_tick(raced)]
            half = arrears_tick(killed, KILLED_AFTER_ITS_FIRST_PAGE)
            assert half.wait(timeout=120) == -signal.SIGKILL
            one, first, second, rest = map(issued, [*runs, arrears_tick(killed)])
            assert one == first + second == ACCOUNTS
            assert 0 < rest < ACCOUNTS
            expected = after(clean, lambda _: None)
            assert after(raced, lambda _: None) == expected
            assert after(killed, lambda _: None) == expected
