"""The wake-up: does all that is due up to a moment, as a consequence of facts and policy alone."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from engine import agenda
from engine.accounts import Stamp
from engine.application import Engine
from engine.domain.facts.base import Fact
from engine.store import Conflict


@dataclass
class Tally:
    """What a wake-up did: facts recorded by kind, and accounts looked at."""

    at: datetime
    by_kind: Counter[str] = field(default_factory=Counter)
    accounts: int = 0

    def add(self, facts: Sequence[Fact], accounts: int) -> None:
        self.by_kind.update(fact.TOPIC for fact in facts)
        self.accounts += accounts


def tick(
    engine: Engine, at: datetime, stamp: Stamp, looked_at: Callable[[int], None] = lambda _: None
) -> Tally:
    """Looks at each account that is due by `at`, in due order, a page in one transaction.

    Repeated, stopped half way and started again, or run by two processes at once, it records what one
    clean run records. `looked_at` is told how many accounts each page had.
    """
    database = engine.store.database
    agenda.catch_up(database, engine.store.read)
    tally = Tally(at)
    owner = uuid4().hex
    while agenda.anything_due(database, at):
        page = agenda.claim(database, at, owner) or agenda.left_behind(database, at, owner)
        if not page:
            break
        _act(engine, page, at, stamp, tally)
        looked_at(len(page))
    return tally


def _act(engine: Engine, page: Sequence[str], at: datetime, stamp: Stamp, tally: Tally) -> None:
    """Acts on a page; where another process was first on one of its accounts, on each by itself."""
    try:
        done, seen = engine.act(page, at, stamp)
    except Conflict:
        for account_id in page:
            _act_alone(engine, account_id, at, stamp, tally)
        return
    tally.add(done, len(page))
    agenda.settle(engine.store.database, seen)


def _act_alone(engine: Engine, account_id: str, at: datetime, stamp: Stamp, tally: Tally) -> None:
    while True:
        try:
            done, seen = engine.act([account_id], at, stamp)
        except Conflict:
            continue
        tally.add(done, 1)
        agenda.settle(engine.store.database, seen)
        return
