"""The one loop that feeds facts from outside and wakes the engine in between, moment by moment."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from heapq import heappop, heappush
from itertools import groupby

from engine.accounts import Stamp, Work
from engine.application import Batch, Command, Engine
from engine.domain.account import Account
from engine.domain.facts.base import Fact
from policies.book import PolicyBook
from policies.due import decide, decide_or_wait, next_due_at

Sink = Callable[[Account, list[Fact], Stamp], None]
"""Folds facts into the account and does with them what the caller is after: store, compare, count."""

PLAYED = "played"


class Player:
    """Accounts in memory, each with the next moment at which it is due."""

    def __init__(
        self, accounts: Mapping[str, Account], policies: PolicyBook, sink: Sink, recorded_at: datetime
    ) -> None:
        self.accounts = accounts
        self.policies = policies
        self.sink = sink
        self.recorded_at = recorded_at
        self._heap: list[tuple[datetime, str]] = []
        self._due: dict[str, datetime | None] = {}
        for account in accounts.values():
            if account.exists:
                self._note_due(account.id, next_due_at(account, policies, account.last_known_at))

    def act(self, account_id: str, at: datetime) -> None:
        """Does what is due on the account at that moment, on what it knows, and nothing else."""
        account = self.accounts[account_id]
        stamp = Stamp("engine", self.recorded_at, at, PLAYED)
        while facts := decide(account, self.policies, at):
            self.sink(account, facts, stamp)

    def wake(self, account_id: str, at: datetime) -> None:
        """Does what is due on the account at that moment, and notes when it is due next."""
        account = self.accounts[account_id]
        # What the account already knows of later days must not decide on earlier ones.
        at = max(at, account.last_known_at)
        stamp = Stamp("engine", self.recorded_at, at, PLAYED)
        facts, due = decide_or_wait(account, self.policies, at)
        while facts:
            self.sink(account, facts, stamp)
            facts, due = decide_or_wait(account, self.policies, at)
        self._note_due(account_id, due)

    def _note_due(self, account_id: str, due: datetime | None) -> None:
        self._due[account_id] = due
        if due is not None:
            heappush(self._heap, (due, account_id))

    def wake_until(self, moment: datetime) -> None:
        """Wakes each account at each moment before this one at which it is due, in order."""
        while self._heap and self._heap[0][0] < moment:
            at, account_id = heappop(self._heap)
            if self._due.get(account_id) == at:
                self.wake(account_id, at)


def play(
    outside: Iterable[Command],
    player: Player,
    until: datetime,
    carry_out: Callable[[Command], None],
    seen: Callable[[], None] = lambda: None,
) -> None:
    """Carries out commands in the order in which they were known, waking accounts in between, to `until`.

    What is known at a moment is known before anything is decided at that moment. `seen` is called once for
    each command.
    """
    for moment, commands in groupby(outside, key=known_at):
        player.wake_until(moment)
        touched = []
        for command in commands:
            carry_out(command)
            touched.append(command.account_id)
            seen()
        for account_id in dict.fromkeys(touched):
            player.wake(account_id, moment)
    player.wake_until(until)


def known_at(command: Command) -> datetime:
    """When the command's facts were known."""
    return command.stamp.known_at or command.stamp.recorded_at


def play_into(
    engine: Engine,
    commands: Sequence[Command],
    until: datetime,
    *,
    skip_refused: bool = False,
    may_store: bool = True,
    seen: Callable[[], None] = lambda: None,
) -> Batch:
    """Plays commands on the book as though the engine had been running, and stores all in one transaction."""

    def run(work: Work, policies: PolicyBook, carry_out: Callable[[Command], None]) -> None:
        player = Player(work.accounts, policies, work.record, commands[0].stamp.recorded_at)
        play(commands, player, until, carry_out, seen)

    return engine.attempt(commands, run, skip_refused=skip_refused, may_store=may_store)
