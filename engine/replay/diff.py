"""What a replay changed, counted account by account, so that only the counts are kept."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from zoneinfo import ZoneInfo

from engine.application import Engine
from engine.domain.facts.base import Fact
from engine.domain.facts.contacts import Line
from engine.domain.facts.promises import Judgement, PromiseWithdrawn
from engine.replay.counts import Contact, Counts, channel_of, contacts_of, day_of
from engine.replay.listed import Listed
from engine.replay.what_if import Question, Replayed, replay

Key = tuple[str | int, ...]
Content = tuple[object, ...]
Contacts = dict[Key, list[Contact]]

GROUPS = ("earlier", "later", "more", "less", "no_longer", "newly")

_OF_NO_WEIGHT = {
    *("by", "recorded_at", "known_at", "basis", "because", "contact", "placement", "trace"),
    *("issued_at", "scheduled_at", "cancelled_at"),
}


@cache
def _weighty(kind: type[Fact]) -> tuple[str, ...]:
    """The fields of a fact that say what was decided; their values are frozen, and can be counted."""
    return tuple(name for name in kind.model_fields if name not in _OF_NO_WEIGHT)


@dataclass(frozen=True, slots=True, order=True)
class Judged:
    """A promise that comes to something else now; None: it is not judged."""

    account: str
    promise: str
    then: str | None
    now: str | None


@dataclass
class Diff:
    """All that differs between what was decided and what would have been.

    `shifts`: by step and channel, for the invoices contacted there in both histories, how many of them are
    contacted by so many days later (negative: earlier). `contacted`: the accounts that are contacted earlier
    or later (the first time about some invoice, the second …), more, less, no longer or newly, by number.
    `verdicts`: how many promises come to something else, by what they come to then and now. `kept`: the
    accounts whose timelines were asked for.
    """

    zone: ZoneInfo
    then: Counts = field(init=False)
    now: Counts = field(init=False)
    concerned: int = 0
    changed: Listed[str] = field(default_factory=Listed)
    shifts: dict[tuple[str, str], Counter[int]] = field(default_factory=dict)
    contacted: dict[str, Listed[str]] = field(default_factory=lambda: {group: Listed() for group in GROUPS})
    promises: Listed[Judged] = field(default_factory=Listed)
    verdicts: Counter[tuple[str | None, str | None]] = field(default_factory=Counter)
    orphaned: Counter[str] = field(default_factory=Counter)
    kept: list[Replayed] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.then, self.now = Counts(self.zone), Counts(self.zone)

    def add(self, one: Replayed) -> None:
        """Counts one account in."""
        self.concerned += 1
        self.then.add(one.then, one.outside)
        self.now.add(one.now, one.outside)
        self.orphaned.update(fact.TOPIC for fact in one.orphaned)
        self._compare_contacts(one)
        for judged in _judged_differently(one):
            self.promises.add(judged)
            self.verdicts[judged.then, judged.now] += 1
        if self._content(one.then) != self._content(one.now):
            self.changed.add(one.number)

    def merge(self, other: "Diff") -> None:
        """Counts in what differs for other accounts."""
        self.concerned += other.concerned
        self.then.merge(other.then)
        self.now.merge(other.now)
        self.changed.merge(other.changed)
        for key, shifts in other.shifts.items():
            self.shifts.setdefault(key, Counter()).update(shifts)
        for group, listed in self.contacted.items():
            listed.merge(other.contacted[group])
        self.promises.merge(other.promises)
        self.verdicts.update(other.verdicts)
        self.orphaned.update(other.orphaned)
        self.kept += other.kept

    def _content(self, decisions: Iterable[Fact]) -> Counter[Content]:
        """What was decided, day by day; ids, reasons and the time of day have no weight."""
        return Counter(
            (day_of(fact, self.zone), fact.TOPIC, *(getattr(fact, name) for name in _weighty(type(fact))))
            for fact in decisions
        )

    def _compare_contacts(self, one: Replayed) -> None:
        then, now = contacts_of(one.then), contacts_of(one.now)
        for contact, days in self._shifts(_by_step(then), _by_step(now)):
            self.shifts.setdefault((contact.step, channel_of(contact)), Counter())[days] += 1
        shifts = [days for _, days in self._shifts(_by_invoice(then), _by_invoice(now))]
        belongs = {
            "earlier": any(days < 0 for days in shifts),
            "later": any(days > 0 for days in shifts),
            "more": len(now) > len(then) > 0,
            "less": len(then) > len(now) > 0,
            "no_longer": bool(then) and not now,
            "newly": bool(now) and not then,
        }
        for group in GROUPS:
            if belongs[group]:
                self.contacted[group].add(one.number)

    def _shifts(self, then: Contacts, now: Contacts) -> Iterator[tuple[Contact, int]]:
        """By how many days the first contact of each kind, the second, and so on, comes later now."""
        for key in then.keys() & now.keys():
            for old, new in zip(then[key], now[key], strict=False):
                yield new, (day_of(new, self.zone) - day_of(old, self.zone)).days


def diff(engine: Engine, ids: Sequence[str], *, question: Question, keep: bool = False) -> Diff:
    """What differs for these accounts; with `keep`, with each of them whole."""
    found = Diff(question.policies.zone)
    for one in replay(engine, ids, question):
        found.add(one)
        if keep:
            found.kept.append(one)
    return found


def _by_step(contacts: Iterable[Contact]) -> Contacts:
    """The contacts about each invoice in each cycle at each step, in order."""
    return _grouped(contacts, lambda line: (line.item, line.cycle, line.step))


def _by_invoice(contacts: Iterable[Contact]) -> Contacts:
    """The contacts about each invoice in each cycle, in order, whatever their steps are called."""
    return _grouped(contacts, lambda line: (line.item, line.cycle))


def _grouped(contacts: Iterable[Contact], key: Callable[[Line], Key]) -> Contacts:
    grouped: Contacts = defaultdict(list)
    for contact in contacts:
        for line in contact.lines:
            grouped[key(line)].append(contact)
    return grouped


def _judged_differently(one: Replayed) -> Iterator[Judged]:
    then, now = _verdicts(one.then), _verdicts(one.now)
    for promise in sorted(then.keys() | now.keys()):
        if then.get(promise) != now.get(promise):
            yield Judged(one.number, promise, then.get(promise), now.get(promise))


def _verdicts(decisions: Iterable[Fact]) -> dict[str, str]:
    """What each promise came to in the end."""
    judged = Judgement | PromiseWithdrawn
    return {fact.promise: fact.TOPIC for fact in decisions if isinstance(fact, judged)}
