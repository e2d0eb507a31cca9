"""Books in memory: the same commands and the same wake-ups as in a book, without a log."""

from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from arrears.wiring import DEFAULT_POLICY, shipped_policies
from engine.accounts import Stamp, Work
from engine.application import Batch, Command
from engine.domain.account import Account
from engine.domain.decisions.contacts import record_call
from engine.domain.facts.accounts import PolicyAssigned
from engine.domain.facts.base import Fact
from engine.domain.facts.contacts import CallOutcome
from engine.domain.facts.policy import PolicyPublished
from engine.play import Player, play
from policies.book import ALWAYS, PolicyBook, fold_policies
from policies.document import digest, parse
from policies.due import decide
from tests.histories import BEGIN, OPENED, History, Move, command

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(1)
ACTED_WHEN = {"acted_at", "wake_up", "issued_at", "scheduled_at", "cancelled_at"}
NOT_DONE = ("StepLapsed", "StepWithheld", "ContactDeferred")


def policies(*documents: str, default: str = DEFAULT_POLICY) -> PolicyBook:
    """The shipped policies and these, in force for all time."""
    published = [
        PolicyPublished(
            policy=parse(text).name, version=1, effective_from=ALWAYS, document=text, sha256=digest(text)
        )
        for text in (*shipped_policies().values(), *documents)
    ]
    return fold_policies([*published, PolicyAssigned(policy=default, effective_from=ALWAYS)], ZoneInfo("UTC"))


SHIPPED = policies()


class Rehearsal:
    """Accounts in memory, what happens to them, and what the engine decides when it is woken."""

    def __init__(self, policies: PolicyBook = SHIPPED) -> None:
        self.policies = policies
        self.work = Work({number: Account(number) for number in OPENED})
        self.woken_at = BEGIN

    def make(self, move: Move) -> None:
        """Carries a move out; a refused one changes nothing."""
        self._carry_out(command(move, move.account))

    def _carry_out(self, command: Command) -> None:
        Batch().carry_out(self.work, self.policies, command)

    def wake(self, at: datetime) -> None:
        """Does what is due on every account."""
        self.woken_at = at
        for account in self.work.accounts.values():
            while facts := decide(account, self.policies, at):
                self.work.record(account, facts, Stamp("engine", at))

    def live(self, history: History, every: timedelta) -> None:
        """Makes the moves, woken at that interval, and right before and after what comes at one moment."""
        for at, moves in groupby(history, key=lambda move: move.at):
            self.sleep_until(at - every, every)
            self.wake(at - MINUTE)
            for move in moves:
                self.make(move)
            self.wake(at)

    def sleep_until(self, last: datetime, every: timedelta, calls: CallOutcome | None = None) -> None:
        """Woken at that interval and no more; somebody makes each call at once, where an outcome is given."""
        while self.woken_at + every <= last:
            self.wake(self.woken_at + every)
            if calls is not None:
                self.make_calls(calls)

    def make_calls(self, outcome: CallOutcome) -> None:
        """Makes every call that is scheduled."""
        for account in self.work.accounts.values():
            if account.calls_due:
                call, at = f"answer-{account.version}", self.woken_at
                facts = record_call(account, call=call, called_at=at, outcome=outcome)
                self.work.record(account, facts, Stamp("a clerk", at))

    def play(self, history: History, until: datetime) -> None:
        """Makes the moves, woken exactly when something is due."""
        player = Player(self.work.accounts, self.policies, self.work.record, BEGIN)
        play([command(move, move.account) for move in history], player, until + MINUTE, self._carry_out)

    def facts(self, account: str) -> list[Fact]:
        return [stored.fact for stored in self.work.staged if stored.stream == account]

    def told(self) -> dict[str, list[dict[str, Any]]]:
        """What was recorded on each account, in order, but for the moments of acting and knowing."""
        return {account: [timeless(fact) for fact in self.facts(account)] for account in OPENED}


def timeless(fact: Fact) -> dict[str, Any]:
    """What a fact says, but for the moments of acting and knowing, and for what follows from them: the
    figures of what was not done, and the due moment (and so the id) of taking back what was done before."""
    said = fact.model_dump(mode="json", exclude={"recorded_at", "known_at", "basis", *ACTED_WHEN})
    if because := said["because"]:
        left_out = {*ACTED_WHEN, "figures"} | (
            {"id", "due_at"} if fact.TOPIC == "ReminderCancelled" else set()
        )
        figures = because["figures"] if fact.TOPIC not in NOT_DONE else {}
        said["because"] = {name: value for name, value in because.items() if name not in left_out}
        last_contact = figures.pop("last contact", "")
        said["because"]["figures"] = {**figures, "day of the last contact": last_contact[:10]}
    return {"topic": fact.TOPIC, **said}
