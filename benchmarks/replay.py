"""Replay of a large book under another policy over all cores, beside only reading and decoding its facts."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from typing import Generic

from arrears.wiring import DEFAULT_POLICY, Book, shipped_policies
from benchmarks.measure import PeakMemory, Result, Timing, new_book, timed
from benchmarks.stamped_book import LIVES, UNTIL, account_id, fill, lives
from engine.application import Engine
from engine.replay.diff import Diff, diff
from engine.replay.partitions import PARTITION_ACCOUNTS, Ids, Job, P, Task, cores, merged, over_processes
from engine.replay.reading import histories
from engine.replay.what_if import Question
from policies.book import ALWAYS
from policies.supposing import suppose

ACCOUNTS = 100_000
AIM_OF_DECODING = 0.5
"""Replay is to reach this part of the speed of decoding alone."""
END = datetime.combine(UNTIL, time(0), UTC) + timedelta(1)


@dataclass
class Decoded:
    """How many facts were read and decoded."""

    facts: int = 0

    def merge(self, other: "Decoded") -> None:
        self.facts += other.facts


def decoded(engine: Engine, ids: Ids) -> Decoded:
    """Reads and decodes the facts of these accounts as a replay does, and does nothing with them."""
    return Decoded(sum(len(one.facts) for page in histories(engine.store, ids) for one in page))


@dataclass
class Weighed(Generic[P]):
    """What came of a partition, and the most memory that a worker has held so far, in MiB."""

    part: P
    mebibytes: float

    def merge(self, other: "Weighed[P]") -> None:
        self.part.merge(other.part)
        self.mebibytes = max(self.mebibytes, other.mebibytes)


def weighed(job: Job[P], engine: Engine, ids: Ids) -> Weighed[P]:
    """Does the job, and weighs the process that did it."""
    part = job(engine, ids)
    return Weighed(part, peak_mebibytes())


def peak_mebibytes() -> float:
    """The most memory that this process has held."""
    status = Path("/proc/self/status")
    if status.exists():  # what the system says of a process may include what its parent held when it began
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return getrusage(RUSAGE_SELF).ru_maxrss / 1024


def replay(folder: Path, accounts: int = ACCOUNTS, distinct: int = LIVES) -> Iterator[Result | PeakMemory]:
    """Replay in facts/s beside decoding; and the memory of a quarter of the book and of all of it."""
    with closing(new_book(folder, "lives", plain=True)) as book:
        lived = lives(book, folder / "portfolio", distinct)
    with closing(new_book(folder, "large", plain=True)) as book:
        facts = fill(book.store, lived, accounts)
        job = partial(weighed, _sooner(book))
        _, quarter = timed(partial(_all, book, job, accounts // 4))
        took, whole = timed(partial(_all, book, job, accounts))
        alone, read = timed(partial(_all, book, decoded, accounts))
    assert read.facts == facts
    decoding = Timing(alone, facts, "facts")
    yield Result(
        f"replay, {accounts:,} accounts, {facts:,} facts", Timing(took, facts, "facts"),
        f"reading and decoding alone, {cores()} workers too", decoding, alone / AIM_OF_DECODING,
    )  # fmt: skip
    yield PeakMemory(
        "most memory of a worker, whole book", whole.mebibytes, "a quarter of it", quarter.mebibytes
    )


def _all(book: Book, job: Job[P], accounts: int) -> P:
    """What the job comes to for so many accounts, over all cores; starting the workers counts."""
    ids = (account_id(copy) for copy in range(accounts))
    partitions = iter(lambda: list(islice(ids, PARTITION_ACCOUNTS)), [])
    parts = over_processes(cores(), Task(book.access, job), partitions)
    return merged(parts, next(parts))


def _sooner(book: Book) -> Job[Diff]:
    """The shipped policy with its notice ten days sooner, for all time."""
    document = shipped_policies()[DEFAULT_POLICY].replace("days_past_due = 30", "days_past_due = 20")
    policies = suppose(book.engine.policies(), DEFAULT_POLICY, document, ALWAYS, for_all=False)
    return partial(diff, question=Question(policies, END, book.clock()))
