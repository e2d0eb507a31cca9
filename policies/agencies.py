"""Collection agencies: the terms that a policy document gives them, and when an agency's work ends."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from engine.domain.account import Account, Placement
from engine.domain.facts.escalation import AgencyTerms, RecallOn
from engine.domain.placing import items_with, paid_to_us
from policies.part import Part


class Agency(Part):
    """What was agreed with an agency: its commission, for how many days it works, what ends that early."""

    commission_percent: Annotated[Decimal, Field(ge=0, le=100)] = Decimal(0)
    days: Annotated[int, Field(ge=1)] | None = None
    recall_on: tuple[RecallOn, ...] = ()

    def terms(self, placed_on: date) -> AgencyTerms:
        """The terms of a placement that begins on that day."""
        until = None if self.days is None else placed_on + timedelta(self.days)
        return AgencyTerms(commission_percent=self.commission_percent, until=until, recall_on=self.recall_on)


Ending = tuple[date, tuple[str, ...], str]
"""Since when an agency's work is over, on which items, and why."""


def endings(account: Account, placement: Placement, today: date) -> Iterator[Ending]:
    """What the terms of a placement have ended by that day; what ends all of it comes first."""
    terms = placement.terms
    if placement.status != "placed" or terms is None:
        return
    items = items_with(account, placement)
    if not items:
        return
    names = tuple(item.id for item in items)
    if terms.until is not None and today >= terms.until:
        yield terms.until, names, f"the agency's time ended on {terms.until}"
    closed = [item.closed_on for item in items if item.closed_on is not None]
    if "paid" in terms.recall_on and len(closed) == len(items):
        yield max(closed), names, "nothing of it is left open"
    if "payment" in terms.recall_on and (direct := paid_to_us(account, placement)):
        yield direct[0].received_on, names, f"payment {direct[0].id} came to us"
    disputed = tuple(item.id for item in items if item.disputes)
    if "dispute" in terms.recall_on and disputed:
        disputes = {name for item in items for name in item.disputes}
        since = max(account.disputes[name].opened_on for name in disputes)
        yield since, disputed, f"disputed: {', '.join(sorted(disputes))}"


def next_ending(account: Account, after: date) -> date | None:
    """The next day on which an agency's time ends though no fact came."""
    ends = (p.terms.until for p in account.placements.values() if p.status == "placed" and p.terms)
    return min((day for day in ends if day is not None and day > after), default=None)
