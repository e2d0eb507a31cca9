"""One account as it stood, on two clocks: what is owed, what stops it, who it is, and what comes next."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from operator import attrgetter
from typing import Any

from arrears.telling.asking import Question
from arrears.telling.rows import step_title
from engine.domain.account import Account, Hold, Item
from engine.domain.facts.accounts import (
    AccountOpened,
    DebtorDetailsChanged,
    FollowUpSet,
    NoteAdded,
)
from engine.domain.facts.base import Fact, Stored
from engine.domain.money import ZERO, from_minor
from engine.replay.knowledge import with_late
from policies.book import InForce
from policies.due import decide_or_wait
from policies.standings import Asleep, asleep
from projections.aging import EDGES, PARTS, UNAPPLIED, bucket_labels, bucket_of
from projections.balances import open_parts
from projections.connection import reading
from projections.follow_ups import LOOKED_AT
from projections.promises import PromiseRow, promise_rows
from projections.rows import happened_on

MOST_LOOKS = 60
DETAILS = (
    *("name", "kind", "country", "region", "timezone", "language", "phone", "email", "address"),
    *("person", "debt"),
)

Sums = Counter[tuple[date | None, str]]
"""What is open in a currency, in minor units, by due date and by what it is a part of."""


@dataclass(frozen=True)
class Owed:
    """What is owed in one currency: the balance, its parts, and what is open in each bucket."""

    currency: str
    balance: Decimal
    principal: Decimal
    interest: Decimal
    fees: Decimal
    unapplied: Decimal
    buckets: dict[str, Decimal]

    @property
    def open(self) -> Decimal:
        """What is open, unapplied money not yet taken off."""
        return sum(self.buckets.values(), ZERO)


@dataclass(frozen=True)
class ItemAt:
    """An invoice or charge as it stood, with all that stops it."""

    item: Item
    open: Decimal
    days_past_due: int
    step: str | None
    holds: tuple[str, ...]
    promises: tuple[str, ...]


@dataclass(frozen=True)
class Coming:
    """What the engine will do next if nothing new comes, and when; or why it will do nothing."""

    asleep: Asleep | None = None
    at: datetime | None = None
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class AccountAt:
    """The facts of an account that were known, and had happened, and what follows from them.

    Amounts are those of the tables, on both clocks. Everything else is folded from the facts; one that rests
    on a fact dated later is left out.
    """

    stream: str
    asked: Question
    facts: Sequence[Stored]
    account: Account
    """The account after these facts."""

    @property
    def at(self) -> datetime:
        """The moment at which it is looked at: the end of the day, or now."""
        return min(self.asked.end, self.asked.book.clock())

    # --- money --------------------------------------------------------------------------------------------

    @cached_property
    def _amounts(self) -> tuple[Sequence[Any], list[PromiseRow]]:
        clocks = self.asked
        with reading(clocks.book.database, clocks.as_known, clocks.as_of) as connection:
            parts = open_parts(connection, clocks.as_of, self.stream)
            return parts, promise_rows(connection, clocks.as_of, [self.stream])

    @cached_property
    def edges(self) -> tuple[int, ...]:
        """The bucket edges of that day."""
        adopted = self.asked.policies.edges_on(self.asked.as_of)
        return tuple(adopted.edges) if adopted else EDGES

    @property
    def promises(self) -> list[PromiseRow]:
        """The promises, and how they stood."""
        return self._amounts[1]

    @cached_property
    def owed(self) -> list[Owed]:
        """What is owed by currency; nothing for an account on which nothing is open."""
        sums: dict[str, Sums] = defaultdict(Counter)
        for _, kind, currency, due_on, open_minor in self._amounts[0]:
            part = UNAPPLIED if due_on is None else PARTS.get(kind, UNAPPLIED)
            sums[currency][due_on, part] += open_minor
        return [self._owed(currency, sums[currency]) for currency in sorted(sums)]

    def _owed(self, currency: str, sums: Sums) -> Owed:
        labels = bucket_labels(self.edges)
        buckets, parts = dict.fromkeys(labels, 0), dict.fromkeys((*PARTS.values(), UNAPPLIED), 0)
        for (due_on, part), minor in sums.items():
            parts[part] += minor
            if due_on is not None:
                buckets[labels[bucket_of((self.asked.as_of - due_on).days, self.edges)]] += minor
        balance = sum(buckets.values(), parts[UNAPPLIED])
        owed = {"balance": balance, **parts, UNAPPLIED: -parts[UNAPPLIED]}
        return Owed(
            currency, **{name: from_minor(minor, currency) for name, minor in owed.items()},
            buckets={label: from_minor(minor, currency) for label, minor in buckets.items()},
        )  # fmt: skip

    # --- invoices -----------------------------------------------------------------------------------------

    @cached_property
    def _open_minor(self) -> dict[str | None, int]:
        return {item: minor for item, _, _, due_on, minor in self._amounts[0] if due_on is not None}

    @cached_property
    def items(self) -> tuple[list[Item], list[Item]]:
        """The open ones, the oldest due first, and the closed ones, those closed last first."""
        every = (*self.account.open_items.values(), *self.account.closed_items.values())
        by_number = sorted(every, key=attrgetter("id"))
        open_ = sorted((one for one in by_number if one.id in self._open_minor), key=attrgetter("due_on"))
        closed = [one for one in reversed(by_number) if one.id not in self._open_minor]
        return open_, sorted(closed, key=lambda one: one.closed_on or date.max, reverse=True)

    def stood(self, items: Iterable[Item]) -> list[ItemAt]:
        """How each of these stood."""
        return [self._stood(item) for item in items]

    def _stood(self, item: Item) -> ItemAt:
        fired = [one for one in item.fired.values() if not one.lapsed]
        reached = max(fired, key=lambda one: one.at, default=None)
        return ItemAt(
            item, from_minor(self._open_minor.get(item.id, 0), item.currency),
            (self.asked.as_of - item.due_on).days, reached.step if reached else None,
            tuple(hold.id for hold in self.holds_running if not hold.items or item.id in hold.items),
            tuple(one.id for one in self.account.pending.values() if item.id in one.items),
        )  # fmt: skip

    @cached_property
    def holds_running(self) -> list[Hold]:
        """The holds that stop something on that day."""
        return [one for one in self.account.holds.values() if self.runs(one)]

    def runs(self, hold: Hold) -> bool:
        """Whether the hold stops something on that day."""
        days = hold.days
        return days.start <= self.asked.as_of and (days.end is None or self.asked.as_of < days.end)

    # --- who it is, and how it is worked ------------------------------------------------------------------

    @cached_property
    def details(self) -> dict[str, Any]:
        """The debtor's details as they were last said."""
        said: dict[str, Any] = dict.fromkeys(DETAILS)
        for fact in (one.fact for one in self.facts):
            if isinstance(fact, AccountOpened | DebtorDetailsChanged):
                said |= {name: value for name in DETAILS if (value := getattr(fact, name, None)) is not None}
        return said

    @cached_property
    def notes(self) -> list[Stored]:
        """The notes, the latest first."""
        return [one for one in reversed(self.facts) if isinstance(one.fact, NoteAdded)]

    @cached_property
    def follow_up(self) -> FollowUpSet | None:
        """When somebody is to look at it again; None where nobody is, or somebody has."""
        for one in reversed(self.facts):
            fact = one.fact
            if isinstance(fact, FollowUpSet):
                return fact if not self._looked_at(fact, one.version) else None
        return None

    def _looked_at(self, fact: FollowUpSet, version: int) -> bool:
        later = (one.fact for one in self.facts if one.version > version and one.fact.because is None)
        return any(
            other.TOPIC in LOOKED_AT and happened_on(other, self.asked.zone) >= fact.on for other in later
        )

    # --- what comes next ----------------------------------------------------------------------------------

    @cached_property
    def in_force(self) -> InForce | None:
        """The policy that it follows; None where no version of one is in force for it."""
        has_one = self.asked.policies.has_policy(self.account, self.at)
        return self.asked.policies.in_force(self.account, self.at) if has_one else None

    def step_title(self, step: str) -> str:
        """What the policy calls a step."""
        return step_title([self.in_force.version] if self.in_force else [], step)

    @cached_property
    def coming(self) -> Coming:
        """What the engine will do next if nothing new comes."""
        policies, at = self.asked.policies, self.at
        if why := asleep(self.account, policies, at):
            return Coming(why)
        for _ in range(MOST_LOOKS):
            facts, later = decide_or_wait(self.account, policies, at)
            if facts:
                return Coming(at=at, facts=tuple(facts))
            if later is None:
                return Coming()
            at = later
        return Coming(at=at)


@contextmanager
def account_at(asked: Question, stream: str, until: date | None = None) -> Iterator[AccountAt | None]:
    """The account, `until` the end of a day; None where nothing was known of it, or had happened, by then.

    Nobody who records waits for whoever looks at it, but others who look at it too may.
    """
    with asked.book.engine.looking.at(stream) as looked:
        then = looked.then(
            (asked.as_known, until), lambda one: _counts(one.fact, asked, until),
            lambda facts: with_late((), Account(stream), (one.fact for one in facts)),
        )  # fmt: skip
        yield AccountAt(stream, asked, then.facts, then.account) if then.facts else None


def _counts(fact: Fact, asked: Question, until: date | None) -> bool:
    return asked.is_known(fact) and (until is None or happened_on(fact, asked.zone) <= until)
