"""Why the engine did what it did on a day, and for every step that was not taken why it was not."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.domain.evolve import evolve
from engine.domain.facts.base import Because, Fact, Stored
from engine.domain.facts.contacts import Line, StepLapsed
from engine.replay.knowledge import Knowledge, Turn
from policies.calendar import ONE_DAY, local_day, local_moment
from policies.conditions import Gate
from policies.standings import Asleep, ItemState, Look, Standing, State, asleep

INSTANT = timedelta(microseconds=1)
MIDNIGHT = time(0)
NOON = time(12)

NEAREST: tuple[State, ...] = (
    *("due", "stopped", "behind", "overtaken", "not_due", "waits", "off_branch"),
    *("below_entry", "placed", "settled", "lapsed", "taken"),
)
"""The states of a step that was not taken, the one nearest to being taken first."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A day of an account. `as_known`: as known at that moment (None: as known on that day, moment by
    moment); `now`: the present moment; `zone`: the book's time zone."""

    day: date
    now: datetime
    zone: ZoneInfo
    as_known: datetime | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """A decision of the engine, or a lapse, that is about this step of this invoice."""

    version: int
    topic: str
    because: Because


@dataclass(slots=True)
class StepExplained:
    """What became of one step for one invoice on the day.

    `taken`: the decision that took it on that day. `standing`: how it stood at `at`, nearest to being taken.
    `later`: the decision that took it, or let it lapse, after that day. `elsewhen`: how else it stood.
    """

    item: str
    standing: Standing
    at: datetime
    taken: Done | None = None
    later: Done | None = None
    elsewhen: list[tuple[datetime, Standing]] = field(default_factory=list)

    @property
    def state(self) -> str:
        """`taken` where the engine took it on that day, `taken_before`, `lapsed_before`, else as it stood."""
        if self.taken:
            return "taken"
        before = self.standing.state in ("taken", "lapsed")
        return f"{self.standing.state}_before" if before else self.standing.state

    @property
    def gates(self) -> list[Gate]:
        """All that stopped it on that day, each once."""
        stands = [self.standing, *(standing for _, standing in self.elsewhen)]
        return list({(gate.reason, gate.reference): gate for one in stands for gate in one.gates}.values())


@dataclass(frozen=True, slots=True)
class Change:
    """A step that would have stood otherwise, had what was learnt later been known."""

    item: str
    step: str
    then: Standing
    now: Standing


@dataclass
class DayExplained:
    """One day of one account, as known on that day or at a given moment.

    `acted`: the engine's decisions of that day, `happened`: what became known from outside on it, `learnt`:
    what was learnt later about that day or days before it, and `changes`: what that would have changed.
    """

    asked: Asked
    zone: ZoneInfo
    asleep: Asleep | None = None
    awake_from: datetime | None = None
    looks: list[Look] = field(default_factory=list)
    items: dict[str, ItemState] = field(default_factory=dict)
    steps: list[StepExplained] = field(default_factory=list)
    acted: list[Stored] = field(default_factory=list)
    happened: list[Stored] = field(default_factory=list)
    learnt: list[Stored] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    next_wake_up: datetime | None = None


def explain_day(knowledge: Knowledge, asked: Asked) -> DayExplained:
    """What the engine did on the account on a day, and why not what it did not."""
    start, end, zone = _bounds(knowledge, asked)
    last = min(end - INSTANT, max(asked.now, start))
    day = DayExplained(asked, zone)
    day.acted = [one for one in knowledge.facts if _acted_within(one.fact, start, end)]
    day.happened = knowledge.learnt(start - INSTANT, last)
    day.next_wake_up = _first_decision(knowledge, end)
    day.looks = list(_looks(knowledge, asked, start, last, zone))
    day.asleep = day.looks[-1].asleep
    if day.asleep:
        day.awake_from = _awake_from(knowledge, last)
    for look in day.looks:
        day.items |= {one.item: one for one in look.items}
    day.steps = _steps(knowledge, day, end)
    _compare(knowledge, day, last)
    return day


