"""The control: the recorded history, decided again at the recorded wake-ups, must come out the same."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from engine.application import Engine
from engine.codec import encode
from engine.domain.account import Account
from engine.domain.evolve import fold
from engine.domain.facts.base import UNRECORDED, Fact, Stored
from engine.domain.facts.personal import without_personal
from engine.play import Player
from engine.replay.listed import Listed
from engine.replay.reading import History, PersonSoFar, Places, PolicyHistory, histories, places
from engine.replay.sink import Made


@dataclass(frozen=True, slots=True)
class WakeUp:
    """A recorded wake-up, what was decided at it, and what the same policies on the same knowledge decide."""

    account: str
    at: datetime
    recorded: list[Fact]
    made: list[Fact]

    def __lt__(self, other: "WakeUp") -> bool:
        return (self.account, self.at) < (other.account, other.at)

    @property
    def agrees(self) -> bool:
        """Whether both are the same, to the byte; of an erased person, but for what was erased."""
        if len(self.recorded) != len(self.made):
            return False
        return all(map(_same, self.recorded, self.made))


@dataclass
class Control:
    """What was decided again, and the wake-ups that came out differently."""

    accounts: int = 0
    wake_ups: int = 0
    decisions: int = 0
    differences: Listed[WakeUp] = field(default_factory=Listed)

    def add(self, wake_up: WakeUp) -> None:
        """Counts one wake-up in, and keeps it where it came out differently."""
        self.wake_ups += 1
        self.decisions += len(wake_up.recorded)
        if not wake_up.agrees:
            self.differences.add(wake_up)

    def merge(self, other: "Control") -> None:
        """Counts in what was found in other accounts."""
        self.accounts += other.accounts
        self.wake_ups += other.wake_ups
        self.decisions += other.decisions
        self.differences.merge(other.differences)


def control(engine: Engine, ids: Sequence[str], *, policies: PolicyHistory, replayed_at: datetime) -> Control:
    """Decides each account's history again and compares it, fact by fact and byte by byte.

    At each recorded wake-up the account knows what was stored before it, and the policies are those that the
    log held then. Nothing is stored.
    """
    found = Control()
    for page in histories(engine.store, ids):
        streams = {stream for one in page for stream in (one.account, one.person) if stream}
        stands_at = places(engine.store.database, sorted(streams))
        for history in page:
            for wake_up in _decided_again(history, policies, stands_at, replayed_at):
                found.add(wake_up)
        found.accounts += len(page)
    return found


def _decided_again(
    history: History, policies: PolicyHistory, stands_at: Places, replayed_at: datetime
) -> Iterator[WakeUp]:
    account, made = Account(history.account), Made()
    player = Player({account.id: account}, policies.before(None), made, replayed_at)
    person = PersonSoFar(history, stands_at)
    for at, facts in _wake_ups(history.facts):
        if at is None:
            fold(account, (stored.fact for stored in facts))
            continue
        place = stands_at.get((account.id, facts[0].version))
        player.policies, account.shared = policies.before(place), person.before(place)
        player.act(account.id, at)
        yield WakeUp(str(account.number), at, [stored.fact for stored in facts], made.taken())


def _wake_ups(facts: Sequence[Stored]) -> Iterator[tuple[datetime | None, list[Stored]]]:
    """The recorded wake-ups of an account with what each decided; None: the facts from outside between."""
    for wake_up, run in groupby(facts, key=lambda one: one.fact.because and one.fact.because.wake_up):
        yield datetime.fromisoformat(wake_up) if wake_up else None, list(run)


def _same(recorded: Fact, made: Fact) -> bool:
    return _bytes(recorded) in (_bytes(made), _bytes(without_personal(made)))


def _bytes(fact: Fact) -> bytes:
    """The decision as it is stored, but for when and on what basis: a replay is recorded at another time."""
    bare = {"recorded_at": UNRECORDED, "known_at": UNRECORDED, "basis": None}
    return encode(fact.model_copy(update=bare))
