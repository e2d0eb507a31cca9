"""Facts about going further: raising, tracing, and placement with an agency."""

from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal

from engine.domain.facts.base import Amount, Authority, Fact, Personal, Value
from engine.domain.facts.contacts import Line


class EscalationRaised(Fact):
    """The account was brought to somebody's attention at `level`: at a step of its ladder, or for a
    `dispute` that was open after its deadline."""

    VERSION = 2

    level: str
    step: str
    lines: tuple[Line, ...]
    dispute: str | None = None


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


class TraceFailed(Fact):
    """The trace did not find the debtor."""

    trace: str
    failed_on: date
    reason: Personal[str] | None = None

    @property
    def happened_on(self) -> date:
        return self.failed_on


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


RecallOn = Literal["paid", "payment", "dispute"]
"""What ends an agency's work early: nothing is left open, a payment came to us, an item is disputed."""


class AgencyTerms(Value):
    """What was agreed for a placement: commission in percent of what the agency collects, the day from which
    the items are ours again, and what ends its work before."""

    commission_percent: Decimal
    until: date | None = None
    recall_on: tuple[RecallOn, ...] = ()


class LeftOut(Value):
    """An item that was proposed and not placed, and why."""

    item: str
    why: str


class AccountPlaced(Fact):
    """The agency has these items and balances; our own contact on them stops.

    `left_out` was proposed with them, and stopped meanwhile.
    """

    VERSION: ClassVar[int] = 4

    placement: str
    agency: str
    placed_on: date
    step: str = ""
    lines: tuple[Line, ...]
    terms: AgencyTerms | None = None
    left_out: tuple[LeftOut, ...] = ()
    authority: Authority | None = None

    @property
    def happened_on(self) -> date:
        return self.placed_on


class PlacementRecalled(Fact):
    """The placement (of it `items`; none named: all) was taken back, or, where only proposed, declined."""

    VERSION = 2

    placement: str
    recalled_on: date
    declined: bool = False
    items: tuple[str, ...] = ()
    reason: Personal[str] | None = None

    @property
    def happened_on(self) -> date:
        return self.recalled_on


class AgencyRemittanceReceived(Fact):
    """An agency passed on what it had collected: `gross`, of which it kept `commission`.

    The debtor is credited gross, on the day on which the agency received it, by the payment named.
    """

    remittance: str
    placement: str
    agency: str
    payment: str
    gross: Amount
    commission: Amount
    currency: str
    received_on: date
    remitted_on: date

    @property
    def happened_on(self) -> date:
        return self.remitted_on
