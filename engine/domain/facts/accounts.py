"""Facts about the debtor and how the account is worked."""

from datetime import date
from typing import Literal

from engine.domain.facts.base import Fact, Moment, Personal


class AccountOpened(Fact):
    """A person or firm at one creditor. `timezone` is an IANA name, `country` ISO 3166-1 alpha-2.

    `debt`: what tells this debt from others of the person where limits count per debt; without one, contacts
    count for all of them.
    """

    VERSION = 2

    number: Personal[str]
    opened_on: date
    name: Personal[str] | None = None
    kind: Literal["business", "consumer"] | None = None
    creditor: str | None = None
    person: str | None = None
    country: str | None = None
    region: str | None = None
    timezone: str | None = None
    language: str | None = None
    email: Personal[str] | None = None
    phone: Personal[str] | None = None
    address: Personal[str] | None = None
    segment: str | None = None
    collector: str | None = None
    debt: str | None = None

    @property
    def happened_on(self) -> date:
        return self.opened_on


WHY_SEGMENT = "segment because"
"""The figure of a decision on a segment that says which limits the payer's history met."""
GIVEN_BY_HAND = "given by hand"
"""Why an account is in a segment that a person gave it."""


class DebtorDetailsChanged(Fact):
    """New details; None leaves a detail as it was.

    A segment that a person gives holds; the empty one hands the account back to the policy's own rules.
    """

    changed_on: date
    name: Personal[str] | None = None
    kind: Literal["business", "consumer"] | None = None
    country: str | None = None
    region: str | None = None
    timezone: str | None = None
    language: str | None = None
    email: Personal[str] | None = None
    phone: Personal[str] | None = None
    address: Personal[str] | None = None
    segment: str | None = None
    collector: str | None = None

    @property
    def happened_on(self) -> date:
        return self.changed_on


class PolicyAssigned(Fact):
    """From `effective_from` on this account (on the stream of the book: every other) follows the policy."""

    policy: str
    effective_from: Moment


class NoteAdded(Fact):
    text: Personal[str]


class FollowUpSet(Fact):
    """Somebody wants to look at the account again on that day."""

    on: date
    note: Personal[str] | None = None


class AccountErased(Fact):
    """The key of the account's personal data is destroyed, so that nobody can read them any more.

    `reason` is no personal data: it stays readable, and names nobody. `forced`: something was still open.
    """

    erased_on: date
    reason: str
    forced: bool = False

    @property
    def happened_on(self) -> date:
        return self.erased_on


class WentLive(Fact):
    """From `on` the engine escalates this backfilled account; says how its old invoices enter the ladder."""

    on: date
    invoices: Literal["fresh", "from-step", "as-imported"]
    step: str | None = None

    @property
    def happened_on(self) -> date:
        return self.on
