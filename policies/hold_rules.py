"""The kinds of holds, what each stops, and how long it lasts where nobody says: data of a policy."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from engine.domain.facts.stops import EFFECTS, Effect
from policies.part import Part


class HoldRule(Part):
    """What a kind of hold stops, and its days where no end is given (None: until it is released)."""

    stops: tuple[Effect, ...]
    days: Annotated[int, Field(ge=1)] | None = None


HOLD_RULES: Mapping[str, HoldRule] = {
    # 60 days: the Debt Respite Scheme Regulations 2020 (SI 2020/1311), reg. 26
    "breathing-space": HoldRule(stops=EFFECTS, days=60),
    # Until 30 days after the treatment has ended, which nobody knows when it begins: reg. 32
    "mental-health-crisis": HoldRule(stops=EFFECTS),
    "hardship": HoldRule(stops=("ladder", "interest", "fees")),
    "insolvency": HoldRule(stops=EFFECTS),
    "deceased": HoldRule(stops=EFFECTS),
    "legal": HoldRule(stops=("contact", "ladder")),
    "manual": HoldRule(stops=("ladder", "fees")),
}
"""What holds where a policy says nothing else."""
