"""Reference rates by date: tables with their source and the last day for which they are known."""

import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property

from pydantic import Field, model_validator

from engine.domain.errors import RuleBroken
from policies.part import Part


class RateUnknown(RuleBroken):
    sentence = (
        "the reference rate '{rate}' is not known for {on}: the table covers {since} to {known_until}. "
        "Publish the policy with a newer table: [rates.{rate}] with source, known_until and changes in "
        "its document"
    )


class RateChange(Part):
    """From that day on the rate is so many percent a year."""

    since: date
    percent: Decimal


class RateTable(Part):
    """A reference rate, as published by `source`, with every change up to `known_until` (included)."""

    title: str = ""
    source: str
    known_until: date
    changes: tuple[RateChange, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> "RateTable":
        if any(later <= earlier for earlier, later in zip(self._days, self._days[1:], strict=False)):
            raise ValueError("expected changes in the order of their days, each day once")
        if self._days[-1] > self.known_until:
            raise ValueError("expected known_until not to lie before the last change")
        return self

    @cached_property
    def _days(self) -> list[date]:
        return [change.since for change in self.changes]

    def on(self, name: str, day: date) -> Decimal:
        """Percent a year on that day; raises RateUnknown, since a rate is never guessed."""
        if not self._days[0] <= day <= self.known_until:
            raise RateUnknown(rate=name, on=day, since=self._days[0], known_until=self.known_until)
        return self.changes[bisect_right(self._days, day) - 1].percent

    def changes_between(self, after: date, until: date) -> list[date]:
        """The days after the one and up to the other from which another rate holds."""
        return [day for day in self._days if after < day <= until]


def with_rates(document: str, tables: Mapping[str, str]) -> str:
    """The policy document with the table of the reference rate it names, where it does not bring its own.

    What is published is then whole: later tables change nothing that was decided by it.
    """
    try:
        given = tomllib.loads(document)
    except tomllib.TOMLDecodeError:
        return document
    interest, own = given.get("interest"), given.get("rates", {})
    name = interest.get("reference") if isinstance(interest, dict) else None
    if not isinstance(name, str) or name not in tables or name in own:
        return document
    return f"{document.rstrip()}\n\n{tables[name]}"
