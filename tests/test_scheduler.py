"""The engine kept awake by `arrears run`: two at once, stopped by a signal, killed, and a job that fails."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest

from engine.domain.facts.promises import PromiseBroken
from engine.scheduler import Job, running
from tests.postgres import PROJECT
from tests.told_book import Desk

PROMISES = 12
RUN = "from arrears.cli.main import main; main()"


@pytest.fixture
def promised(book_url: str) -> Desk:
    """A book in which C-1 to C-12 each promised 100.00 for 5 March and paid nothing; nobody woke it since."""
    desk = Desk(book_url, "2026-03-01 08:00")
    for number in (f"C-{n}" for n in range(1, PROMISES + 1)):
        desk.open("2026-03-01 09:00", number)
        desk.invoice("2026-03-01 09:00", number, f"I-{number}", "100.00", "EUR", due="2026-03-01")
        desk.promise("2026-03-01 10:00", number, f"P-{number}", Decimal(100), "2026-03-05", f"I-{number}")
    return desk


@contextmanager
def awake(url: str) -> Iterator[subprocess.Popen[str]]:
    """`arrears run` in a process of its own, killed at the latest when the block ends."""
    words = ["--book", url, "run", "--every", "0.2"]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, *words], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=environment,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def read_line(process: subprocess.Popen[str]) -> str:
    """The next line that the process writes; from its first on it takes signals, or will soon."""
    assert process.stdout is not None
    return process.stdout.readline()


def judged(desk: Desk) -> Counter[str]:
    """How often each promise was judged broken."""
    desk.book.catch_up()
    facts = (stored.fact for stored in desk.book.store.read_all())
    return Counter(fact.promise for fact in facts if isinstance(fact, PromiseBroken))


def wait_for(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline, "it was not done within a minute"
        time.sleep(0.1)


def all_judged_once(desk: Desk) -> bool:
    return judged(desk) == Counter(f"P-C-{n}" for n in range(1, PROMISES + 1))


def test_two_that_run_at_once_judge_each_promise_once_and_stop_when_asked(promised: Desk) -> None:
    with awake(promised.book.url) as first, awake(promised.book.url) as second:
        assert all("awake on" in read_line(process) for process in (first, second))
        wait_for(lambda: sum(judged(promised).values()) >= PROMISES)
        for process, number in ((first, signal.SIGTERM), (second, signal.SIGINT)):
            process.send_signal(number)
            said, _ = process.communicate(timeout=60)
            assert process.returncode == 0, said
            assert f"stopping on {number.name}, after what is under way" in said
    assert all_judged_once(promised)


def test_what_a_killed_one_leaves_the_next_one_does(promised: Desk) -> None:
    with awake(promised.book.url) as killed:
        wait_for(lambda: sum(judged(promised).values()) >= 1)
        killed.kill()
    with awake(promised.book.url):
        wait_for(lambda: sum(judged(promised).values()) >= PROMISES)
    assert all_judged_once(promised)


def test_a_job_that_fails_is_reported_and_runs_again_while_others_go_on() -> None:
    faults: list[tuple[str, str]] = []
    turns: Counter[str] = Counter()

    def fail() -> None:
        turns["failing"] += 1
        raise OSError("the disk is full")

    def work() -> None:
        turns["working"] += 1

    jobs = [Job("failing", 0.05, fail), Job("working", 0.05, work)]
    with running(jobs, lambda job, fault: faults.append((job.name, str(fault)))):
        wait_for(lambda: turns["failing"] >= 2 and turns["working"] >= 2)
    at_the_end = dict(turns)
    assert set(faults) == {("failing", "the disk is full")}
    assert len(faults) == at_the_end["failing"]
    time.sleep(0.2)
    assert dict(turns) == at_the_end, "nothing runs after the end"
