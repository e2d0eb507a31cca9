"""The folded accounts of this process: each is held by one lock from fast-forward to save."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from engine.domain.account import Account
from engine.domain.evolve import evolve, fold
from engine.domain.facts.base import Fact, Stored
from engine.store import Store


@dataclass(slots=True)
class _Held:
    account: Account
    lock: Lock = field(default_factory=Lock)


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who records, the wall clock, and, for history, when it was known and on what basis."""

    by: str
    recorded_at: datetime
    known_at: datetime | None = None
    basis: str | None = None


def stamped(fact: Fact, stamp: Stamp) -> Fact:
    """The fact with who, when and on what basis; a decision keeps its own `by`."""
    known_at = stamp.known_at or stamp.recorded_at
    return fact.model_copy(
        update={
            "by": fact.by or stamp.by,
            "recorded_at": stamp.recorded_at,
            "known_at": known_at,
            "basis": stamp.basis,
        }
    )


@dataclass
class Work:
    """Accounts held for one transaction, and the facts to be stored in it."""

    accounts: dict[str, Account]
    staged: list[Stored] = field(default_factory=list)

    def record(self, account: Account, facts: Iterable[Fact], stamp: Stamp) -> None:
        """Stamps facts, folds them into the held account and stages them; a decision keeps its `by`."""
        for fact in facts:
            recorded = stamped(fact, stamp)
            evolve(account, recorded)
            self.staged.append(Stored(0, account.id, account.version, recorded))


class Accounts:
    """A cache of folded accounts, the latest used of which are kept."""

    def __init__(self, store: Store, kept: int = 20_000) -> None:
        self.store = store
        self.kept = kept
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._lock = Lock()

    @contextmanager
    def work(self, ids: Iterable[str]) -> Iterator[Work]:
        """Holds accounts as they stand in the log; what is staged is stored in one transaction at the end.

        Nothing is stored where an exception leaves the block, and an account that had been changed by then
        is forgotten, to be folded again from the log. Raises Conflict where somebody else was first.
        """
        with ExitStack() as stack:
            work = Work({account_id: self._hold(account_id, stack) for account_id in sorted(set(ids))})
            try:
                self._fast_forward(work.accounts)
            except BaseException:
                self._forget(work.accounts)
                raise
            try:
                yield work
                if work.staged:
                    self.store.append(work.staged)
            except BaseException:
                self._forget({stored.stream for stored in work.staged})
                raise
        self._trim()

    def _hold(self, account_id: str, stack: ExitStack) -> Account:
        """The account, locked; one that was forgotten while we waited for it is taken afresh."""
        while True:
            entry = self._entry(account_id)
            entry.lock.acquire()
            if self._entry(account_id) is entry:
                stack.callback(entry.lock.release)
                return entry.account
            entry.lock.release()

    def _entry(self, account_id: str) -> _Held:
        with self._lock:
            entry = self._held.get(account_id)
            if entry is None:
                entry = self._held[account_id] = _Held(Account(account_id))
            self._held.move_to_end(account_id)
            return entry

    def _fast_forward(self, accounts: dict[str, Account]) -> None:
        versions = {account_id: account.version for account_id, account in accounts.items()}
        for account_id, news in self.store.streams(versions).items():
            fold(accounts[account_id], (stored.fact for stored in news))

    def forget_all(self) -> None:
        """Forgets every account, to be folded again from the log."""
        with self._lock:
            self._held.clear()

    def _forget(self, ids: Iterable[str]) -> None:
        with self._lock:
            for account_id in ids:
                self._held.pop(account_id, None)

    def _trim(self) -> None:
        with self._lock:
            while len(self._held) > self.kept:
                self._held.popitem(last=False)
