"""What carries reminders of one channel away, and how it says that it could not."""

from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from arrears.delivery.recipient import Recipient
from arrears.delivery.render import Message
from engine.domain.facts.contacts import ReminderIssued


@dataclass(frozen=True, slots=True)
class Parcel:
    """A reminder as it is to leave: its fact, the stream it stands on, to whom, and its words."""

    reminder: ReminderIssued
    account: str
    to: Recipient
    message: Message


class Undeliverable(Exception):
    """It will never arrive at this address. `reason` may name the debtor."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class NotNow(Exception):
    """It was not taken for a passing reason. `code`: that reason in a word that names nobody."""

    def __init__(self, reason: str, code: str) -> None:
        self.reason, self.code = reason, code
        super().__init__(reason)


class CarrierDown(Exception):
    """Nothing can be sent this way at the moment, whoever it is for: no fault of any reminder."""

    def __init__(self, carrier: str, why: str) -> None:
        self.carrier, self.why = carrier, why
        super().__init__(f"{carrier} takes nothing: {why}")


class Carrier(Protocol):
    """Takes parcels while it is entered; what it takes is on its way."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def opt_out(self, account: str) -> str:
        """The link by which the debtor refuses this channel; empty: there is none."""

    def take(self, parcel: Parcel) -> str:
        """Sends it, and returns the name by which the carrier knows it; the same each time for one reminder.

        Raises Undeliverable, NotNow, CarrierDown.
        """
