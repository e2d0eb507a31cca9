"""What was known of an account at a moment, and the turns in which the engine decided on it."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate, groupby

from engine.accounts import Stamp, stamped
from engine.domain.account import Account
from engine.domain.evolve import evolve, fold
from engine.domain.facts.base import Fact, Stored
from engine.replay.reading import Places, PolicyHistory
from policies.book import PolicyBook
from policies.due import before_ladder, decide, is_asleep
from policies.standings import Look, look
from policies.view import View


@dataclass(frozen=True, slots=True)
class WakeUp:
    """A recorded wake-up that decided something on the account: its moment and its decisions, in order."""

    at: datetime
    decisions: tuple[Stored, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a recorded wake-up: what the engine saw, what was recorded, what it would decide today.

    `seen` is None for a turn that came before the ladder, such as a judgement.
    """

    seen: Look | None
    recorded: tuple[Stored, ...]
    made: tuple[Fact, ...]


@dataclass
class Knowledge:
    """The facts of one account in the order in which they were stored, and the policies as the log held them.

    A fact is not known before those that were stored before it, on which it may rest.
    """

    account: str
    facts: Sequence[Stored]
    policies: PolicyHistory
    places: Places
    known: list[datetime] = field(init=False)

    def __post_init__(self) -> None:
        self.known = list(accumulate((one.fact.known_at for one in self.facts), max))

    def count_at(self, moment: datetime) -> int:
        """How many of the facts were known at that moment."""
        return bisect_right(self.known, moment)

    def fold(self, count: int) -> Account:
        """The account by the first `count` of its facts."""
        return fold(Account(self.account), (one.fact for one in self.facts[:count]))

    def policies_at(self, count: int, moment: datetime) -> PolicyBook:
        """The policies as they were known at that moment, after the first `count` facts of the account."""
        return self.policies.known_at(moment, self._place(count - 1), self._place(count))

    def _place(self, index: int) -> int | None:
        if not 0 <= index < len(self.facts):
            return None
        return self.places.get((self.account, self.facts[index].version))

    # --- recorded wake-ups --------------------------------------------------------------------------------

    def wake_ups(self, since: datetime, until: datetime) -> list[WakeUp]:
        """The wake-ups from `since` to before `until` that decided something."""
        runs = groupby(self.facts, key=lambda one: one.fact.because and one.fact.because.wake_up)
        found = [
            WakeUp(datetime.fromisoformat(wake_up), tuple(run))
            for wake_up, run in runs
            if wake_up is not None
        ]
        return [one for one in found if since <= one.at < until]

    def turns(self, wake_up: WakeUp) -> Iterator[Turn]:
        """The turns of a recorded wake-up on what was known just before it, and what it saw when it was done.

        Where today's rules decide otherwise, the recorded decisions are what is folded in.
        """
        count = wake_up.decisions[0].version - self.facts[0].version
        account = self.fold(count)
        policies = self.policies.before(self._place(count))
        left = list(wake_up.decisions)
        while left:
            made = decide(account, policies, wake_up.at)
            seen = None
            if is_asleep(account) or not _is_settling(account, policies, wake_up.at):
                seen = look(account, policies, wake_up.at)
            taken, left = left[: max(len(made), 1)], left[max(len(made), 1) :]
            yield Turn(seen, tuple(taken), tuple(made))
            for stored in taken:
                evolve(account, stored.fact)
        yield Turn(look(account, policies, wake_up.at), (), ())

    # --- moments at which nothing was decided -------------------------------------------------------------

    def look(self, at: datetime, known: datetime, late: Iterable[Fact] = ()) -> Look:
        """The account at `at` by what was known at `known`, as a wake-up would have seen it.

        `late` are facts learnt later that are to be taken as known.
        """
        count = self.count_at(known)
        account, policies = self.fold(count), self.policies_at(count, max(at, known))
        account = with_late(self.facts[:count], account, late)
        while not is_asleep(account) and (made := settling(account, policies, at)):
            fold(account, (stamped(fact, Stamp("engine", at)) for fact in made))
        return look(account, policies, at)

    def learnt(self, after: datetime, until: datetime) -> list[Stored]:
        """What came to be known from outside after that moment, up to `until`."""
        first, last = bisect_right(self.known, after), bisect_right(self.known, until)
        return [one for one in self.facts[first:last] if one.fact.because is None]

    def first_after(self, moment: datetime) -> Sequence[Stored]:
        """The facts known at that moment or later."""
        return self.facts[bisect_left(self.known, moment) :]


def settling(account: Account, policies: PolicyBook, at: datetime) -> list[Fact]:
    """What is decided before the ladder is looked at."""
    if not policies.has_policy(account, at):
        return []
    return before_ladder(View(account, policies, at))


def _is_settling(account: Account, policies: PolicyBook, at: datetime) -> bool:
    return bool(settling(account, policies, at))


def with_late(known: Sequence[Stored], account: Account, late: Iterable[Fact]) -> Account:
    """The account with facts learnt later folded in; a fact that rests on one not given is left out."""
    taken: list[Fact] = []
    for fact in late:
        try:
            evolve(account, fact)
        except (AssertionError, LookupError):  # it names an item or payment that was not there on that day
            account = fold(Account(account.id), (*(one.fact for one in known), *taken))
        else:
            taken.append(fact)
    return account
