"""Books in memory: the same commands and the same wake-ups as in a book, without a log."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

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
NOT_DONE = ("StepLapsed", "StepWithheld", "ContactDeferred")
ACTED_WHEN = {
    *("acted_at", "wake_up", "issued_at", "leaves_at", "scheduled_at", "call_from", "reserved_until"),
    "cancelled_at",
}


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
    """Accounts in memory, what happens to them, and what the engine decides when it is woken.

    `ids` are the streams of the accounts, by number; what is decided has ids that derive from them.
    """

    def __init__(self, policies: PolicyBook = SHIPPED, ids: Mapping[str, str] | None = None) -> None:
        self.policies = policies
        self.ids = ids or {number: number for number in OPENED}
        self.work = Work({account_id: Account(account_id) for account_id in self.ids.values()})
        self.woken_at = BEGIN

    def make(self, move: Move) -> None:
        """Carries a move out; a refused one changes nothing."""
        self._carry_out(command(move, self.ids[move.account]))

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
        """Makes the moves, woken exactly when something is due, up to that moment and at it."""
        player = Player(self.work.accounts, self.policies, self.work.record, BEGIN)
        commands = [command(move, self.ids[move.account]) for move in history]
        play(commands, player, until + MINUTE, self._carry_out)

    def facts(self, number: str) -> list[Fact]:
        return [stored.fact for stored in self.work.staged if stored.stream == self.ids[number]]


def done(facts: list[Fact]) -> list[dict[str, Any]]:
    """What was recorded and done, in order, but for the moments of acting and knowing."""
    return [timeless(fact) for fact in facts if fact.TOPIC not in NOT_DONE]


def timeless(fact: Fact) -> dict[str, Any]:
    """What a fact says, but for the moments of acting and knowing and for what derives from them: the day of
    the last contact, and the id of taking back a call that was scheduled then."""
    said = fact.model_dump(mode="json", exclude={"recorded_at", "known_at", "basis", *ACTED_WHEN})
    if because := said["because"]:
        because["figures"].pop("last contact", None)
        left_out = {"id", "due_at"} if fact.TOPIC == "ReminderCancelled" else set()
        said["because"] = {key: value for key, value in because.items() if key not in ACTED_WHEN | left_out}
    return {"topic": fact.TOPIC, **said}


def not_done(facts: list[Fact]) -> list[str]:
    """What was not done and why, one line for each item, sorted: how items are grouped in one fact depends
    on when the engine was woken."""
    return sorted(line for fact in facts if fact.TOPIC in NOT_DONE for line in _reasons(fact))


def _reasons(fact: Any) -> Iterator[str]:
    names = ("cycle", "reason", "reference", "rule", "until", "overtaken_by")
    why = {name: str(getattr(fact, name)) for name in names if hasattr(fact, name)}
    return (f"{item} {fact.step} {fact.TOPIC} {why}" for item in fact.items)


# --- ladders ----------------------------------------------------------------------------------------------

ACTIONS = {
    "remind": 'remind = { channel = "email", template = "a-letter" }',
    "call": 'call = { script = "a-call" }',
    "raise": 'raise = { level = "manager" }',
    "place": 'place = { agency = "agency" }',
    "trace": 'trace = { by = "tracing" }',
}


SEGMENTS = [
    "[segmenting]",
    "min_days = 4",
    "[[segmenting.segments]]",
    'name = "slow"',
    "enter = { average_days_late_at_least = 12 }",
    "stay = { average_days_late_at_least = 6 }",
    "[[segmenting.segments]]",
    'name = "usual"',
]


@st.composite
def ladders(draw: st.DrawFn) -> str:
    """A policy named `drawn`: up to six steps, each later than the one before by more days than contacts have
    to be apart, some of them counted from the last contact, and the agency, if at all, at the end."""
    gap, steps = draw(st.integers(1, 5)), draw(st.integers(1, 6))
    lines = ['name = "drawn"', "[contact]", f"min_gap_days = {gap}", 'unknown_zone = "book"']
    lines += SEGMENTS if draw(st.booleans()) else []
    day, contact, contacted_on = 0, "", 0
    for number in range(steps):
        day += draw(st.integers(gap + 1, 20))
        action = draw(
            st.sampled_from(["remind", "call", "raise", "trace"] + ["place"] * (number == steps - 1))
        )
        after = contact and draw(st.booleans())
        when = f'after = "{contact}"\ndays = {day - contacted_on}' if after else f"days_past_due = {day}"
        conditions = ["balance_at_least = 20", f'no_response_since = "{contact}"', 'segment = "slow"']
        condition = draw(st.sampled_from([None, None, *conditions]))
        lines += ["[[steps]]", f'id = "step-{number}"', ACTIONS[action], when]
        if condition and (contact or "since" not in condition):
            lines.append(f"if = {{ {condition} }}")
        if action in ("remind", "call"):
            contact, contacted_on = f"step-{number}", day
    return "\n".join(lines)
