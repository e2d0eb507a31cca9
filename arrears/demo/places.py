"""Where the invented debtors live: zones, currencies and telephone numbers that ring nowhere."""

from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from holidays import HolidayBase, country_holidays

from engine.domain.money import exponent, from_minor


class Place(NamedTuple):
    """A city. `region` is the ISO 3166-2 part after the country; `phone` takes a number from 0 to 99."""

    country: str
    region: str
    city: str
    timezone: str
    language: str
    currencies: tuple[str, ...]
    phone: str
    weight: int


# Telephone numbers are from the ranges the regulators keep for drama (DE, FR, GB, US, AU); the other
# countries keep none, so theirs begin with digits that no number of theirs begins with.
PLACES = (
    Place("DE", "BE", "Berlin", "Europe/Berlin", "de", ("EUR",), "+49 30 23125 0{:02d}", 12),
    Place("DE", "BY", "München", "Europe/Berlin", "de", ("EUR",), "+49 89 99998 0{:02d}", 10),
    Place("FR", "", "Paris", "Europe/Paris", "fr", ("EUR",), "+33 1 99 00 10 {:02d}", 10),
    Place("ES", "MD", "Madrid", "Europe/Madrid", "es", ("EUR",), "+34 000 555 0{:02d}", 8),
    Place("ES", "CN", "Las Palmas", "Atlantic/Canary", "es", ("EUR",), "+34 000 556 0{:02d}", 3),
    Place("GB", "ENG", "London", "Europe/London", "en", ("GBP", "EUR"), "+44 20 7946 00{:02d}", 12),
    Place("GB", "SCT", "Edinburgh", "Europe/London", "en", ("GBP",), "+44 131 496 00{:02d}", 6),
    Place("US", "NY", "New York", "America/New_York", "en", ("USD",), "+1 212 555 01{:02d}", 8),
    Place("US", "IL", "Chicago", "America/Chicago", "en", ("USD",), "+1 312 555 01{:02d}", 6),
    Place("US", "CA", "Los Angeles", "America/Los_Angeles", "en", ("USD",), "+1 213 555 01{:02d}", 6),
    Place("JP", "", "Tokyo", "Asia/Tokyo", "ja", ("JPY", "USD"), "+81 3 0000 00{:02d}", 6),
    Place("KW", "", "Kuwait City", "Asia/Kuwait", "ar", ("KWD", "USD"), "+965 0000 00{:02d}", 4),
    Place("CH", "ZH", "Zürich", "Europe/Zurich", "de", ("CHF", "EUR"), "+41 44 000 00 {:02d}", 6),
    Place("AU", "NSW", "Sydney", "Australia/Sydney", "en", ("USD",), "+61 2 5550 00{:02d}", 3),
    Place("AU", "WA", "Perth", "Australia/Perth", "en", ("USD",), "+61 8 5550 00{:02d}", 2),
)

# Rough sizes, to make plausible amounts; nothing is ever converted with them.
_UNITS_PER_EUR = {"EUR": 1.0, "GBP": 0.85, "USD": 1.1, "JPY": 160.0, "KWD": 0.33, "CHF": 0.95}


def amount_worth(eur: float, currency: str) -> Decimal:
    """A plausible amount of about so many euros, exact to the currency's smallest unit."""
    return from_minor(round(eur * _UNITS_PER_EUR[currency] * 10 ** exponent(currency)), currency)


@cache
def _calendar(country: str, region: str) -> HolidayBase:
    return country_holidays(country, subdiv=region or None)


def is_working_day(day: date, place: Place) -> bool:
    """Neither weekend (Friday and Saturday in Kuwait) nor public holiday there."""
    return _calendar(place.country, place.region).is_working_day(day)


def working_day(day: date, place: Place, further: int = 0) -> date:
    """The first working day on or after `day`, or the one that many working days `further` on."""
    while not is_working_day(day, place):
        day += timedelta(days=1)
    return working_day(day + timedelta(days=1), place, further - 1) if further else day
