"""What a benchmark measures: how long something took, beside something plainer in the same run."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from arrears.wiring import Book, open_book

T = TypeVar("T")
UTC_ZONE = ZoneInfo("UTC")
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
"""The wall clock of the books that are measured."""


def shown(seconds: float) -> str:
    """A time for people: `12.3 s`, `4.5 ms`."""
    return f"{seconds:,.1f} s" if seconds >= 1 else f"{seconds * 1000:,.1f} ms"


@dataclass(frozen=True, slots=True)
class Timing:
    """How long so many of something took; `unit` None: it was done once."""

    seconds: float
    count: int = 1
    unit: str | None = None

    def __str__(self) -> str:
        if self.unit is not None:
            return f"{self.count / self.seconds:,.0f} {self.unit}/s"
        return shown(self.seconds)


@dataclass(frozen=True, slots=True)
class Result:
    """A timing beside another, and the seconds that it is to stay below, where somebody has said."""

    what: str
    timing: Timing
    beside: str
    other: Timing
    aim_seconds: float | None = None

    @property
    def ratio(self) -> float:
        """How many times as long one of these takes as one of the others."""
        return (self.timing.seconds / self.timing.count) / (self.other.seconds / self.other.count)

    @property
    def is_met(self) -> bool | None:
        """Whether the aim is met; None where there is none."""
        return None if self.aim_seconds is None else self.timing.seconds < self.aim_seconds

    @property
    def cells(self) -> tuple[str, ...]:
        """The line of the table, with the aim beside the time it took: `4.2 s of 15.0 s, met`."""
        aim = ""
        if self.aim_seconds is not None:
            met = "met" if self.is_met else "missed"
            aim = f"{shown(self.timing.seconds)} of {shown(self.aim_seconds)}, {met}"
        return self.what, str(self.timing), self.beside, str(self.other), f"{self.ratio:,.1f}", aim

    def as_json(self) -> dict[str, Any]:
        """The result for programs: seconds and counts, unrounded."""
        return {
            "what": self.what, "seconds": self.timing.seconds, "count": self.timing.count,
            "unit": self.timing.unit, "beside": self.beside, "beside_seconds": self.other.seconds,
            "beside_count": self.other.count, "ratio": self.ratio, "aim_seconds": self.aim_seconds,
            "met": self.is_met,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class PeakMemory:
    """The most memory that something took, beside something else, in MiB; flat: hardly more than that."""

    what: str
    mebibytes: float
    beside: str
    other: float

    @property
    def cells(self) -> tuple[str, ...]:
        """The line of the table."""
        ratio = f"{self.mebibytes / self.other:,.1f}"
        return self.what, f"{self.mebibytes:,.0f} MiB", self.beside, f"{self.other:,.0f} MiB", ratio, ""

    def as_json(self) -> dict[str, Any]:
        """The result for programs."""
        return {
            "what": self.what, "mebibytes": self.mebibytes, "beside": self.beside,
            "beside_mebibytes": self.other, "ratio": self.mebibytes / self.other,
        }  # fmt: skip


Benchmark = Callable[[Path], Iterator[Result | PeakMemory]]
"""Measures in a folder of its own, which is empty."""


class NotMeasured(Exception):
    """Why a benchmark cannot be had here, in a sentence."""


def timed(do: Callable[[], T]) -> tuple[float, T]:
    """The seconds that it took, and what came of it."""
    start = perf_counter()
    done = do()
    return perf_counter() - start, done


def seconds(do: Callable[[], object]) -> float:
    """The seconds that it took."""
    return timed(do)[0]


def processor_seconds(do: Callable[[], object]) -> float:
    """The seconds that it kept processors busy, whatever else the machine did meanwhile."""
    start = process_time()
    do()
    return process_time() - start


def median_seconds(runs: Iterable[Callable[[], object]]) -> float:
    """The seconds that the middle one of them took, each run once."""
    return median(seconds(run) for run in runs)


def new_book(
    folder: Path, name: str, clock: Callable[[], datetime] = lambda: START, *, plain: bool = False
) -> Book:
    """An empty book in a file of the folder, in UTC; `plain`: without encryption."""
    url = f"sqlite:///{folder / name}.db"
    return open_book(url, UTC_ZONE, "benchmark", create=True, plain=plain, clock=clock)