def _bounds(knowledge: Knowledge, asked: Asked) -> tuple[datetime, datetime, ZoneInfo]:
    """The first moment of the day where the debtor is, the first after it, and the debtor's zone."""
    noon = local_moment(asked.day, NOON, asked.zone)
    count = knowledge.count_at(asked.as_known or noon)
    account = knowledge.fold(count or min(1, len(knowledge.facts)))
    policies, zone = knowledge.policies_at(count, noon), asked.zone
    if account.exists and policies.has_policy(account, noon):
        zone, _ = policies.clock_of(account, policies.in_force(account, noon).policy.contact)
    return local_moment(asked.day, MIDNIGHT, zone), local_moment(asked.day + ONE_DAY, MIDNIGHT, zone), zone


def _acted_within(fact: Fact, start: datetime, end: datetime) -> bool:
    return fact.because is not None and start <= fact.because.acted_at < end


def _first_decision(knowledge: Knowledge, after: datetime) -> datetime | None:
    moments = (one.fact.because.acted_at for one in knowledge.facts if one.fact.because)
    return min((moment for moment in moments if moment >= after), default=None)


def _awake_from(knowledge: Knowledge, last: datetime) -> datetime | None:
    """When the engine began to look after an account that it left alone at that moment; None: not yet."""
    account = knowledge.fold(knowledge.count_at(last))
    for one in knowledge.first_after(last + INSTANT):
        evolve(account, one.fact)
        if not asleep(account, knowledge.policies.before(None), one.fact.known_at):
            return one.fact.known_at
    return None


# --- how it stood -----------------------------------------------------------------------------------------


def _looks(
    knowledge: Knowledge, asked: Asked, start: datetime, last: datetime, zone: ZoneInfo
) -> Iterator[Look]:
    """The account at the hour of contacts, at each wake-up of the day and at its end, in order.

    As known on that day, a recorded wake-up is looked at turn by turn.
    """
    wake_ups = knowledge.wake_ups(start, last + INSTANT)
    moments = {last, *(one.at for one in wake_ups)}
    if (hour := _hour_of_contacts(knowledge, asked, start, last, zone)) is not None:
        moments.add(hour)
    for at in sorted(moments):
        wake_up = next((one for one in wake_ups if one.at == at), None)
        if asked.as_known is None and wake_up is not None:
            yield from (turn.seen for turn in knowledge.turns(wake_up) if turn.seen)
        else:
            yield _look(knowledge, at, asked.as_known or at, asked.day)


def _look(knowledge: Knowledge, at: datetime, known: datetime, day: date) -> Look:
    """The account at `at` as known at `known`: what was learnt after `at` counts if it is about that day."""
    late = (one.fact for one in knowledge.learnt(at, known) if _is_about(one.fact, day))
    return knowledge.look(at, min(at, known), late)


def _is_about(fact: Fact, day: date) -> bool:
    return fact.happened_on is not None and fact.happened_on <= day


def _hour_of_contacts(
    knowledge: Knowledge, asked: Asked, start: datetime, last: datetime, zone: ZoneInfo
) -> datetime | None:
    known = min(last, asked.as_known or last)
    count = knowledge.count_at(known)
    account, policies = knowledge.fold(count), knowledge.policies_at(count, last)
    if asleep(account, policies, last):
        return None
    send_at = policies.in_force(account, last).policy.contact.send_at
    hour = local_moment(local_day(start, zone), send_at, zone)
    return hour if hour <= last else None


# --- each step --------------------------------------------------------------------------------------------


def _steps(knowledge: Knowledge, day: DayExplained, end: datetime) -> list[StepExplained]:
    """Every step of every invoice, as it stood on the day nearest to being taken."""
    stood: dict[tuple[str, str], list[tuple[datetime, Standing]]] = {}
    for look in day.looks:
        for standing in look.standings:
            stood.setdefault((standing.item, standing.step.id), []).append((look.at, standing))
    taken = _done(day.acted)
    after = (one for one in knowledge.facts if one.fact.because and one.fact.because.acted_at >= end)
    later = _done(after, lapses=True)
    return [_step(key, found, taken.get(key), later.get(key)) for key, found in stood.items()]


