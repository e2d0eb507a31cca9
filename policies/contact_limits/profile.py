"""The rules of a named profile: data, validated; each rule has its name and its source."""

from datetime import date, time
from typing import Annotated, Literal

from pydantic import Field, model_validator

from engine.domain.facts.contacts import Channel
from policies.part import Part

Purpose = Literal[
    "collect", "validation-notice", "terminate-efforts", "may-invoke-remedy", "intends-remedy",
    "opt-out-confirmation", "reply",
]  # fmt: skip
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_CHANNEL: tuple[Channel, ...] = ("letter", "email", "sms", "call")


class Rule(Part):
    """What every rule has: the name by which a refusal cites it, where it stands, and whom it is about."""

    rule: str
    source: str
    channels: tuple[Channel, ...] = EVERY_CHANNEL


class Covers(Part):
    """Where the profile applies. An empty list is no restriction, and what is not known is covered."""

    acting_as: tuple[Literal["first-party", "third-party"], ...] = ()
    debts: tuple[Literal["consumer", "business"], ...] = ()
    countries: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


class Hours(Rule):
    """Contact strictly after the one and strictly before the other local time, on these days.

    `holidays`: not on public holidays where the debtor is. `extra_holidays`: further days without contact.
    """

    after: time = time(0)
    before: time = time(23, 59, 59)
    weekdays: tuple[Weekday, ...] = WEEKDAYS
    holidays: bool = False
    extra_holidays: tuple[date, ...] = ()

    @model_validator(mode="after")
    def _leaves_time(self) -> "Hours":
        if self.after >= self.before:
            raise ValueError("expected after to be earlier than before")
        if not self.weekdays:
            raise ValueError("expected at least one weekday")
        return self


class Frequency(Rule):
    """At most so many contacts in any so many consecutive days of the debtor's, the proposed one included."""

    at_most: Annotated[int, Field(ge=1)]
    days: Annotated[int, Field(ge=1, le=90)]
    per: Literal["person", "debt"] = "person"
    numbers: tuple[str, ...] = ()
    """Only contacts to these kinds of numbers are counted and limited; none named: to any."""
    not_counted: tuple[str, ...] = ()
    consent_days: Annotated[int, Field(ge=0)] = 0
    """A contact so many days after a consent, its day included, neither counts nor is limited."""


class Quiet(Rule):
    """No contact within so many consecutive days of a conversation; its day is the first of them."""

    days: Annotated[int, Field(ge=1, le=90)]
    per: Literal["person", "debt"] = "person"
    consent_days: Annotated[int, Field(ge=0)] = 0


class Caution(Rule):
    """Not forbidden, but noted: contacts closer than so many minutes, or so many of them on one day."""

    minutes: Annotated[int, Field(ge=1)] | None = None
    in_one_day: Annotated[int, Field(ge=2)] | None = None


class Stop(Rule):
    """Contact is stopped while the reason stands, but for these purposes."""

    but_for: tuple[Purpose, ...] = ()


class Represented(Stop):
    """Contact goes to the attorney instead."""

    route_to: str = "attorney"


class Notice(Rule):
    """What each message on these channels must carry."""


class Validation(Rule):
    """The validation notice: due so many days after the first contact; it opens a dispute period.

    Its last day is so many days after the notice counts as received, which is so many business days after
    it was sent. Until then no threat of suit is made.
    """

    due_days: Annotated[int, Field(ge=0)] = 5
    received_after_business_days: Annotated[int, Field(ge=0)] = 5
    dispute_days: Annotated[int, Field(ge=1)] = 30
    overshadowing_rule: str = "DISPUTE_PERIOD_OVERSHADOWED"


class TimeBarred(Rule):
    """No suit is threatened on a time-barred debt; `years`: after which one is barred, from its due date."""

    years: Annotated[int, Field(ge=1)] | None = None


class Moratorium(Rule):
    """A statutory stop: a hold of one of these kinds, with its days as the law counts them from a register.

    One of `crisis_kinds` lasts until so many days after the treatment has ended. Payments are always taken;
    `accepts_payments` only says so.
    """

    hold_kinds: tuple[str, ...]
    starts_days_after_entry: Annotated[int, Field(ge=0)] = 1
    days: Annotated[int, Field(ge=1)] = 60
    crisis_kinds: tuple[str, ...] = ("mental-health-crisis",)
    crisis_extra_days: Annotated[int, Field(ge=0)] = 30
    suspends_charges: bool = True
    accepts_payments: bool = True


class Dispute(Rule):
    """While a dispute on one of these grounds is open (none named: on any), recovery is suspended."""

    grounds: tuple[str, ...] = ()

    def suspends(self, ground: str | None) -> bool:
        """Whether a dispute on that ground (None: not recorded) suspends recovery."""
        return ground is None or not self.grounds or ground in self.grounds


class Profile(Part):
    """One profile: what it covers, its rules, and in words which rules it applies and which it does not."""

    title: str
    applies: tuple[str, ...]
    does_not_apply: tuple[str, ...]
    covers: Covers = Covers()
    consumer_includes: tuple[str, ...] = ()
    hours: tuple[Hours, ...] = ()
    frequency: tuple[Frequency, ...] = ()
    quiet: tuple[Quiet, ...] = ()
    caution: tuple[Caution, ...] = ()
    inconvenient: Rule | None = None
    refused_channel: Stop | None = None
    not_at_work: Rule | None = None
    attorney: Represented | None = None
    cease: Stop | None = None
    opt_out_notice: Notice | None = None
    validation: Validation | None = None
    time_barred: TimeBarred | None = None
    moratorium: Moratorium | None = None
    dispute: Dispute | None = None
    unknown_zone: Rule | None = None

    @property
    def rules(self) -> list[Rule]:
        """Every rule of the profile."""
        lists = (self.hours, self.frequency, self.quiet, self.caution)
        single = (
            self.inconvenient, self.unknown_zone, self.refused_channel, self.not_at_work, self.attorney,
            self.cease, self.opt_out_notice, self.validation, self.dispute, self.time_barred, self.moratorium,
        )  # fmt: skip
        return [*(rule for rules in lists for rule in rules), *(rule for rule in single if rule)]

    def is_consumer(self, who: str) -> bool:
        """Whether a conversation with this relation of the debtor's is one with the debtor."""
        return who in ("", "debtor", *self.consumer_includes)

    def covers_account(
        self, acting_as: str | None, debt: str | None, country: str | None, region: str | None
    ) -> bool:
        """Whether the profile applies to such an account; what is not known is taken to be covered."""
        pairs: list[tuple[str | None, tuple[str, ...]]] = [
            (acting_as, self.covers.acting_as), (debt, self.covers.debts), (country, self.covers.countries),
        ]  # fmt: skip
        if self.covers.regions and (not self.covers.countries or country in self.covers.countries):
            pairs.append((region, self.covers.regions))
        return all(not given or not asked or asked in given for asked, given in pairs)
