"""Where a replay's decisions go: into the account, which they change, and into a list; nothing is stored."""

from engine.accounts import Stamp, stamped
from engine.domain.account import Account
from engine.domain.evolve import evolve_with_person
from engine.domain.facts.base import Fact


class Made:
    """A sink that folds decisions into their account and keeps them."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []

    def __call__(self, account: Account, facts: list[Fact], stamp: Stamp) -> None:
        for fact in facts:
            recorded = stamped(fact, stamp)
            evolve_with_person(account, recorded)
            self.facts.append(recorded)

    def taken(self) -> list[Fact]:
        """The decisions made since this was last asked."""
        facts, self.facts = self.facts, []
        return facts
