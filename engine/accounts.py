"""The folded accounts of this process: each is held by one lock from fast-forward to save."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from engine.domain.account import Account
from engine.domain.evolve import evolve_with_person, fold
from engine.domain.facts.base import Fact, Stored
from engine.domain.people import fold_shared, group_of, person_stream
from engine.domain.standing import ContactHistory
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


People = dict[str, ContactHistory]
"""The contacts of persons, by the stream of each."""


@dataclass
class Work:
    """Accounts held for one transaction, with the people behind them, and the facts to be stored in it."""

    accounts: dict[str, Account]
    staged: list[Stored] = field(default_factory=list)
    people: People = field(default_factory=dict)
    load: Callable[[Iterable[str]], People] = lambda streams: {one: ContactHistory() for one in streams}

    def meet(self, accounts: Iterable[Account]) -> None:
        """Gives each account the contacts of its person, as they stand in the log and in this transaction."""
        theirs = {one.id: person_stream(one.person) for one in accounts if one.person}
        self.people |= self.load(sorted(set(theirs.values()) - self.people.keys()))
        for account_id, stream in theirs.items():
            self.accounts[account_id].shared = self.people[stream]

    def record(self, account: Account, facts: Iterable[Fact], stamp: Stamp) -> None:
        """Stamps facts, folds them into the held account and stages them; a decision keeps its `by`.

        What of them counts for all accounts of the person is staged on the person's stream.
        """
        for fact in facts:
            recorded = stamped(fact, stamp)
            known = account.shared.version if account.shared else 0
            carried = evolve_with_person(account, recorded)
            self.staged.append(Stored(0, account.id, account.version, recorded))
            for version, one in enumerate(carried, start=known + 1):
                counted = stamped(one.model_copy(update={"by": recorded.by}), stamp)
                self.staged.append(Stored(0, group_of(account), version, counted))
            if account.person and account.shared is None:  # it has just been opened
                self.meet([account])


class Accounts:
    """A cache of folded accounts, the latest used of which are kept."""

    def __init__(self, store: Store, kept: int = 20_000) -> None:
        self.store = store
        self.kept = kept
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._people: OrderedDict[str, ContactHistory] = OrderedDict()
        self._lock = Lock()

    @contextmanager
    def work(self, ids: Iterable[str]) -> Iterator[Work]:
        """Holds accounts as they stand in the log; what is staged is stored in one transaction at the end.

        Nothing is stored where an exception leaves the block, and an account that had been changed by then
        is forgotten, to be folded again from the log. Raises Conflict where somebody else was first.
        """
        with ExitStack() as stack:
            held = {account_id: self._hold(account_id, stack) for account_id in sorted(set(ids))}
            work = Work(held, load=self._load_people)
            try:
                self._fast_forward(work.accounts)
                work.meet(work.accounts.values())
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
            self._people.clear()

    def _load_people(self, streams: Iterable[str]) -> People:
        """The contacts of persons as they stand in the log: copies, which nobody else changes."""
        with self._lock:
            known = {one: self._people.get(one) or ContactHistory() for one in streams}
        people = {stream: history.copy() for stream, history in known.items()}
        if people:
            versions = {stream: history.version for stream, history in people.items()}
            for stream, news in self.store.streams(versions).items():
                for stored in news:
                    fold_shared(people[stream], stored.fact)
            with self._lock:
                self._people.update({stream: history.copy() for stream, history in people.items()})
        return people

    def _forget(self, ids: Iterable[str]) -> None:
        with self._lock:
            for account_id in ids:
                self._held.pop(account_id, None)

    def _trim(self) -> None:
        with self._lock:
            while len(self._held) > self.kept:
                self._held.popitem(last=False)
            while len(self._people) > self.kept:
                self._people.popitem(last=False)
