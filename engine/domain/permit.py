"""The leave to make one contact: filled by `policies.contact_limits` only, asked for before any contact."""

from dataclasses import dataclass
from datetime import datetime

from engine.domain.facts.contacts import Channel


@dataclass(frozen=True, slots=True)
class Permit:
    """One contact with the account, at this version of it, on this channel, between these moments (UTC)."""

    account: str
    version: int
    channel: Channel
    valid_from: datetime
    valid_until: datetime
    counted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a contact is not allowed now, on which facts, and from when (None: when something changes)."""

    rule: str
    why: str
    first_allowed_at: datetime | None
    counted: tuple[str, ...] = ()
