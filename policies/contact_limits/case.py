"""The question that limits answer: this contact, after those, with a debtor who has asked for this."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from engine.domain.account import Hold
from engine.domain.facts.contacts import Channel
from engine.domain.standing import Touch
from engine.domain.wishes import Standing
from policies.calendar import local_day
from policies.contact_limits.profile import Rule


@dataclass(frozen=True, slots=True)
class Proposal:
    """A contact that is to be made. `items` are the claims it is about; no `debts`: all of the person's.

    One that `waits` leaves when the policy's hours begin, where it is decided outside them. One that
    `uses_reserved` is made in place of what is reserved for the account on its channel.
    """

    at: datetime
    channel: Channel
    debts: frozenset[str] = frozenset()
    items: frozenset[str] = frozenset()
    number: str = ""
    purpose: str = "collect"
    has_opt_out_notice: bool = False
    threatens_suit: bool = False
    waits: bool = False
    uses_reserved: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """All that a profile's rules are judged on. `zones`: every time zone in which the debtor may be.

    `disputed`: the claims of which nothing is undisputed, with the ground of each dispute (None: not
    recorded). `claims`: those that the contact is about, all that are open where it names none.
    """

    proposal: Proposal
    touches: Sequence[Touch] = ()
    standing: Standing = field(default_factory=Standing)
    zones: tuple[ZoneInfo, ...] = ()
    zone_is_known: bool = True
    country: str | None = None
    region: str | None = None
    first_contact_at: datetime | None = None
    due_on: dict[str, date] = field(default_factory=dict)
    disputed: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)
    claims: frozenset[str] = frozenset()
    holds: tuple[Hold, ...] = ()

    @property
    def at(self) -> datetime:
        """The moment of the contact."""
        return self.proposal.at

    def later(self, at: datetime) -> "Case":
        """The same contact, at another moment."""
        return replace(self, proposal=replace(self.proposal, at=at))

    @property
    def counting(self) -> list[Touch]:
        """The contacts that count at that moment: those that were made, and what is reserved until later."""
        return [one for one in self.touches if one.expires_at is None or one.expires_at > self.at]

    def days(self) -> set[date]:
        """The debtor's date, in each zone in which they may be."""
        return {local_day(self.at, zone) for zone in self.zones}


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that the contact would break: on which facts, and from when on this rule allows it (None:
    when something changes). `route_to`: who is to be contacted instead."""

    rule: str
    source: str
    why: str
    first_allowed_at: datetime | None
    counted: tuple[str, ...] = ()
    route_to: str = ""


def breach(
    rule: Rule, why: str, first: datetime | None = None, counted: Sequence[str] = (), name: str = ""
) -> Breach:
    """A breach of that rule, under its own name unless another is given."""
    return Breach(name or rule.rule, rule.source, why, first, tuple(counted))
