"""One account as it stood, on two clocks: what is owed, what stops it, who it is, and what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
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
from engine.domain.money import ZERO
from engine.replay.knowledge import with_late
from policies.book import InForce
from policies.due import decide, next_due_at
from policies.standings import Asleep, asleep
from projections.aging import EDGES, UNAPPLIED, OpenItem, bucket_labels, by_part, open_items
from projections.connection import reading
from projections.follow_ups import LOOKED_AT
from projections.promises import PromiseRow, promise_rows
from projections.rows import happened_on

MOST_LOOKS = 60
DETAILS = (
    *("name", "kind", "country", "region", "timezone", "language", "phone", "email", "address"),
    *("person", "debt"),
)


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

    @cached_property
    def account(self) -> Account:
        """The account after these facts."""
        return with_late((), Account(self.stream), (one.fact for one in self.facts))

    @property
    def at(self) -> datetime:
        """The moment at which it is looked at: the end of the day, or now."""
        return min(self.asked.end, self.asked.book.clock())

    # --- money --------------------------------------------------------------------------------------------

    @cached_property
    def _amounts(self) -> tuple[list[OpenItem], list[PromiseRow]]:
        edges, clocks = self.edges, self.asked
        with reading(clocks.book.database, clocks.as_known, clocks.as_of) as connection:
            still_open = open_items(connection, clocks.as_of, edges, [self.stream])
            return still_open, promise_rows(connection, clocks.as_of, [self.stream])

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
        return [self._owed(currency, parts) for currency, parts in by_part(self._amounts[0]).items()]

    def _owed(self, currency: str, parts: dict[str, Decimal]) -> Owed:
        buckets = dict.fromkeys(bucket_labels(self.edges), ZERO)
        for one in self._amounts[0]:
            if one.currency == currency and one.bucket != UNAPPLIED:
                buckets[one.bucket] += one.open
        unapplied = parts[UNAPPLIED]
        return Owed(
            currency, sum(buckets.values(), -unapplied), parts["principal"], parts["interest"],
            parts["fees"], unapplied, buckets,
        )  # fmt: skip

    # --- invoices -----------------------------------------------------------------------------------------

    @cached_property
    def items(self) -> tuple[list[ItemAt], list[ItemAt]]:
        """The open ones, the oldest due first, and the closed ones, those closed last first."""
        amounts = {one.item: one.open for one in self._amounts[0] if one.due_on is not None}
        every = (*self.account.open_items.values(), *self.account.closed_items.values())
        states = [self._item(one, amounts.get(one.id, ZERO)) for one in every]
        open_ = sorted((one for one in states if one.open), key=lambda one: (one.item.due_on, one.item.id))
        closed = [one for one in states if not one.open]
        closed.sort(key=lambda one: (one.item.closed_on or date.max, one.item.id), reverse=True)
        return open_, closed

    def _item(self, item: Item, open_: Decimal) -> ItemAt:
        fired = [one for one in item.fired.values() if not one.lapsed]
        reached = max(fired, key=lambda one: one.at, default=None)
        return ItemAt(
            item, open_, (self.asked.as_of - item.due_on).days, reached.step if reached else None,
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

    @property
    def notes(self) -> list[Stored]:
        """The notes, the latest first."""
        return [one for one in reversed(self.facts) if isinstance(one.fact, NoteAdded)]

    @property
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
            if facts := decide(self.account, policies, at):
                return Coming(at=at, facts=tuple(facts))
            later = next_due_at(self.account, policies, at)
            if later is None:
                return Coming()
            at = later
        return Coming(at=at)


def account_at(asked: Question, stream: str, until: date | None = None) -> AccountAt | None:
    """The account, `until` the end of a day; None where nothing was known of it, or had happened, by then."""
    stored = asked.book.store.stream(stream)
    facts = [one for one in stored if _counts(one.fact, asked, until)]
    return AccountAt(stream, asked, facts) if facts else None


def _counts(fact: Fact, asked: Question, until: date | None) -> bool:
    return asked.is_known(fact) and (until is None or happened_on(fact, asked.zone) <= until)
