"""The leave to make one contact: filled by `policies.contact_limits` only, asked for before any contact."""

from dataclasses import dataclass
from datetime import datetime

from engine.domain.facts.contacts import Channel


@dataclass(frozen=True, slots=True)
class Permit:
    """One contact with the account, at this version of it, on this channel, between these moments (UTC).

    `cautions`: what is not forbidden but may be held against us. `time_barred`: claims of the contact on
    which no suit can be brought, which it has to say.
    """

    account: str
    version: int
    channel: Channel
    valid_from: datetime
    valid_until: datetime
    counted: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    time_barred: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a contact is not allowed now: the rule, its source, the facts that it counted, and from when on
    (None: when something changes). `further`: the other rules that forbid it. `route_to`: who is to be
    contacted instead."""

    rule: str
    why: str
    first_allowed_at: datetime | None
    counted: tuple[str, ...] = ()
    source: str = ""
    further: tuple[str, ...] = ()
    route_to: str = ""
