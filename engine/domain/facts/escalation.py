"""Facts about going further: raising, tracing, and placement with an agency."""

from datetime import date

from engine.domain.facts.base import Fact, Personal
from engine.domain.facts.contacts import Line


class EscalationRaised(Fact):
    """The account was brought to somebody's attention at `level`."""

    level: str
    step: str
    lines: tuple[Line, ...]


class DebtorUnreachable(Fact):
    found_on: date
    reason: Personal[str] | None = None

    @property
    def happened_on(self) -> date:
        return self.found_on


class TraceRequested(Fact):
    """Somebody is to find out where the debtor has moved."""

    trace: str
    step: str
    lines: tuple[Line, ...] = ()


class DebtorLocated(Fact):
    located_on: date

    @property
    def happened_on(self) -> date:
        return self.located_on


class PlacementProposed(Fact):
    placement: str
    agency: str
    step: str
    lines: tuple[Line, ...]


class AccountPlaced(Fact):
    """The agency has these items and balances; our own contact on them stops."""

    placement: str
    agency: str
    placed_on: date
    step: str = ""
    lines: tuple[Line, ...]

    @property
    def happened_on(self) -> date:
        return self.placed_on


class PlacementRecalled(Fact):
    """The placement was taken back, or, where it was only proposed, declined."""

    placement: str
    recalled_on: date
    declined: bool = False
    reason: Personal[str] | None = None

    @property
    def happened_on(self) -> date:
        return self.recalled_on
