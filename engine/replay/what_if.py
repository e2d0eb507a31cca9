"""Replay under another policy: facts from outside are kept, decisions are taken out and made again."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import merge
from operator import itemgetter

from engine.accounts import Stamp
from engine.application import Command, Engine
from engine.domain.account import Account
from engine.domain.evolve import evolve_with_person
from engine.domain.facts.accounts import PolicyAssigned
from engine.domain.facts.base import UNRECORDED, Fact
from engine.domain.facts.people import ContactCounted, ContactReleased, PersonPreferenceChanged
from engine.domain.people import fold_shared
from engine.domain.standing import ContactHistory
from engine.play import Player, play
from engine.replay.outside import as_it_would_be, is_orphaned, made_by
from engine.replay.reading import History, Places, histories, places
from engine.replay.sink import Made
from policies.book import PolicyBook
from policies.supposing import SupposedPolicies


@dataclass(frozen=True, slots=True)
class Question:
    """What if these policies had held: decisions before `start` stand, the replay ends before `until`."""

    policies: SupposedPolicies
    until: datetime
    replayed_at: datetime

    @property
    def start(self) -> datetime:
        """The moment from which the given document holds and decisions are made again."""
        return self.policies.start


@dataclass(slots=True)
class Replayed:
    """One account: what was decided then, what is decided now, and the facts from outside that both had.

    `orphaned` are those that answer a decision which is not made now.
    """

    account: str
    number: str
    then: list[Fact]
    now: list[Fact] = field(default_factory=list)
    outside: list[Fact] = field(default_factory=list)
    orphaned: list[Fact] = field(default_factory=list)


def replay(engine: Engine, ids: Sequence[str], question: Question) -> Iterator[Replayed]:
    """Each account that the given document concerns, decided again at each moment at which it is due.

    Nothing is stored.
    """
    for page in histories(engine.store, ids):
        shared = {stream for one in page if one.person for stream in (one.account, one.person)}
        stands_at = places(engine.store.database, sorted(shared)) if shared else {}
        for history in page:
            if _is_concerned(history, question):
                yield _replayed(history, question, stands_at)


def _is_concerned(history: History, question: Question) -> bool:
    """Whether the account follows the given document at some time, by its own assignment or by default."""
    policies = question.policies
    if policies.for_all:
        return True
    own = [one.fact for one in history.facts if isinstance(one.fact, PolicyAssigned)]
    if any(fact.policy == policies.name for fact in own):
        return True
    always_own = own and min(fact.effective_from for fact in own) <= history.facts[0].fact.known_at
    return not always_own and any(name == policies.name for _, name in policies.defaults)


def _replayed(history: History, question: Question, stands_at: Places) -> Replayed:
    kept, taken = _split(history, question.start)
    kept = list(merge(kept, _with_others(history, stands_at), key=itemgetter(0)))
    account, made = Account(history.account), Made()
    player = Player({account.id: account}, question.policies, made, question.replayed_at)
    replayed = Replayed(account.id, "", [fact for fact in taken if _acted_at(fact) < question.until])
    if before := [fact for moment, fact in kept if moment < question.start]:
        for fact in before:
            _take_in(account, fact)
        if all(moment != question.start for moment, _ in kept):  # else it is woken when that is known
            player.wake(account.id, question.start)
    taken_out = made_by(taken)

    def carry_out(command: Command) -> None:
        for fact in command.decide(account, question.policies):
            if isinstance(fact, OF_PEOPLE):
                _take_in(account, fact)
                continue
            if is_orphaned(fact, account, taken_out):
                replayed.orphaned.append(fact)
            replayed.outside.append(fact)
            _take_in(account, fact)

    play(_commands(account.id, kept, question), player, question.until, carry_out)
    replayed.number, replayed.now = str(account.number), made.taken()
    return replayed


INSTANT, NO_TIME = timedelta(microseconds=1), timedelta(0)
OF_PEOPLE = (ContactCounted, ContactReleased, PersonPreferenceChanged)


def _take_in(account: Account, fact: Fact) -> None:
    """Folds a fact of the account, or one of its person, of whom it knows all from its opening on."""
    if isinstance(fact, OF_PEOPLE):
        account.shared = account.shared or ContactHistory()
        fold_shared(account.shared, fact)
        return
    evolve_with_person(account, fact)
    if account.person and account.shared is None:
        account.shared = ContactHistory()


def _with_others(history: History, stands_at: Places) -> list[tuple[datetime, Fact]]:
    """The contacts with other accounts of the person, and what was asked for there, as recorded, each when it
    was known.

    What was stored after a decision of this account at the same moment was not known to it.
    """
    decided: dict[datetime, int] = {}
    for stored in history.facts:
        if stored.fact.because is not None:
            place = stands_at.get((stored.stream, stored.version), 0)
            decided.setdefault(stored.fact.because.acted_at, place)
    theirs: list[tuple[datetime, Fact]] = []
    moment = UNRECORDED
    for stored in history.shared:
        if isinstance(stored.fact, OF_PEOPLE) and stored.fact.account != history.account:
            place = stands_at.get((stored.stream, stored.version), 0)
            known_at = stored.fact.known_at
            later = INSTANT if place > decided.get(known_at, place) else NO_TIME
            moment = max(moment, known_at + later)
            theirs.append((moment, stored.fact))
    return theirs


def _split(history: History, start: datetime) -> tuple[list[tuple[datetime, Fact]], list[Fact]]:
    """What is kept, each with the moment at which it is known, and the decisions that are taken out.

    A fact is not known before those that were stored before it, on which it may rest.
    """
    kept: list[tuple[datetime, Fact]] = []
    taken: list[Fact] = []
    moment = history.facts[0].fact.known_at
    for stored in history.facts:
        fact = stored.fact
        if fact.because is not None and fact.because.acted_at >= start:
            taken.append(fact)
            continue
        moment = max(moment, fact.known_at)
        kept.append((moment, fact))
    return kept, taken


def _acted_at(fact: Fact) -> datetime:
    assert fact.because is not None
    return fact.because.acted_at


def _commands(
    account_id: str, kept: Iterable[tuple[datetime, Fact]], question: Question
) -> Iterator[Command]:
    """The facts from outside within the replay as commands, each at the moment at which it was known."""
    for moment, fact in kept:
        if question.start <= moment < question.until:
            stamp = Stamp(fact.by, fact.recorded_at, moment, fact.basis)
            yield Command(account_id, _kept(fact, question.policies), stamp)


def _kept(fact: Fact, policies: SupposedPolicies) -> Callable[[Account, PolicyBook], list[Fact]]:
    return lambda account, _: as_it_would_be(fact, account, policies)
