"""What decisions come to: contacts, placements, charges, what was put off, and the work of each day."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from engine.domain.facts.base import Because, Fact
from engine.domain.facts.contacts import (
    CallMade,
    CallScheduled,
    ContactDeferred,
    ReminderCancelled,
    ReminderIssued,
    StepWithheld,
)
from engine.domain.facts.escalation import (
    AccountPlaced,
    EscalationRaised,
    PlacementProposed,
    TraceRequested,
)
from engine.domain.facts.items import FeeCharged, InterestAdjusted, InterestCharged
from engine.domain.money import ZERO

K = TypeVar("K")

Contact = ReminderIssued | CallScheduled
Placed = PlacementProposed | AccountPlaced

PROPOSED, AUTOMATIC = "proposed", "automatic"


def why(decision: Fact) -> Because:
    """Why it was decided; a decision always says."""
    assert decision.because is not None
    return decision.because


def day_of(decision: Fact, zone: ZoneInfo) -> date:
    """The day on which it was decided."""
    return why(decision).acted_at.astimezone(zone).date()


def contacts_of(decisions: Iterable[Fact]) -> list[Contact]:
    """The decisions to contact the debtor that were not taken back."""
    facts = list(decisions)
    taken_back = {fact.contact for fact in facts if isinstance(fact, ReminderCancelled)}
    return [fact for fact in facts if isinstance(fact, Contact) and fact.contact not in taken_back]


def channel_of(contact: Contact) -> str:
    """The channel of a contact."""
    return "call" if isinstance(contact, CallScheduled) else contact.channel


def work_of(decision: Fact) -> str | None:
    """The work that a decision makes for somebody: a channel, or what is done beside contact; None: none."""
    if isinstance(decision, Contact):
        return channel_of(decision)
    if isinstance(decision, Placed):
        return "placement"
    if isinstance(decision, TraceRequested):
        return "trace"
    return "escalation" if isinstance(decision, EscalationRaised) else None


def amounts_by_key() -> dict[Any, Decimal]:
    """Sums by key, each of which begins at zero."""
    return defaultdict(Decimal)


def add_amounts(amounts: dict[K, Decimal], more: Mapping[K, Decimal]) -> None:
    """Adds to each amount the one of the same key."""
    for key, amount in more.items():
        amounts[key] += amount


@dataclass
class Counts:
    """Counts over decisions, days being those of `zone`. Work is counted on the day on which it is decided.

    `placed` is by agency, how (proposed or automatic) and currency, `charged` by kind and currency.
    """

    zone: ZoneInfo
    decisions: Counter[str] = field(default_factory=Counter)
    contacts: Counter[tuple[str, str]] = field(default_factory=Counter)
    calls_not_made: int = 0
    placed: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    placed_amount: dict[tuple[str, str, str], Decimal] = field(default_factory=amounts_by_key)
    charged: Counter[tuple[str, str]] = field(default_factory=Counter)
    charged_amount: dict[tuple[str, str], Decimal] = field(default_factory=amounts_by_key)
    deferred: Counter[str] = field(default_factory=Counter)
    withheld: Counter[str] = field(default_factory=Counter)
    work: Counter[tuple[date, str]] = field(default_factory=Counter)

    def add(self, decisions: Iterable[Fact], outside: Iterable[Fact] = ()) -> None:
        """Counts the decisions on one account in, and which of their calls nobody from outside made."""
        facts = list(decisions)
        contacts = contacts_of(facts)
        self.contacts.update((contact.step, channel_of(contact)) for contact in contacts)
        answered = {one for fact in outside if isinstance(fact, CallMade) for one in fact.answers}
        calls = [contact.contact for contact in contacts if isinstance(contact, CallScheduled)]
        self.calls_not_made += sum(call not in answered for call in calls)
        for fact in facts:
            self._count(fact)

    def merge(self, other: "Counts") -> None:
        """Counts in all that another one has counted."""
        for mine, more in (
            (self.decisions, other.decisions), (self.contacts, other.contacts), (self.placed, other.placed),
            (self.charged, other.charged), (self.deferred, other.deferred), (self.withheld, other.withheld),
            (self.work, other.work),
        ):  # fmt: skip
            mine.update(more)  # type: ignore[arg-type]  # the keys of both are of the same kind
        self.calls_not_made += other.calls_not_made
        add_amounts(self.placed_amount, other.placed_amount)
        add_amounts(self.charged_amount, other.charged_amount)

    def _count(self, fact: Fact) -> None:
        self.decisions[fact.TOPIC] += 1
        on = day_of(fact, self.zone)
        if (work := work_of(fact)) is not None:
            self.work[on, work] += 1
        if isinstance(fact, ContactDeferred):
            self.deferred[fact.rule] += 1
        elif isinstance(fact, StepWithheld):
            self.withheld[fact.reason] += 1
        elif isinstance(fact, FeeCharged | InterestCharged | InterestAdjusted):
            self.charged[fact.TOPIC, fact.currency] += 1
            self.charged_amount[fact.TOPIC, fact.currency] += fact.amount
        elif isinstance(fact, Placed):
            self._count_placement(fact)

    def _count_placement(self, fact: Placed) -> None:
        how = PROPOSED if isinstance(fact, PlacementProposed) else AUTOMATIC
        for currency in {line.currency for line in fact.lines}:
            self.placed[fact.agency, how, currency] += 1
            amounts = (line.open for line in fact.lines if line.currency == currency)
            self.placed_amount[fact.agency, how, currency] += sum(amounts, ZERO)
