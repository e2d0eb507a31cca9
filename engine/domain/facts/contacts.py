"""Facts about contact with the debtor, made, received, put off or not made."""

from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from engine.domain.facts.base import Amount, Fact, Moment, Personal, Value

Channel = Literal["letter", "email", "sms", "call"]


class CallOutcome(StrEnum):
    """How a call ended. The first three are right-party contacts: the debtor was spoken to."""

    REACHED = "reached"
    PROMISED = "promised"
    REFUSED = "refused"
    THIRD_PARTY = "third_party"
    VOICEMAIL = "voicemail"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    WRONG_NUMBER = "wrong_number"
    DISCONNECTED = "disconnected"


RIGHT_PARTY = frozenset({CallOutcome.REACHED, CallOutcome.PROMISED, CallOutcome.REFUSED})
DEAD_NUMBER = frozenset({CallOutcome.WRONG_NUMBER, CallOutcome.DISCONNECTED})


class Line(Value):
    """One item in a contact or placement, at its own step, as it stood when it was decided."""

    item: str
    step: str
    open: Amount
    currency: str
    due_on: date
    days_past_due: int
    cycle: int = 1


class Demanded(Value):
    """What a contact asks for in one currency: what is open on it, less unapplied money."""

    currency: str
    amount: Amount


class ReminderIssued(Fact):
    contact: str
    channel: Channel
    template: str
    step: str
    lines: tuple[Line, ...]
    demand: tuple[Demanded, ...] = ()
    issued_at: Moment

    @property
    def happened_at(self) -> datetime:
        return self.issued_at


class ReminderDelivered(Fact):
    contact: str
    delivered_at: Moment

    @property
    def happened_at(self) -> datetime:
        return self.delivered_at


class ReminderFailed(Fact):
    """It came back: returned mail, a bounce."""

    contact: str
    failed_at: Moment
    reason: Personal[str] | None = None

    @property
    def happened_at(self) -> datetime:
        return self.failed_at


class ReminderCancelled(Fact):
    """A contact that was decided but not made (a scheduled call, say) is not to be made any more."""

    contact: str
    cancelled_at: Moment
    reason: str

    @property
    def happened_at(self) -> datetime:
        return self.cancelled_at


class CallScheduled(Fact):
    contact: str
    script: str
    step: str
    lines: tuple[Line, ...]
    demand: tuple[Demanded, ...] = ()
    scheduled_at: Moment

    @property
    def happened_at(self) -> datetime:
        return self.scheduled_at


class CallMade(Fact):
    """A call we made. `answers` are the scheduled calls that it settles; `step` and `items` only on
    imported history, where no schedule of ours preceded it."""

    call: str
    called_at: Moment
    outcome: CallOutcome
    answers: tuple[str, ...] = ()
    step: str | None = None
    items: tuple[str, ...] = ()
    note: Personal[str] | None = None

    @property
    def happened_at(self) -> datetime:
        return self.called_at


class InboundContactReceived(Fact):
    contact: str
    channel: Channel
    received_at: Moment
    note: Personal[str] | None = None

    @property
    def happened_at(self) -> datetime:
        return self.received_at


class ContactDeferred(Fact):
    """A contact limit pushed the step back to `until`, the first moment it would be allowed."""

    step: str
    items: tuple[str, ...]
    rule: str
    counted: tuple[str, ...] = ()
    until: Moment


class StepLapsed(Fact):
    """The step was due but a later one had overtaken it; it will not be made in this cycle."""

    step: str
    items: tuple[str, ...]
    cycle: int = 1
    overtaken_by: str


class StepWithheld(Fact):
    """The step was due and was not taken; it waits until the reason is gone."""

    step: str
    items: tuple[str, ...]
    cycle: int = 1
    reason: str
    reference: str = ""
