"""What a policy says about disputes: the reason codes, by when one is to be settled, and what then."""

from typing import Annotated

from pydantic import Field

from policies.part import Part


class DisputeRules(Part):
    """The codes that a dispute may have (none named: any), and the business days to settle it in.

    `escalate_to`: who is told, once, when a dispute is open after its deadline; None: nobody.
    """

    reasons: tuple[str, ...] = ()
    settle_business_days: Annotated[int, Field(ge=1)] | None = None
    escalate_to: Annotated[str, Field(min_length=1)] | None = None