def _step(
    key: tuple[str, str], found: list[tuple[datetime, Standing]], taken: Done | None, later: Done | None
) -> StepExplained:
    at, standing = min(found, key=lambda one: NEAREST.index(one[1].state))
    others: dict[str, tuple[datetime, Standing]] = {}
    for when, other in found:
        if other.state != standing.state and not (taken and other.state == "taken"):
            others.setdefault(other.state, (when, other))
    later = later if standing.state == "due" else None
    return StepExplained(key[0], standing, at, taken, later, list(others.values()))


def _done(decisions: Iterable[Stored], *, lapses: bool = False) -> dict[tuple[str, str], Done]:
    """The first decision that took each step of each invoice (or let it lapse)."""
    done: dict[tuple[str, str], Done] = {}
    for stored in decisions:
        fact = stored.fact
        assert fact.because is not None
        for key in _taken_by(fact, lapses=lapses):
            done.setdefault(key, Done(stored.version, fact.TOPIC, fact.because))
    return done


def _taken_by(fact: Fact, *, lapses: bool) -> list[tuple[str, str]]:
    lines: tuple[Line, ...] = getattr(fact, "lines", ())
    if lapses and isinstance(fact, StepLapsed):
        return [(item, fact.step) for item in fact.items]
    return [(line.item, line.step) for line in lines]


# --- as known later ---------------------------------------------------------------------------------------


def _compare(knowledge: Knowledge, day: DayExplained, last: datetime) -> None:
    """Notes what was learnt after the day about it, and which steps that would have changed."""
    asked = day.asked
    known = knowledge.learnt(last, asked.now)
    day.learnt = [one for one in known if _is_about(one.fact, asked.day)]
    if not day.learnt or asked.as_known is not None:
        return
    then = {(one.item, one.standing.step.id): one for one in day.steps}
    seen = _look(knowledge, last, asked.now, asked.day)
    for now in seen.standings:
        before = then.get((now.item, now.step.id))
        ended = before and next((s for s in day.looks[-1].standings if _key(s) == _key(now)), None)
        if before and ended and not before.taken and _content(ended) != _content(now):
            day.changes.append(Change(now.item, now.step.id, ended, now))


def _key(standing: Standing) -> tuple[str, str]:
    return standing.item, standing.step.id


def _content(standing: Standing) -> tuple[object, ...]:
    reasons = tuple(sorted((gate.reason, gate.reference) for gate in standing.gates))
    return standing.state, standing.due_at, reasons


# --- one decision -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Again:
    """A stored decision seen again on what was known just before it.

    `seen`: the account as the engine saw it (None: a judgement, or something moot taken back); `made`: the
    same decision made by today's rules (None: they would not make it).
    """

    seen: Look | None
    made: Fact | None

    def differing(self, recorded: Because) -> dict[str, tuple[str | None, str | None]]:
        """The figures that came out otherwise: as recorded, and as they are worked out today."""
        again = self.made.because.figures if self.made and self.made.because else {}
        names = dict.fromkeys((*recorded.figures, *again))
        pairs = {name: (recorded.figures.get(name), again.get(name)) for name in names}
        return {name: pair for name, pair in pairs.items() if self.made and pair[0] != pair[1]}


def decided_again(knowledge: Knowledge, version: int) -> Again:
    """The decision of that version, and the turn of its wake-up, on what was known before it."""
    turn = _turn_of(knowledge, version)
    index = [one.version for one in turn.recorded].index(version)
    recorded = turn.recorded[index].fact.because
    same = (one for one in turn.made if one.because and recorded and one.because.id == recorded.id)
    return Again(turn.seen, next(same, None))


def _turn_of(knowledge: Knowledge, version: int) -> Turn:
    first = knowledge.facts[0].version
    why = knowledge.facts[version - first].fact.because
    assert why is not None, "only decisions are made again"
    wake_ups = knowledge.wake_ups(why.acted_at, why.acted_at + INSTANT)
    wake_up = next(one for one in wake_ups if any(stored.version == version for stored in one.decisions))
    return next(turn for turn in knowledge.turns(wake_up) if any(s.version == version for s in turn.recorded))
