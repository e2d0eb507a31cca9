"""The sample invoice on which a ladder is shown, and the unanswered debtor who owes it."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from engine.domain.money import money
from policies.contact_limits.profile import Covers
from policies.document import Policy
from policies.linting.terms import fee_currency

ISSUED_BEFORE_DUE = timedelta(30)
_HOMES = {
    "US": ("America/New_York", "USD", "en"),
    "GB": ("Europe/London", "GBP", "en"),
    "DE": ("Europe/Berlin", "EUR", "de"),
    "FR": ("Europe/Paris", "EUR", "fr"),
    "ES": ("Europe/Madrid", "EUR", "es"),
}
"""Time zone, currency and language of a debtor there, where nobody says otherwise."""
USUAL = "DE"
USUAL_AMOUNT = Decimal(1000)


@dataclass(frozen=True, slots=True)
class Sample:
    """One invoice, and the debtor who never answers."""

    amount: Decimal
    currency: str
    due_on: date
    kind: Literal["business", "consumer"]
    country: str
    region: str | None
    timezone: str
    language: str

    @property
    def issued_on(self) -> date:
        """The issue date: thirty days before the due date."""
        return self.due_on - ISSUED_BEFORE_DUE

    @property
    def zone(self) -> ZoneInfo:
        """The debtor's time zone."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What somebody has said about the sample; None: whatever suits the policy."""

    amount: Decimal | None = None
    currency: str | None = None
    due_on: date | None = None
    kind: Literal["business", "consumer"] | None = None
    country: str | None = None
    region: str | None = None
    timezone: str | None = None
    language: str | None = None


def sample_for(policy: Policy, today: date, wishes: Wishes) -> Sample:
    """A sample as wished; the rest suits those for whom the policy's limits, interest and calendar are.

    Raises UnknownCurrency, TooPrecise.
    """
    covers = next((profile.covers for profile in policy.limits.values()), Covers())
    country = wishes.country or _country(policy, covers)
    timezone, currency, language = _HOMES.get(country, ("UTC", "EUR", "en"))
    currency = wishes.currency or fee_currency(policy) or currency
    region = wishes.region
    if region is None and wishes.country in (None, policy.calendar.country):
        region = _region(policy, country)
    return Sample(
        amount=money(USUAL_AMOUNT if wishes.amount is None else wishes.amount, currency),
        currency=currency,
        due_on=wishes.due_on or today,
        kind=wishes.kind or _kind(policy, covers),
        country=country, region=region,
        timezone=wishes.timezone or policy.contact.zone_by_country.get(country) or timezone,
        language=wishes.language or language,
    )  # fmt: skip


def _country(policy: Policy, covers: Covers) -> str:
    if USUAL in covers.countries:
        return USUAL
    if fee_currency(policy) == "GBP" and not covers.countries:
        return "GB"
    return next(iter(covers.countries), policy.calendar.country or USUAL)


def _region(policy: Policy, country: str) -> str | None:
    regions = (r for profile in policy.limits.values() for r in profile.covers.regions)
    own = policy.calendar.region if policy.calendar.country == country else None
    return next(regions, own)


def _kind(policy: Policy, covers: Covers) -> Literal["business", "consumer"]:
    charged = policy.interest or policy.fees
    kinds = (*covers.debts, *((charged.who or ()) if charged else ()))
    return next(iter(kinds), "business")
