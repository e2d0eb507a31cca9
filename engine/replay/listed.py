"""Lists of bounded length: how many there are, and the first of them in order."""

from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

LISTED = 1_000


class Ordered(Protocol):
    """Anything that comes before or after others of its kind."""

    def __lt__(self, other: Any, /) -> bool: ...


T = TypeVar("T", bound=Ordered)


@dataclass
class Listed(Generic[T]):
    """How many were added, and the first `LISTED` of them in order, in whatever order they came."""

    count: int = 0
    first: list[T] = field(default_factory=list)

    def add(self, one: T) -> None:
        """Counts one in, and lists it where it is among the first."""
        self.count += 1
        self._list(one)

    def merge(self, other: "Listed[T]") -> None:
        """Adds all that were added to another one."""
        self.count += other.count
        for one in other.first:
            self._list(one)

    def update(self, ones: Iterable[T]) -> None:
        """Adds each of these."""
        for one in ones:
            self.add(one)

    def _list(self, one: T) -> None:
        if len(self.first) < LISTED or one < self.first[-1]:
            insort(self.first, one)
            del self.first[LISTED:]
