"""Facts that stop something: disputes and holds."""

from datetime import date
from typing import ClassVar, Literal, get_args

from engine.domain.facts.base import Fact, Personal

Effect = Literal["contact", "ladder", "interest", "fees"]
EFFECTS: tuple[Effect, ...] = get_args(Effect)


class DisputeOpened(Fact):
    dispute: str
    items: tuple[str, ...]
    opened_on: date
    reason: Personal[str] | None = None

    @property
    def happened_on(self) -> date:
        return self.opened_on


class DisputeResolved(Fact):
    dispute: str
    resolved_on: date
    outcome: Literal["upheld", "partly", "rejected", "withdrawn"]
    credit: str | None = None

    @property
    def happened_on(self) -> date:
        return self.resolved_on


class HoldPlaced(Fact):
    """From `from_on` until `until_on` (the first day free again; None: until released) all of `stops` rests.

    No items named means the whole account, invoices to come included. What the hold stops was pinned when
    it was placed; the first version stopped everything.
    """

    VERSION: ClassVar[int] = 2

    hold: str
    kind: str
    from_on: date
    until_on: date | None = None
    items: tuple[str, ...] = ()
    reason: Personal[str] | None = None
    stops: tuple[Effect, ...] = EFFECTS

    @property
    def happened_on(self) -> date:
        return self.from_on


class HoldReleased(Fact):
    hold: str
    released_on: date

    @property
    def happened_on(self) -> date:
        return self.released_on
