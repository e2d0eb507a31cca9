"""Facts on the stream of a person: contacts and wishes that count for all of their accounts together."""

from datetime import datetime

from engine.domain.facts.base import Fact, Moment
from engine.domain.facts.contacts import Channel, InconvenientHours


class ContactCounted(Fact):
    """A contact with one of the person's accounts, made or (until `expires_at`) reserved."""

    contact: str
    account: str
    channel: Channel
    at: Moment
    debts: tuple[str, ...] = ()
    inbound: bool = False
    number: str = ""
    outcome: str = ""
    spoke_with: str = ""
    purpose: str = ""
    expires_at: Moment | None = None


class ContactReleased(Fact):
    """A contact that was reserved was not made after all, or is counted under another name."""

    contact: str
    account: str


class PersonPreferenceChanged(Fact):
    """What the person asked for on one of their accounts, as far as it holds for the others.

    None and empty leave things as they were. `debt`: which one a request to cease and an attorney are about;
    none: every one. `through_attorney`: nobody but the attorney is to be contacted. Who that is stays on the
    account.
    """

    account: str
    debt: str = ""
    changed_at: Moment
    refuse: tuple[Channel, ...] = ()
    allow: tuple[Channel, ...] = ()
    at_work: bool | None = None
    inconvenient: tuple[InconvenientHours, ...] | None = None
    zones: tuple[str, ...] | None = None
    cease: bool | None = None
    through_attorney: bool | None = None

    @property
    def happened_at(self) -> datetime:
        return self.changed_at
