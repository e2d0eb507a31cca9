"""A replay shared out over processes and over a Dask cluster: whoever does it, the answer is the same."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.wiring import Access, open_book
from engine.application import Engine
from engine.replay import cluster
from engine.replay.diff import Diff, diff
from engine.replay.listed import LISTED, Listed
from engine.replay.partitions import (
    Ids,
    PartitionFailed,
    Task,
    in_order,
    merged,
    over_processes,
    partition_size,
)
from engine.replay.reading import account_ids, account_pages, count_accounts, last_known
from engine.replay.what_if import Question
from policies.book import ALWAYS
from policies.supposing import suppose
from tests.keys import copy_book
from tests.replays import fill
from tests.stories import shipped
from tests.told_book import Terminal

ACCOUNTS = 36
NAME = "notice-calls-agency"
SOONER = shipped(NAME, ("days_past_due = 30", "days_past_due = 20"))
JSON = ("--format", "json")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A played portfolio of half a year, on SQLite."""
    folder = tmp_path_factory.mktemp("partitions")
    url = f"sqlite:///{folder / 'book.db'}"
    book = open_book(url, ZoneInfo("UTC"), "test", create=True)
    fill(book, folder / "files", accounts=ACCOUNTS)
    book.close()
    return url


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, ...]]:
    """What is asked: each of the three commands that go over a whole book."""
    file = tmp_path_factory.mktemp("policy") / "sooner.toml"
    file.write_text(SOONER)
    return {
        "what-if": ("replay", "--policy", str(file)),
        "control": ("replay", "--control"),
        "forecast": ("forecast", "--at", "2026-07-01", "--days", "30", "--with-promises"),
    }


