"""Business days of a policy and a debtor: weekends, public holidays, deadlines that roll to one of them."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Annotated, Literal, get_args

import holidays
from pydantic import StringConstraints, model_validator

from engine.domain.account import Account
from policies.calendar import ONE_DAY
from policies.part import Part

Roll = Literal["none", "following", "modified-following"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
SATURDAY_AND_SUNDAY = frozenset({5, 6})
USUAL_REGION = {"GB": "ENG"}
"""Whose holidays count where no region is known: those that all of the United Kingdom shares leave out Easter
Monday and the summer bank holiday, on which most debtors there are at leisure."""

Place = tuple[str, str | None]
"""A country and, where it matters, a region of it whose public holidays count."""


class CalendarRules(Part):
    """Whose holidays count, which days are free besides, and where a deadline on a free day goes."""

    holidays_of: Literal["debtor", "policy", "both"] = "debtor"
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    region: str | None = None
    weekend: tuple[Weekday, ...] | None = None
    closed_on: tuple[date, ...] = ()
    open_on: tuple[date, ...] = ()
    roll: Roll = "none"

    @model_validator(mode="after")
    def _leaves_days(self) -> "CalendarRules":
        if self.weekend is not None and set(self.weekend) == set(WEEKDAYS):
            raise ValueError("expected weekend to leave a day on which business is done")
        return self


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """The days on which business is done; `weekend` counts from Monday, 0."""

    places: tuple[Place, ...] = ()
    weekend: frozenset[int] = SATURDAY_AND_SUNDAY
    closed_on: frozenset[date] = frozenset()
    open_on: frozenset[date] = frozenset()
    roll: Roll = "none"

    def is_business_day(self, day: date) -> bool:
        """Whether the day is neither weekend nor holiday; days named as open or closed are just that."""
        if day in self.open_on or day in self.closed_on:
            return day in self.open_on
        return day.weekday() not in self.weekend and not any(is_holiday(day, *at) for at in self.places)

    def add(self, day: date, count: int) -> date:
        """The day so many business days later; 0 is the day itself, business day or not."""
        while count > 0:
            day += ONE_DAY
            count -= self.is_business_day(day)
        return day

    def rolled(self, day: date) -> date:
        """Where a deadline on that day falls.

        `following`: the next business day (BGB § 193); `modified-following`: the one before instead where
        the next lies in another month (ISDA 2006 definitions, section 4.12); `none`: the day itself.
        """
        following = day
        while self.roll != "none" and not self.is_business_day(following):
            following += ONE_DAY
        if self.roll == "modified-following" and following.month != day.month:
            return self._preceding(day)
        return following

    def _preceding(self, day: date) -> date:
        while not self.is_business_day(day):
            day -= ONE_DAY
        return day


def business_calendar(rules: CalendarRules, account: Account) -> BusinessCalendar:
    """The business days of the account under these rules; where its country is unknown, weekends are free."""
    own: list[Place] = [(rules.country, rules.region)] if rules.country else []
    debtors: list[Place] = [(account.country, account.region)] if account.country else []
    places = {"debtor": debtors, "policy": own, "both": [*own, *debtors]}[rules.holidays_of]
    return _calendar(rules, tuple(places))


@lru_cache(maxsize=1024)
def _calendar(rules: CalendarRules, places: tuple[Place, ...]) -> BusinessCalendar:
    if rules.weekend is not None:
        weekend = frozenset(WEEKDAYS.index(name) for name in rules.weekend)
    else:
        weekend = frozenset().union(*map(_weekend_of, places)) or SATURDAY_AND_SUNDAY
    return BusinessCalendar(places, weekend, frozenset(rules.closed_on), frozenset(rules.open_on), rules.roll)


def is_holiday(day: date, country: str, region: str | None) -> bool:
    """Whether the day is a public holiday there; of a place that the library does not know none is."""
    known = _holidays(country, region)
    return known is not None and day in known


def holiday_name(day: date, country: str, region: str | None) -> str | None:
    """What the public holiday of that day is called there; None: it is none."""
    known = _holidays(country, region)
    return None if known is None else known.get(day)


def _weekend_of(place: Place) -> frozenset[int]:
    known = _holidays(*place)
    return SATURDAY_AND_SUNDAY if known is None else frozenset(known.weekend)


@lru_cache(maxsize=256)
def _holidays(country: str, region: str | None) -> holidays.HolidayBase | None:
    """The public holidays of a country, None where the library knows none."""
    try:
        return holidays.country_holidays(country, subdiv=region or USUAL_REGION.get(country))
    except NotImplementedError:
        return _holidays(country, None) if region else None
