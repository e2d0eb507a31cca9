"""Over whom the work of a replay is spread: this process, several of them, or a Dask cluster."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Annotated

import typer

from arrears.cli.running import progress
from arrears.wiring import Book
from engine.replay.cluster import connected
from engine.replay.partitions import (
    Ids,
    Job,
    P,
    Task,
    merged,
    over_processes,
    partition_size,
    usual_workers,
)
from engine.replay.reading import account_pages, count_accounts

WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers", min=1, metavar="N",
        help="processes over which accounts are shared out; by default all cores, one for a small book",
    ),
]  # fmt: skip
DaskOption = Annotated[
    str | None,
    typer.Option("--dask", metavar="ADDRESS", help="the workers of a Dask cluster instead, by its scheduler"),
]


@dataclass(frozen=True)
class Spread:
    """The accounts that are asked about (none named: all), and who does the work."""

    book: Book
    named: Sequence[str]
    workers: int | None = None
    dask: str | None = None

    def __post_init__(self) -> None:
        if self.workers is not None and self.dask is not None:
            raise typer.BadParameter("say either --workers or --dask")

    def count(self) -> int:
        """How many accounts are asked about."""
        return len(dict.fromkeys(self.named)) or count_accounts(self.book.database)

    def over(self, job: Job[P]) -> P:
        """What the job comes to for all accounts, however they are spread; a progress bar over partitions.

        Raises PartitionFailed, WorkersLost, DaskMissing, ClusterFailed.
        """
        count, task = self.count(), Task(self.book.access, job)
        with ExitStack() as stack:
            parts: Iterator[P]
            if self.dask is not None:
                cluster = stack.enter_context(connected(self.dask))
                size = partition_size(count, cluster.threads)
                parts = cluster.run(task, self._partitions(size))
            elif (workers := self.workers or usual_workers(count)) > 1:
                size = partition_size(count, workers)
                parts = over_processes(workers, task, self._partitions(size))
            else:
                size = partition_size(count, 1)
                parts = (job(self.book.engine, ids) for ids in self._partitions(size))
            bar = stack.enter_context(progress("partitions", -(-count // size)))
            nothing = job(self.book.engine, [])
            return merged(parts, nothing, lambda: bar.advance(bar.task_ids[0]))

    def _partitions(self, size: int) -> Iterable[Ids]:
        if not self.named:
            return account_pages(self.book.database, size)
        ids = [self.book.account_id(number) for number in dict.fromkeys(self.named)]
        return (ids[first : first + size] for first in range(0, len(ids), size))
