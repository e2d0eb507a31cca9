"""Which facts differ: the log beside the hashes that were sealed, fact by fact."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from engine.sealing.faults import (
    FactChanged,
    FactInserted,
    FactMissing,
    FactMoved,
    Finding,
    MoreDifferences,
    NoLongerAlike,
)
from engine.sealing.log import Row

WINDOW = 2_000
"""So many facts ahead it is looked for where log and hashes agree again."""
MOST = 100
"""Places that are told; a log that differs in more was not touched by a slip of the hand."""


@dataclass(frozen=True)
class Gap:
    """A place where sealed facts are not in the log, and others are; ranks count from 0."""

    sealed_at: int
    missing: list[bytes]
    log_at: int
    extra: list[tuple[bytes, Row]]
    behind: Row | None
    """The last fact before the gap."""


def locate(sealed: Iterable[bytes], log: Iterable[Row]) -> list[Finding]:
    """What differs between the hashes that were sealed and the log, in log order; `sealed` ends it."""
    comparison = Comparison(sealed, log)
    gaps = list(islice(comparison.gaps(), MOST))
    if len(gaps) == MOST:
        more: Finding = MoreDifferences(number=gaps[-1].log_at + 1, places=MOST)
        return [*_told(gaps), more]
    missing = {leaf for gap in gaps for leaf in gap.missing}
    gaps += comparison.behind_all(missing) if missing and not comparison.gave_up_at else []
    return [*_told(gaps), *comparison.gave_up_at]


class Comparison:
    """Walks along both, and finds after each difference where they agree again."""

    def __init__(self, sealed: Iterable[bytes], log: Iterable[Row]) -> None:
        self._sealed, self._log = iter(sealed), ((row.leaf, row) for row in log)
        self._ahead: deque[bytes] = deque()
        self._log_ahead: deque[tuple[bytes, Row]] = deque()
        self._sealed_at = self._log_at = 0
        self._behind: Row | None = None
        self.gave_up_at: list[Finding] = []

    def gaps(self) -> Iterator[Gap]:
        """Each difference, until the sealed hashes are at their end or nothing agrees any more."""
        while self._look(1):
            if self._log_ahead and self._ahead[0] == self._log_ahead[0][0]:
                self._behind = self._log_ahead[0][1]
                self._pass(1, 1)
                continue
            gap = self._gap()
            if gap is None:
                self.gave_up_at.append(NoLongerAlike(number=self._log_at + 1))
                return
            yield gap

    def behind_all(self, missing: set[bytes]) -> Iterator[Gap]:
        """Facts missing from among the sealed that stand behind them all."""
        rest = enumerate(chain(self._log_ahead, self._log), start=self._log_at)
        for at, (leaf, row) in rest:
            if leaf in missing:
                yield Gap(self._sealed_at, [], at, [(leaf, row)], None)

    def _look(self, count: int) -> bool:
        """Reads ahead on both sides; whether any sealed hash is left."""
        self._ahead.extend(islice(self._sealed, max(0, count - len(self._ahead))))
        self._log_ahead.extend(islice(self._log, max(0, count - len(self._log_ahead))))
        return bool(self._ahead)

    def _pass(self, sealed: int, log: int) -> tuple[list[bytes], list[tuple[bytes, Row]]]:
        self._sealed_at += sealed
        self._log_at += log
        return (
            [self._ahead.popleft() for _ in range(sealed)],
            [self._log_ahead.popleft() for _ in range(log)],
        )

    def _gap(self) -> Gap | None:
        self._look(WINDOW)
        sealed_at, log_at, behind = self._sealed_at, self._log_at, self._behind
        widths = self._agree_again()
        if widths is None:
            return None
        missing, extra = self._pass(*widths)
        return Gap(sealed_at, missing, log_at, extra, behind)

    def _agree_again(self) -> tuple[int, int] | None:
        """How many on each side to pass until both agree; at the end of the hashes, all that are left, and no
        more facts than those, for the rest may have come after the sealing."""
        ahead = {leaf: at for at, (leaf, _) in enumerate(self._log_ahead)}
        both = ((at, ahead[leaf]) for at, leaf in enumerate(self._ahead) if leaf in ahead)
        nearest = min(both, key=sum, default=None)
        if nearest is None and len(self._ahead) < WINDOW:
            left = len(self._ahead)
            return left, min(left, len(self._log_ahead))
        return nearest


def _told(gaps: list[Gap]) -> Iterator[Finding]:
    sealed_as = {leaf: gap.sealed_at + at for gap in gaps for at, leaf in enumerate(gap.missing)}
    there = {leaf for gap in gaps for leaf, _ in gap.extra}
    for gap in gaps:
        extra = list(enumerate(gap.extra, start=gap.log_at + 1))
        for number, (leaf, row) in extra:
            if leaf in sealed_as:
                yield FactMoved(**row.named(number), sealed_as=sealed_as[leaf] + 1)
        gone = [number for number, leaf in enumerate(gap.missing, gap.sealed_at + 1) if leaf not in there]
        new = [(number, row) for number, (leaf, row) in extra if leaf not in sealed_as]
        for number, row in new[: len(gone)]:
            yield FactChanged(**row.named(number))
        for number, row in new[len(gone) :]:
            yield FactInserted(**row.named(number))
        for number in gone[len(new) :]:
            yield FactMissing(number=number, behind=_name(gap.behind))


def _name(row: Row | None) -> str:
    return f"{row.stream}, version {row.version}" if row else "no other"
