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


class LimitBroken(Value):
    """A contact limit that a contact made without leave has broken, as it was known when it was recorded."""

    rule: str
    source: str
    why: str
    counted: tuple[str, ...] = ()


class ReminderIssued(Fact):
    """A letter or message. `leaves_at`: when it goes out, where that is not when it was decided.

    `answers`: the reservations it uses. `time_barred`: claims on which no suit can be brought, which it has
    to say. `breaches`: limits that it broke.
    """

    VERSION = 2

    contact: str
    channel: Channel
    template: str
    step: str
    lines: tuple[Line, ...]
    demand: tuple[Demanded, ...] = ()
    issued_at: Moment
    leaves_at: Moment | None = None
    purpose: str = "collect"
    number: str = ""
    answers: tuple[str, ...] = ()
    time_barred: tuple[str, ...] = ()
    breaches: tuple[LimitBroken, ...] = ()

    @property
    def happened_at(self) -> datetime:
        return self.issued_at


class ReminderDelivered(Fact):
    """It was handed over. `reference`: by what name whoever carried it knows it (a Message-ID, a batch of
    letters). `language` and `template_sha256`: which words it was rendered from, where it was by us."""

    VERSION = 2

    contact: str
    delivered_at: Moment
    reference: str = ""
    language: str = ""
    template_sha256: str = ""

    @property
    def happened_at(self) -> datetime:
        return self.delivered_at


class ReminderFailed(Fact):
    """It came back, or could not be sent: returned mail, a bounce. Not `permanent`: the address may be right
    all the same (a full mailbox), and it does not count against the debtor's being reachable."""

    VERSION = 2

    contact: str
    failed_at: Moment
    reason: Personal[str] | None = None
    permanent: bool = True

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
    """A call for somebody to make, from `call_from` on where that is later. It counts for the limits as made
    until `reserved_until`; who makes it later asks again."""

    VERSION = 2

    contact: str
    script: str
    step: str
    lines: tuple[Line, ...]
    demand: tuple[Demanded, ...] = ()
    scheduled_at: Moment
    call_from: Moment | None = None
    reserved_until: Moment | None = None
    time_barred: tuple[str, ...] = ()

    @property
    def happened_at(self) -> datetime:
        return self.scheduled_at


class ContactReserved(Fact):
    """Somebody has leave to make this contact until that moment; it counts for the limits as though made."""

    contact: str
    channel: Channel
    reserved_at: Moment
    until: Moment
    number: str = ""
    purpose: str = "collect"
    cautions: tuple[str, ...] = ()

    @property
    def happened_at(self) -> datetime:
        return self.reserved_at


class CallMade(Fact):
    """A call we made. `answers` are the scheduled calls and reservations that it settles; `step` and `items`
    only on imported history, where no schedule of ours preceded it. `number` is the kind of number called,
    `spoke_with` a relation of the debtor's who was reached. `breaches`: limits that it broke."""

    VERSION = 2

    call: str
    called_at: Moment
    outcome: CallOutcome
    answers: tuple[str, ...] = ()
    step: str | None = None
    items: tuple[str, ...] = ()
    note: Personal[str] | None = None
    number: str = ""
    spoke_with: str = ""
    breaches: tuple[LimitBroken, ...] = ()

    @property
    def happened_at(self) -> datetime:
        return self.called_at


class InboundContactReceived(Fact):
    """The debtor got in touch. A call is a conversation unless its `outcome` says otherwise."""

    VERSION = 2

    contact: str
    channel: Channel
    received_at: Moment
    note: Personal[str] | None = None
    outcome: CallOutcome | None = None

    @property
    def happened_at(self) -> datetime:
        return self.received_at


class ContactDeferred(Fact):
    """A contact limit pushed the step back to `until`, the first moment it would be allowed."""

    VERSION = 2

    step: str
    items: tuple[str, ...]
    rule: str
    source: str = ""
    why: str = ""
    counted: tuple[str, ...] = ()
    until: Moment


class StepLapsed(Fact):
    """The step was due but a later one had overtaken it; it will not be made in this cycle."""

    step: str
    items: tuple[str, ...]
    cycle: int = 1
    overtaken_by: str


class StepWithheld(Fact):
    """The step was due and was not taken; it waits until the reason is gone. Where a contact limit forbids
    it without an end of its own, `source` and `counted` are the limit's."""

    VERSION = 2

    step: str
    items: tuple[str, ...]
    cycle: int = 1
    reason: str
    reference: str = ""
    source: str = ""
    counted: tuple[str, ...] = ()


class InconvenientHours(Value):
    """Local hours `HH:MM` at which the debtor does not want to be contacted; no days named: every day."""

    start: str
    end: str
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = ()


class ContactPreferenceChanged(Fact):
    """What the debtor asked for, or the law gives them, on contact. None and empty leave things as they were.

    `zones` and `inconvenient` replace what was known. `consent`: to be called within the next days. `cease`:
    a written request that contact cease (False: it is withdrawn).
    """

    changed_at: Moment
    refuse: tuple[Channel, ...] = ()
    allow: tuple[Channel, ...] = ()
    prefer: Channel | None = None
    at_work: bool | None = None
    inconvenient: tuple[InconvenientHours, ...] | None = None
    zones: tuple[str, ...] | None = None
    represented: bool | None = None
    attorney: Personal[str] | None = None
    direct_contact: bool | None = None
    cease: bool | None = None
    consent: bool | None = None
    time_barred: tuple[str, ...] = ()
    not_time_barred: tuple[str, ...] = ()
    note: Personal[str] | None = None

    @property
    def happened_at(self) -> datetime:
        return self.changed_at
