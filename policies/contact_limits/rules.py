"""The `[contact]` table of a policy: when and how often it contacts anybody, and under which limits."""

from datetime import time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, model_validator

from policies.part import Part


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"expected an IANA time zone such as Europe/Berlin, not '{name}'") from None
    return name


class ContactRules(Part):
    """`send_at` and `send_until` are local time where the debtor is: what is decided outside them leaves at
    the next `send_at`. `limits` names profiles, which all hold; `acting_as` says which of them cover us."""

    send_at: time = time(9)
    send_until: time = time(20)
    min_gap_days: Annotated[int, Field(ge=1)] = 1
    unknown_zone: Literal["no-call", "book"] = "no-call"
    zone_by_country: dict[str, Annotated[str, AfterValidator(_known_zone)]] = Field(default_factory=dict)
    acting_as: Literal["first-party", "third-party"] | None = None
    limits: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _leaves_time(self) -> "ContactRules":
        if self.send_at >= self.send_until:
            raise ValueError("expected send_until to be later than send_at")
        return self
