"""Facts that stop the ladder: disputes and holds."""

from datetime import date
from typing import Literal

from engine.domain.facts.base import Fact, Personal


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
    """Nothing is to be done from `from_on` until `until_on` (the first day free again; None: until released).

    No items named means the whole account, invoices to come included.
    """

    hold: str
    kind: str
    from_on: date
    until_on: date | None = None
    items: tuple[str, ...] = ()
    reason: Personal[str] | None = None

    @property
    def happened_on(self) -> date:
        return self.from_on


class HoldReleased(Fact):
    hold: str
    released_on: date

    @property
    def happened_on(self) -> date:
        return self.released_on
