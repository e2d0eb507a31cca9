"""Past contacts, as the limits count them, of an account or of all accounts of a person."""

from bisect import insort
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.domain.facts.contacts import RIGHT_PARTY
from engine.domain.wishes import Wishes

KEPT = timedelta(days=100)
"""How long a contact is kept for counting; no limit looks back further than 90 days."""

CONVERSATION = "conversation"
_SPOKEN = frozenset({*RIGHT_PARTY, CONVERSATION})


@dataclass(frozen=True, slots=True)
class Touch:
    """One contact or attempt, ours or (`inbound`) the debtor's. No `debts`: it counts for every debt.

    `number`: what kind of number or address it went to (`work`, `home` …). `expires_at`: of a contact that
    is reserved and not yet made, the moment from which it does not count any more.
    """

    id: str
    at: datetime
    channel: str
    debts: frozenset[str] = frozenset()
    inbound: bool = False
    number: str = ""
    outcome: str = ""
    spoke_with: str = ""
    purpose: str = ""
    account: str = ""
    expires_at: datetime | None = None

    def is_about(self, debts: frozenset[str]) -> bool:
        """Whether it counts for any of these debts (none: for any debt at all)."""
        return not debts or not self.debts or bool(debts & self.debts)

    @property
    def is_conversation(self) -> bool:
        """Whether the debtor was spoken to."""
        return self.channel == "call" and (self.outcome in _SPOKEN or (self.inbound and not self.outcome))


@dataclass(slots=True)
class ContactHistory:
    """The contacts of the last days, in order of time: of one account, or of all accounts of a person; of a
    person also the `wishes`, and at which version the last of them stands."""

    version: int = 0
    touches: list[Touch] = field(default_factory=list)
    first_at: datetime | None = None
    wishes: Wishes = field(default_factory=Wishes)
    wishes_version: int = 0

    def copy(self) -> "ContactHistory":
        """The same, to be changed apart from these."""
        return ContactHistory(
            self.version, list(self.touches), self.first_at, self.wishes.copy(), self.wishes_version
        )

    def add(self, touch: Touch) -> None:
        """Takes a contact in, in the place of what it settles under the same id; the oldest are left out."""
        self.remove(touch.id)
        insort(self.touches, touch, key=lambda one: one.at)
        if not touch.inbound and touch.expires_at is None:
            self.first_at = min(touch.at, self.first_at or touch.at)
        horizon = self.touches[-1].at - KEPT
        if self.touches[0].at < horizon:
            self.touches = [one for one in self.touches if one.at >= horizon]

    def remove(self, touch_id: str) -> None:
        """Takes out what was not made after all."""
        if any(one.id == touch_id for one in self.touches):
            self.touches = [one for one in self.touches if one.id != touch_id]
