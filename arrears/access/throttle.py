"""How many attempts to log in one address may make: kept in this process only, and never stored."""

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from threading import Lock

from arrears.access.faults import TooManyLogIns


class Throttle:
    """Lets each address try so often within a time, whatever names it tries."""

    def __init__(self, attempts: int = 30, within: timedelta = timedelta(minutes=15)) -> None:
        self.attempts = attempts
        self.within = within
        self._tried: dict[str, deque[datetime]] = {}
        self._lock = Lock()

    def count(self, address: str, at: datetime) -> None:
        """Counts an attempt; raises TooManyLogIns where there were too many already."""
        with self._lock:
            self._forget(at)
            tried = self._tried.setdefault(address, deque())
            if len(tried) >= self.attempts:
                wait = tried[0] + self.within - at
                raise TooManyLogIns(retry_after_seconds=int(wait.total_seconds()) + 1)
            tried.append(at)

    def _forget(self, at: datetime) -> None:
        for address in list(self._past(at)):
            del self._tried[address]

    def _past(self, at: datetime) -> Iterator[str]:
        """Drops what lies too far back, and tells the addresses of which nothing is left."""
        for address, tried in self._tried.items():
            while tried and tried[0] <= at - self.within:
                tried.popleft()
            if not tried:
                yield address
