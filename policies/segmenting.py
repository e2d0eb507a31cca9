"""What a policy document says to tell payers apart: segments, with rules for entering and for staying."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, model_validator

from policies.part import Part

Days = Annotated[int, Field(ge=0)]
Percent = Annotated[Decimal, Field(ge=0, le=100)]
Least = Annotated[Decimal, Field(ge=0)]


class Limits(Part):
    """What has to be true of a payer's history; all that is given must hold, and nothing given always holds.

    Days late and shares are of the invoices in the window; exposure is the largest balance in one currency.
    """

    invoices_at_least: Days | None = None
    average_days_late_at_least: Least | None = None
    average_days_late_at_most: Least | None = None
    percent_paid_late_at_least: Percent | None = None
    percent_paid_late_at_most: Percent | None = None
    broken_promises_at_least: Days | None = None
    broken_promises_at_most: Days | None = None
    account_age_days_at_least: Days | None = None
    account_age_days_at_most: Days | None = None
    exposure_at_least: Least | None = None
    exposure_at_most: Least | None = None


class Segment(Part):
    """Payers of one kind. Who is in it stays while `stay` holds (default: `enter`); that is the hysteresis.

    `policy`: what they follow instead of the policy in whose document the segment stands.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    title: str = ""
    enter: Limits = Limits()
    stay: Limits | None = None
    policy: str | None = None

    @property
    def limits_of_staying(self) -> Limits:
        return self.enter if self.stay is None else self.stay


class Segmenting(Part):
    """How payers are told apart: the first segment that fits, in their order; no change within `min_days`."""

    window_days: Annotated[int, Field(ge=1)] = 365
    min_days: Annotated[int, Field(ge=1)] = 30
    segments: tuple[Segment, ...] = ()

    @model_validator(mode="after")
    def _each_once(self) -> "Segmenting":
        names = [segment.name for segment in self.segments]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"expected each segment once; '{name}' stands twice")
        return self

    def policy_of(self, segment: str | None) -> str | None:
        """The policy that payers of that segment follow, None where they have none of their own."""
        return next((each.policy for each in self.segments if each.name == segment), None)
