"""Keeps the engine awake: a few constant jobs of APScheduler; the agenda is the truth about what is due."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from types import FrameType

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger


@dataclass(frozen=True)
class Job:
    """Something to be done again and again, that many seconds apart."""

    name: str
    every_seconds: float
    do: Callable[[], None]


def run(jobs: list[Job], log: Callable[[str], None]) -> None:
    """Runs the jobs, each at once and then at its interval, until SIGINT or SIGTERM; then lets them finish.

    To be called on the main thread, which alone can take signals.

    A job that is late runs once, not once per interval missed, and never beside itself. A job that fails is
    logged and tried again at its next interval.
    """
    stopping = Event()

    def stop(number: int, _: FrameType | None) -> None:
        log(f"stopping on {signal.Signals(number).name}, after what is under way")
        stopping.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    scheduler = _scheduler([(job, _guarded(job, log)) for job in jobs])
    try:
        for job in jobs:
            if not stopping.is_set():
                _guarded(job, log)()
        scheduler.start()
        stopping.wait()
        scheduler.shutdown(wait=True)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _scheduler(jobs: list[tuple[Job, Callable[[], None]]]) -> BackgroundScheduler:
    scheduler = BackgroundScheduler(executors={"default": ThreadPoolExecutor(len(jobs))}, timezone="UTC")
    for job, do in jobs:
        scheduler.add_job(
            do, IntervalTrigger(seconds=job.every_seconds), id=job.name, name=job.name, coalesce=True,
            max_instances=1, misfire_grace_time=None,
        )  # fmt: skip
    return scheduler


def _guarded(job: Job, log: Callable[[str], None]) -> Callable[[], None]:
    def do() -> None:
        try:
            job.do()
        except Exception as failure:
            # The next interval tries again; what was half done was not stored.
            log(f"{job.name} failed: {failure!r}")

    return do
