"""Facts on the stream of a person: the contacts that count for all of their accounts together."""

from engine.domain.facts.base import Fact, Moment
from engine.domain.facts.contacts import Channel


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
