"""Long work that a page starts and others look at: one at a time, in processes of its own, until cancelled.

What is known of it stands in this server's memory: it outlives pages, and not the server.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from threading import Event, Lock, Thread
from typing import Any, Literal
from uuid import uuid4

from engine.domain.errors import RuleBroken
from engine.replay.partitions import Mergeable

REMEMBERED = 20

State = Literal["running", "done", "failed", "cancelled"]


class StillRunning(RuleBroken):
    sentence = "'{title}' of {by} is still running: wait for it, or cancel it"


class Cancelled(Exception):
    """Ends work that was to stop."""


class WorkUnknown(RuleBroken):
    """Work that this server does not know, or no longer."""

    sentence = "this server knows no work '{work}': what was done is remembered until it is restarted"


@dataclass(eq=False)
class Work:
    """One piece of work: `done` of `parts`, and in the end its `answer`, or the `fault` that ended it."""

    title: str
    by: str
    began_at: datetime
    parts: int
    shown_as: str
    id: str = field(default_factory=lambda: uuid4().hex[:12])
    done: int = 0
    state: State = "running"
    answer: dict[str, Any] = field(default_factory=dict)
    fault: str = ""
    stop: Event = field(default_factory=Event)

    @property
    def is_running(self) -> bool:
        return self.state == "running"

    def as_json(self) -> dict[str, Any]:
        """The work for programs; without an answer before it is done."""
        return {
            "id": self.id, "kind": self.shown_as, "title": self.title, "by": self.by,
            "began_at": self.began_at, "state": self.state, "done": self.done, "parts": self.parts,
            "answer": self.answer or None, "fault": self.fault or None,
        }  # fmt: skip

    def do(self, whole: Callable[[Callable[[], None]], dict[str, Any]]) -> None:
        """Has it done in one go; what does it calls what it is given for each part that is done."""
        self.attempt(lambda: whole(self._step))

    def _step(self) -> None:
        self.done += 1
        if self.stop.is_set():
            raise Cancelled

    def carry_out(
        self, parts: Iterator[Mergeable], nothing: Mergeable, answer: Callable[[Any], dict[str, Any]]
    ) -> None:
        """Merges all parts, one after the other, unless it is cancelled in between."""

        def merge_all() -> dict[str, Any]:
            with closing(parts):  # type: ignore[type-var]
                for part in parts:
                    nothing.merge(part)
                    self.done += 1
                    if self.stop.is_set():
                        raise Cancelled
            return answer(nothing)

        self.attempt(merge_all)

    def attempt(self, do: Callable[[], dict[str, Any]]) -> None:
        """Keeps what comes of it: an answer, the fault that ended it, or that it was cancelled."""
        try:
            self.answer = do()
            self.state = "done"
        except Cancelled:
            self.state = "cancelled"
        except Exception as fault:
            self.fault = str(fault) or type(fault).__name__
            self.state = "failed"


class Background:
    """The work of one server, the latest first; so many pieces are remembered."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._works: deque[Work] = deque(maxlen=remembered)
        self._lock = Lock()

    def start(self, work: Work, carry_out: Callable[[], None]) -> None:
        """Begins it in a thread, which leaves the work itself to processes; raises StillRunning."""
        with self._lock:
            running = next((one for one in self._works if one.is_running), None)
            if running is not None:
                raise StillRunning(title=running.title, by=running.by)
            self._works.appendleft(work)
        Thread(target=carry_out, name=f"work-{work.id}", daemon=True).start()

    def find(self, name: str, kinds: Collection[str] = ()) -> Work:
        """The work of that id, of one of some kinds (none named: of any); raises WorkUnknown."""
        with self._lock:
            found = next((one for one in self._works if one.id == name), None)
        if found is None or (kinds and found.shown_as not in kinds):
            raise WorkUnknown(work=name)
        return found

    def latest(self, count: int = REMEMBERED) -> list[Work]:
        """The last pieces of work, the latest first."""
        with self._lock:
            return list(islice(self._works, count))
