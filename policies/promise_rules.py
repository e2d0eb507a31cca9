"""What a policy says about promises: how they are judged, which may be made, what a broken one triggers."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, model_validator

from policies.part import Part

Count = Annotated[int, Field(ge=1)]


class BrokenRules(Part):
    """What follows from a promise that was broken; with `partly_kept` also from one kept in part.

    A missed instalment, broken or kept in part, ends its plan where `cancels_plan`.
    """

    step: str | None = None
    segment: Annotated[str, Field(min_length=1)] | None = None
    cancels_plan: bool = True
    partly_kept: bool = False


class PromiseLimits(Part):
    """Which promises and plans people may take; None: no limit. A plan counts as one promise."""

    max_pending: Count | None = None
    max_made: Count | None = None
    within_days: Count | None = None
    max_days_out: Count | None = None
    max_broken: Count | None = None
    max_instalments: Annotated[int, Field(ge=2)] | None = None
    max_plan_days: Count | None = None
    first_payment_percent: Annotated[Decimal, Field(gt=0, le=100)] | None = None

    @model_validator(mode="after")
    def _so_many_within(self) -> "PromiseLimits":
        if (self.max_made is None) != (self.within_days is None):
            raise ValueError("expected max_made and within_days together")
        return self


class PromiseRules(Part):
    """How promises are judged; of two tolerances the larger counts."""

    grace_business_days: Annotated[int, Field(ge=0)] = 0
    posting_lag_business_days: Annotated[int, Field(ge=0)] = 1
    tolerance: Annotated[Decimal, Field(ge=0)] = Decimal(0)
    tolerance_percent: Annotated[Decimal, Field(ge=0, le=100)] = Decimal(0)
    broken: BrokenRules = BrokenRules()
    limits: PromiseLimits = PromiseLimits()

    @model_validator(mode="before")
    @classmethod
    def _older_name(cls, given: Any) -> Any:
        """`missed_instalment_ends_plan` is what `broken.cancels_plan` was called in earlier documents."""
        if not isinstance(given, dict) or "missed_instalment_ends_plan" not in given:
            return given
        rest = {name: value for name, value in given.items() if name != "missed_instalment_ends_plan"}
        broken = {"cancels_plan": given["missed_instalment_ends_plan"], **rest.get("broken", {})}
        return {**rest, "broken": broken}
