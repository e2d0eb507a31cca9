"""Accounts for whoever only looks at them: no command or wake-up waits for that, and it waits for none."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock, RLock

from engine.domain.account import Account
from engine.domain.evolve import fold
from engine.domain.facts.base import Stored
from engine.store import Store

LARGE = 1_000
"""An account of so many facts is kept; those of fewer are read and folded each time."""
KEPT_FACTS = 40_000
"""So many facts are kept in all: about 100 MB with what they come to."""


@dataclass(slots=True)
class Past:
    """An account after some of its facts, those that counted by some clocks among the first so many."""

    clocks: Hashable
    of_first: int
    facts: list[Stored]
    account: Account


@dataclass(slots=True)
class Looked:
    """An account as it stands in the log, without its person, and its facts, each to be read only."""

    account: Account
    facts: list[Stored] = field(default_factory=list)
    lock: RLock = field(default_factory=RLock)
    past: Past | None = None

    def __len__(self) -> int:
        return len(self.facts)

    def bring_up(self, news: Sequence[Stored]) -> None:
        """Takes in what was stored since."""
        self.facts.extend(news)
        fold(self.account, (stored.fact for stored in news))

    def then(
        self, clocks: Hashable, counts: Callable[[Stored], bool], folded: Callable[[list[Stored]], Account]
    ) -> Past:
        """The account by these clocks, which say what counts; by those asked for last it is kept."""
        known = self.past
        if known and known.clocks == clocks and not any(map(counts, self.facts[known.of_first :])):
            known.of_first = len(self.facts)
            return known
        facts = list(filter(counts, self.facts))
        everything = len(facts) == len(self.facts)
        past = Past(clocks, len(self.facts), facts, self.account if everything else folded(facts))
        self.past = None if everything else past
        return past


class Looking:
    """The large accounts that were looked at last, kept as they stand; one at a time looks at each."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._kept: OrderedDict[str, Looked] = OrderedDict()
        self._times_forgotten = 0
        self._lock = Lock()

    @contextmanager
    def at(self, stream: str) -> Iterator[Looked]:
        """The account of that stream, to be read only, and held still meanwhile; raises KeyFault."""
        looked = self._brought_up(stream)
        try:
            yield looked
        finally:
            looked.lock.release()

    def forget_all(self) -> None:
        """Forgets every account, to be read again from the log."""
        with self._lock:
            self._kept.clear()
            self._times_forgotten += 1

    def _brought_up(self, stream: str) -> Looked:
        """The account, locked; one that was forgotten meanwhile is read afresh."""
        if self.store.cipher is not None:
            self.store.cipher.refresh()  # what was erased is forgotten here, too
        while True:
            with self._lock:
                looked, times = self._kept.get(stream), self._times_forgotten
            if looked is None:
                looked = Looked(Account(stream))
            looked.lock.acquire()
            try:
                looked.bring_up(self.store.stream(stream, looked.account.version))
            except BaseException:
                self.forget_all()
                looked.lock.release()
                raise
            if self._keep(stream, looked, times):
                return looked
            looked.lock.release()

    def _keep(self, stream: str, looked: Looked, times: int) -> bool:
        """Keeps a large account, and the others as far as there is room; False: all were forgotten since."""
        with self._lock:
            if len(looked.facts) >= LARGE and times == self._times_forgotten:
                self._kept[stream] = looked
                self._kept.move_to_end(stream)
                while len(self._kept) > 1 and sum(map(len, self._kept.values())) > KEPT_FACTS:
                    self._kept.popitem(last=False)
            return times == self._times_forgotten
