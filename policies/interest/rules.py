"""What a policy document says on interest, fees and the order in which money is set against what is owed."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from engine.domain.allocation import OLDEST_FIRST, AllocationOrder
from policies.interest.day_counts import DayCount
from policies.interest.rates import RateTable
from policies.interest.tables import COMPENSATION, Compensation
from policies.part import Part

Kind = Literal["business", "consumer"]
Percent = Annotated[Decimal, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]


class Tier(Part):
    """From that principal, or that day past due, on (`from`) the rate is another."""

    start: Annotated[Decimal, Field(ge=0, alias="from")]
    rate: Percent


class Interest(Part):
    """How overdue invoices bear interest; exactly one of `rate`, `tiers` and `reference` says at which rate.

    `who`: only accounts of these kinds, by default all. `fixing` is when the reference rate is read:
    throughout (`daily`), on each 1 January and 1 July (`half-year`), or once, on the last 30 June or
    31 December before interest starts (`start`). Caps are over all interest of an invoice; less than
    `minimum` is not charged until it has grown to that.
    """

    who: tuple[Kind, ...] | None = None
    method: Literal["simple", "compounding"] = "simple"
    day_count: DayCount = "ACT/365F"
    rate: Percent | None = None
    tiers: tuple[Tier, ...] = ()
    tiers_by: Literal["principal", "days"] = "principal"
    reference: str | None = None
    margin: Percent = Decimal(0)
    fixing: Literal["daily", "half-year", "start"] = "daily"
    schedule: Literal["daily", "weekly", "monthly", "half-yearly", "on-demand"] = "monthly"
    on_day: Annotated[int, Field(ge=1, le=31)] = 1
    grace_days: Count = 0
    longest_term_days: Count | None = None
    due_days: Count = 0
    cap_percent: Percent | None = None
    cap_amount: Percent | None = None
    minimum: Percent = Decimal(0)
    rounding: Literal["charge", "day"] = "charge"

    @model_validator(mode="after")
    def _one_rate(self) -> "Interest":
        if sum((self.rate is not None, bool(self.tiers), self.reference is not None)) != 1:
            raise ValueError("expected exactly one of rate, tiers, reference")
        starts = [tier.start for tier in self.tiers]
        if self.tiers and (starts[0] != 0 or starts != sorted(set(starts))):
            raise ValueError("expected tiers from 0 on, in rising order")
        if self.schedule == "weekly" and self.on_day > 7:
            raise ValueError("expected on_day from 1 (Monday) to 7 (Sunday)")
        return self


class Fees(Part):
    """A fixed compensation, once for each invoice that is late: `uk`, `eu`, or a table of one's own."""

    who: tuple[Kind, ...] | None = None
    compensation: Literal["uk", "eu"] | Compensation
    on_demand: bool = False
    grace_days: Count = 0
    due_days: Count = 0

    @property
    def table(self) -> Compensation:
        """The sums by the size of the debt."""
        return COMPENSATION[self.compensation] if isinstance(self.compensation, str) else self.compensation


class ChargeRules(Part):
    """The part of a policy on interest, fees and allocation.

    `charges_climb`: interest and fees of an invoice get reminders of their own; without it they are demanded
    beside it.
    """

    allocation: AllocationOrder = OLDEST_FIRST
    charges_climb: bool = False
    interest: Interest | None = None
    fees: Fees | None = None
    rates: dict[str, RateTable] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _rates_are_known(self) -> "ChargeRules":
        name = self.interest.reference if self.interest else None
        if name is not None and name not in self.rates:
            raise ValueError(f"expected a table [rates.{name}] for the reference rate '{name}'")
        return self
