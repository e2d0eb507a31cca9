"""A book cut into partitions of accounts: each is done whole by one worker, and what comes of them is merged.

What comes of a partition merges associatively and commutatively, so that the number of workers and the size
of the partitions make no difference. No more partitions are under way than keep the workers busy, so that
memory does not grow with the book.
"""

import gc
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from dataclasses import dataclass
from multiprocessing import get_context
from time import sleep
from typing import Any, Generic, Protocol, TypeVar

from engine.application import Engine


class Mergeable(Protocol):
    """What came of some accounts, to which what came of others can be added."""

    def merge(self, other: Any, /) -> None: ...


P = TypeVar("P", bound=Mergeable)
R = TypeVar("R")
Ids = Sequence[str]

PARTITION_ACCOUNTS = 1_000
PARTITIONS_A_WORKER = 4
"""At least so many partitions for each worker, so that all of them have something to do up to the end."""
INTERRUPT_SECONDS = 0.5
"""Ctrl-C goes to all processes at once, and may reach this one last: it is what ended the workers then."""
SMALL_BOOK_ACCOUNTS = 2_000
"""A book of fewer accounts is done before other processes have started."""
COLLECTOR = (50_000, 20, 20)
"""Facts and accounts are many, live long and form no cycles: the collector need not look at them often."""


Job = Callable[[Engine, Ids], P]
"""What is done with the accounts of a partition; it is pickled, and so is what comes of it."""
OpenEngine = Callable[[], AbstractContextManager[Engine]]
"""Opens the book where the worker is; it is pickled."""


class PartitionFailed(Exception):
    """What went wrong in a worker: its kind and its sentence, which come back whole."""

    def __init__(self, kind: type[Exception], said: str) -> None:
        self.kind, self.said = kind, said
        super().__init__(kind, said)

    def __str__(self) -> str:
        return self.said


class WorkersLost(Exception):
    """A worker that was ended from outside, in the middle of its partition."""

    def __init__(self) -> None:
        super().__init__("a worker was ended from outside, perhaps for want of memory; try fewer --workers")


@dataclass(frozen=True, slots=True)
class Task(Generic[P]):
    """A job on the book that a worker opens for it."""

    open_engine: OpenEngine
    job: Job[P]

    def __call__(self, ids: Ids) -> P:
        """What comes of these accounts; raises PartitionFailed."""
        try:
            with self.open_engine() as engine:
                return self.job(engine, ids)
        except Exception as fault:
            raise PartitionFailed(type(fault), str(getattr(fault, "orig", None) or fault)) from fault


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def usual_workers(accounts: int) -> int:
    """As many processes as there are cores; one where a book is small."""
    return 1 if accounts < SMALL_BOOK_ACCOUNTS else cores()


def partition_size(accounts: int, workers: int) -> int:
    """How many accounts to a partition: few enough that all workers are busy up to the end."""
    return max(1, min(PARTITION_ACCOUNTS, -(-accounts // (workers * PARTITIONS_A_WORKER))))


def merged(parts: Iterable[P], into: P, seen: Callable[[], None] = lambda: None) -> P:
    """All parts in one; `seen` is called for each."""
    for part in parts:
        into.merge(part)
        seen()
    return into


def over_processes(workers: int, task: Task[P], partitions: Iterable[Ids]) -> Iterator[P]:
    """What came of each partition, in order, by so many processes; raises PartitionFailed, WorkersLost."""
    # Spawned, as a forked process would share database connections and locks with this one.
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _begin)
    try:
        yield from in_order(lambda ids: pool.submit(task, ids).result, partitions, 2 * workers)
    except BrokenProcessPool as broken:
        sleep(INTERRUPT_SECONDS)
        raise WorkersLost from broken
    finally:
        pool.shutdown(cancel_futures=True)


def _begin() -> None:
    """Ctrl-C ends a worker at once and without a word: the parent says what is to be said."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.set_threshold(*COLLECTOR)


def in_order(submit: Callable[[Ids], Callable[[], R]], partitions: Iterable[Ids], ahead: int) -> Iterator[R]:
    """What came of the partitions in their order, with no more than so many of them under way."""
    under_way: deque[Callable[[], R]] = deque()
    for ids in partitions:
        under_way.append(submit(ids))
        if len(under_way) >= ahead:
            yield under_way.popleft()()
    while under_way:
        yield under_way.popleft()()
