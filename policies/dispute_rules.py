"""What a policy says about disputes: the reason codes, and by when one is to be settled."""

from typing import Annotated

from pydantic import Field

from policies.part import Part


class DisputeRules(Part):
    """The codes that a dispute may have (none named: any), and the business days to settle it in."""

    reasons: tuple[str, ...] = ()
    settle_business_days: Annotated[int, Field(ge=1)] | None = None
