"""What a policy says about approvals: what each role may decide alone, and how long a request waits."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field

from engine.domain.facts.authority import Matter
from engine.domain.money import UnknownCurrency, exponent
from policies.part import Part

Role = Literal["viewer", "collector", "manager", "auditor", "administrator"]
ROLES: tuple[Role, ...] = get_args(Role)

ANY: Literal["any"] = "any"
NOTHING = "nothing"


def _currency(code: str) -> str:
    try:
        exponent(code)
    except UnknownCurrency:
        raise ValueError(f"'{code}' is no currency: expected an ISO 4217 code such as EUR") from None
    return code


Sums = Literal["any"] | dict[Annotated[str, AfterValidator(_currency)], Annotated[Decimal, Field(ge=0)]]
"""The largest amount by currency; in a currency that is not named, nothing."""


class RoleLimits(Part):
    """The largest decisions that a role may take alone; None: the policy does not say.

    `settlement` is what a settlement gives up, `settlement_percent` its share of the claim: where both are
    given, both hold.
    """

    write_off: Sums | None = None
    waiver: Sums | None = None
    settlement: Sums | None = None
    settlement_percent: Annotated[Decimal, Field(ge=0, le=100)] | None = None
    plan_days: Annotated[int, Field(ge=0)] | Literal["any"] | None = None
    placement: Sums | None = None

    def sums(self, matter: Matter) -> Sums | None:
        """The largest amounts for a matter; a plan has none."""
        by_matter: dict[Matter, Sums | None] = {
            "write_off": self.write_off, "waiver": self.waiver, "settlement": self.settlement,
            "placement": self.placement,
        }  # fmt: skip
        return by_matter.get(matter)

    def says(self, matter: Matter) -> bool:
        """Whether anything is said of the matter."""
        if matter == "plan":
            return self.plan_days is not None
        percent = self.settlement_percent if matter == "settlement" else None
        return percent is not None or self.sums(matter) is not None


UNSAID: Mapping[Matter, frozenset[Role]] = {
    "write_off": frozenset({"manager", "administrator"}),
    "waiver": frozenset({"manager", "administrator"}),
    "settlement": frozenset({"manager", "administrator"}),
    "plan": frozenset({"collector", "manager", "administrator"}),
    "placement": frozenset({"manager", "administrator"}),
}
"""Who decides alone, whatever the amount, where the policy says nothing of a matter for any role."""


class ApprovalRules(Part):
    """The limits of each role. Where one is given for a matter, roles without one decide nothing of it alone.

    A request that nobody decides lapses after so many days.
    """

    viewer: RoleLimits = RoleLimits()
    collector: RoleLimits = RoleLimits()
    manager: RoleLimits = RoleLimits()
    auditor: RoleLimits = RoleLimits()
    administrator: RoleLimits = RoleLimits()
    lapse_after_days: Annotated[int, Field(ge=1)] = 30

    def of(self, role: Role) -> RoleLimits:
        """The limits of a role."""
        limits: RoleLimits = getattr(self, role)
        return limits

    def says(self, matter: Matter) -> bool:
        """Whether any role is given a limit for the matter."""
        return any(self.of(role).says(matter) for role in ROLES)


def exceeded(
    rules: ApprovalRules, role: str, matter: Matter, amount: Decimal, currency: str,
    share_percent: Decimal | None = None, days: int | None = None,
) -> str | None:  # fmt: skip
    """What the role may decide of the matter alone, in words, where this goes beyond it; else None."""
    known = next((each for each in ROLES if each == role), None)
    if not rules.says(matter):
        return None if known in UNSAID[matter] else NOTHING
    limits = rules.of(known) if known else RoleLimits()
    if not limits.says(matter):
        return NOTHING
    if matter == "plan":
        return _beyond_days(limits, days or 0)
    found = list(_beyond(limits, matter, amount, currency, share_percent))
    return " and ".join(found) or None


def _beyond_days(limits: RoleLimits, days: int) -> str | None:
    most = limits.plan_days
    return f"{most} days" if isinstance(most, int) and days > most else None


def _beyond(
    limits: RoleLimits, matter: Matter, amount: Decimal, currency: str, share_percent: Decimal | None
) -> Iterator[str]:
    sums = limits.sums(matter)
    if isinstance(sums, dict) and amount > (most := sums.get(currency, Decimal(0))):
        yield f"{most} {currency}"
    percent = limits.settlement_percent if matter == "settlement" else None
    if percent is not None and share_percent is not None and share_percent > percent:
        yield f"{percent} %"