@pytest.fixture
def terminal(url: str, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(url, capsys)


# --- the same answer --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["what-if", "control", "forecast"])
def test_one_two_and_three_processes_give_the_same_bytes(
    terminal: Terminal, questions: dict[str, tuple[str, ...]], name: str
) -> None:
    words = (*questions[name], *JSON, "--workers")
    alone = terminal.ask(*words, "1")
    assert (alone[0], alone[2], f'"accounts": {ACCOUNTS}' in alone[1]) == (0, "", True)
    assert terminal.ask(*words, "2") == alone
    assert terminal.ask(*words, "3") == alone


def test_the_timelines_of_named_accounts_come_back_whole(
    terminal: Terminal, questions: dict[str, tuple[str, ...]]
) -> None:
    answer = terminal.answer(*questions["what-if"], "--workers", "1")
    first, second = answer["changed"]["accounts"][:2]
    named = (*questions["what-if"], "--account", second, "--account", first, "--workers")
    alone = terminal.ask(*named, "1", *JSON)
    assert [one["account"] for one in json.loads(alone[1])["timelines"]] == [first, second]
    assert terminal.ask(*named, "2", *JSON) == alone


@pytest.mark.parametrize("size", [1, 7, 500])
def test_the_size_of_partitions_makes_no_difference(url: str, size: int) -> None:
    """In whatever order they are merged, too."""
    book = open_book(url, ZoneInfo("UTC"), "test")
    policies = suppose(book.engine.policies(), NAME, SOONER, ALWAYS, for_all=True)
    until = last_known(book.database)
    assert until is not None
    job = partial(diff, question=Question(policies, until, until))
    whole = job(book.engine, account_ids(book.database))
    pages = list(account_pages(book.database, size))
    assert [one for page in pages for one in page] == account_ids(book.database)
    for order in (pages, pages[::-1]):
        parts = (job(book.engine, ids) for ids in order)
        assert merged(parts, job(book.engine, [])) == whole
    assert whole.changed.count > 5
    assert count_accounts(book.database) == ACCOUNTS
    book.close()


def test_a_book_on_postgresql_is_shared_out_too(
    postgres_book_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = open_book(postgres_book_url, ZoneInfo("UTC"), "test", create=True)
    fill(book, tmp_path, accounts=6)
    book.close()
    terminal = Terminal(postgres_book_url, capsys)
    alone = terminal.ask("replay", "--control", "--workers", "1")
    assert (alone[0], "not one is different" in alone[1]) == (0, True)
    assert terminal.ask("replay", "--control", "--workers", "2") == alone


@given(st.lists(st.text(max_size=3), max_size=30), st.integers(0, 30))
def test_what_is_listed_does_not_depend_on_how_it_was_parted(names: list[str], cut: int) -> None:
    whole, left, right = Listed[str](), Listed[str](), Listed[str]()
    whole.update(names)
    left.update(names[:cut])
    right.update(names[cut:])
    right.merge(left)
    assert right == whole
    assert (whole.count, whole.first) == (len(names), sorted(names))


def test_of_many_the_first_are_listed_and_all_are_counted() -> None:
    numbers = Listed[int]()
    numbers.update(range(3 * LISTED, 0, -1))
    assert (numbers.count, numbers.first) == (3 * LISTED, list(range(1, LISTED + 1)))


def test_no_more_partitions_are_under_way_than_the_workers_need() -> None:
    under_way: set[str] = set()
    seen: list[int] = []

    def submit(ids: Ids) -> Callable[[], str]:
        under_way.add(ids[0])
        seen.append(len(under_way))
        return lambda: ids[0]

    names = [f"{number:02}" for number in range(50)]
    for name in in_order(submit, ([name] for name in names), ahead=4):
        assert name == min(under_way)
        under_way.remove(name)
    assert (max(seen), under_way) == (4, set())


@pytest.mark.parametrize(
    ("accounts", "workers", "size"), [(0, 2, 1), (7, 1, 2), (100, 2, 13), (10_000_000, 64, 1_000)]
)
def test_partitions_keep_all_workers_busy_to_the_end(accounts: int, workers: int, size: int) -> None:
    assert partition_size(accounts, workers) == size


# --- what goes wrong ----------------------------------------------------------------------------------------


@pytest.fixture
def altered(url: str, tmp_path: Path) -> str:
    """A book with facts of a kind that this version does not know, in the middle of accounts."""
    file = tmp_path / "altered.db"
    copy_book(url, f"sqlite:///{file}")
    book = open_book(f"sqlite:///{file}", ZoneInfo("UTC"), "test")
    with book.database.begin() as connection:
        connection.exec_driver_sql("UPDATE stored_events SET topic = 'Later' WHERE topic = 'PromiseKept'")
    book.close()
    return book.url


UNKNOWN = "arrears: the log holds a fact 'Later', which this version of arrears does not know\n"


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_fault_in_a_worker_comes_back_as_a_sentence(
    altered: str, workers: str, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(altered, capsys)
    assert terminal.ask("replay", "--control", "--workers", workers) == (2, "", UNKNOWN)


def test_a_worker_does_not_make_a_book_where_there_is_none(tmp_path: Path) -> None:
    access = Access(f"sqlite:///{tmp_path / 'none.db'}", ZoneInfo("UTC"))
    with pytest.raises(PartitionFailed, match="there is no book at"):
        list(over_processes(1, Task(access, sleeps), [["account-1"]]))
    assert list(tmp_path.iterdir()) == []


def sleeps(engine: Engine, ids: Sequence[str]) -> Diff:
    """Leaves a file to be found, and then takes far too long."""
    Path(ids[0]).touch()
    time.sleep(300)
    raise AssertionError


CTRL_C = """
import sys
from zoneinfo import ZoneInfo
from arrears.wiring import Access
from engine.replay.partitions import Task, over_processes
from tests.test_replay_partitions import sleeps

task = Task(Access(sys.argv[1], ZoneInfo("UTC")), sleeps)
try:
    list(over_processes(2, task, [[name] for name in sys.argv[2:]]))
except KeyboardInterrupt:
    print("stopped")
"""


def test_ctrl_c_stops_all_workers_at_once_and_without_a_word(url: str, tmp_path: Path) -> None:
    """It goes to all processes of the terminal's group."""
    files = [tmp_path / str(number) for number in range(6)]
    words = [sys.executable, "-c", CTRL_C, url, *map(str, files)]
    process = subprocess.Popen(
        words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        while not files[1].exists() and process.poll() is None:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        assert process.communicate(timeout=30) == ("stopped\n", "")
    finally:
        process.kill()


# --- Dask -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """A real cluster on this machine: a scheduler and two worker processes."""
    distributed = pytest.importorskip("distributed", reason="the extra 'dask' is not installed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", host="127.0.0.1"
    ) as cluster:
        yield cluster.scheduler_address


@pytest.mark.parametrize("name", ["what-if", "control", "forecast"])
def test_two_workers_of_a_dask_cluster_give_the_same_bytes(
    terminal: Terminal, questions: dict[str, tuple[str, ...]], scheduler: str, name: str
) -> None:
    words = (*questions[name], *JSON)
    assert terminal.ask(*words, "--dask", scheduler) == terminal.ask(*words, "--workers", "1")


def test_a_fault_on_the_cluster_comes_back_as_a_sentence(
    altered: str, scheduler: str, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(altered, capsys)
    assert terminal.ask("replay", "--control", "--dask", scheduler) == (2, "", UNKNOWN)


def test_a_cluster_that_is_not_there_or_has_no_workers(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    code, _, err = terminal.ask("replay", "--control", "--dask", "tcp://127.0.0.1:1")
    assert (code, "the Dask cluster at tcp://127.0.0.1:1 cannot be reached" in err) == (4, True)
    distributed = pytest.importorskip("distributed", reason="the extra 'dask' is not installed")
    with distributed.LocalCluster(
        n_workers=0, dashboard_address=":0", host="127.0.0.1", processes=True
    ) as empty:
        code, _, err = terminal.ask("replay", "--control", "--dask", empty.scheduler_address)
        assert (code, "has no workers" in err) == (4, True)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--workers", "2", "--dask", "tcp://127.0.0.1:1"), 2, "either --workers or --dask"),
        (("--workers", "0"), 2, "--workers"),
    ],
)
def test_wrong_usage_is_refused(terminal: Terminal, words: tuple[str, ...], code: int, said: str) -> None:
    found, _, err = terminal.ask("replay", "--control", *words)
    assert (found, said in err) == (code, True), err


def test_a_missing_library_is_named_with_its_extra(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    code, _, err = terminal.ask("replay", "--control", "--dask", "tcp://127.0.0.1:1")
    assert (code, "pip install 'arrears[dask]'" in err) == (2, True)
