"""Keeps the engine awake: a few constant jobs of APScheduler; the agenda is the truth about what is due."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger


@dataclass(frozen=True)
class Job:
    """Something to be done again and again, that many seconds apart."""

    name: str
    every_seconds: float
    do: Callable[[], None]


Failed = Callable[[Job, Exception], None]
"""Is told of each failure of a job."""


@contextmanager
def running(jobs: Sequence[Job], failed: Failed) -> Iterator[None]:
    """The jobs run in threads of their own, each at once and then at its interval; at the end what is under
    way is finished.

    A job that is late runs once, not once per interval missed, and never beside itself. A job that fails is
    reported and tried again at its next interval.
    """
    threads = ThreadPoolExecutor(max(1, len(jobs)))
    scheduler = BackgroundScheduler(executors={"default": threads}, timezone="UTC")
    for job in jobs:
        scheduler.add_job(
            _guarded(job, failed), IntervalTrigger(seconds=job.every_seconds), id=job.name, name=job.name,
            coalesce=True, max_instances=1, misfire_grace_time=None, next_run_time=datetime.now(UTC),
        )  # fmt: skip
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=True)


def _guarded(job: Job, failed: Failed) -> Callable[[], None]:
    def do() -> None:
        try:
            job.do()
        except Exception as failure:
            # The next interval tries again; what was half done was not stored.
            failed(job, failure)

    return do
