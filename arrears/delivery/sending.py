"""From the outbox to the debtor: claim, look again, send, record; at least once, under one name."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from arrears.delivery import outbox
from arrears.delivery.carrier import Carrier, CarrierDown, NotNow, Parcel, Undeliverable
from arrears.delivery.contact import Contact, templates_of
from arrears.delivery.outbox import Waiting
from arrears.delivery.recipient import Creditor, recipient
from arrears.delivery.render import render
from arrears.delivery.settings import DeliverySettings
from arrears.delivery.templates import TextFaulty, UnknownTemplate, best_language
from arrears.remittance.reference import payment_reference
from engine.accounts import Stamp
from engine.application import Command, Engine
from engine.domain.account import Account
from engine.domain.decisions.contacts import call_off_reminder, record_delivery
from engine.domain.facts.base import Fact, Stored
from engine.domain.facts.contacts import Channel, ReminderIssued
from policies.book import PolicyBook
from policies.document import Policy
from policies.leaving import CalledOff, PutOff, look_again

BY = "delivery"
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)
NO_TEXT_PAUSE = timedelta(hours=1)

Carriers = Mapping[Channel, Carrier]


class NoWayOut(Exception):
    """The policy wants the text to say how to opt out, and there is no link for it."""

    def __init__(self, step: str) -> None:
        self.step = step
        super().__init__(f"step '{step}' has to say how to opt out: set ARREARS_PUBLIC_URL")


@dataclass
class Tally:
    """What became of reminders, by channel and outcome; `down`: carriers that take nothing, and why."""

    outcomes: Counter[tuple[Channel, str]] = field(default_factory=Counter)
    down: dict[Channel, str] = field(default_factory=dict)

    def total(self, outcome: str) -> int:
        """How many came to that, on any channel."""
        return sum(count for (_, what), count in self.outcomes.items() if what == outcome)


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts: twice as long each time, to six hours at most."""
    return min(FIRST_PAUSE * (1 << min(attempts - 1, 20)), LONGEST_PAUSE)


class Sender:
    """Sends what is due; several may run on one book at once."""

    def __init__(
        self,
        engine: Engine,
        settings: DeliverySettings,
        clock: Callable[[], datetime],
        carriers: Carriers,
        looked_at: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.engine, self.settings, self.clock, self.carriers = engine, settings, clock, carriers
        self.looked_at = looked_at
        self.owner = uuid4().hex

    def run(self) -> Tally:
        """Sends all that is due now, and says what became of it."""
        tally = Tally()
        outbox.catch_up(self.engine.store.database, self.engine.store.read)
        for channel, carrier in self.carriers.items():
            try:
                with carrier:
                    self._send_all(channel, carrier, tally)
            except CarrierDown as down:
                tally.down[channel] = down.why
            finally:
                outbox.release(self.engine.store.database, self.owner)
        outbox.catch_up(self.engine.store.database, self.engine.store.read)
        return tally

    def _send_all(self, channel: Channel, carrier: Carrier, tally: Tally) -> None:
        database = self.engine.store.database
        while page := self.claim(channel):
            told = self.engine.store.streams(dict.fromkeys((one.account for one in page), 0))
            for one in page:
                if outbox.hold(database, one.contact, self.clock(), self.owner, self.settings.lease):
                    tally.outcomes[channel, self._send(one, told[one.account], carrier)] += 1
            self.looked_at(len(page))
            outbox.catch_up(database, self.engine.store.read)

    def claim(self, channel: Channel) -> list[Waiting]:
        at = self.clock()
        return outbox.claim(
            self.engine.store.database,
            channel,
            at,
            at - self.settings.within,
            self.owner,
            self.settings.lease,
        )

    def _send(self, one: Waiting, told: list[Stored], carrier: Carrier) -> str:
        """What became of one reminder, in a word."""
        reminder = reminder_of(told, one.contact)
        kept_back = self.look_again(one, reminder)
        if kept_back is not None:
            return kept_back
        try:
            parcel = parcel_of(
                self.engine.policies(),
                reminder,
                told,
                self.settings.named_creditor,
                carrier.opt_out(one.account),
            )
            reference = carrier.take(parcel)
        except (UnknownTemplate, TextFaulty, NoWayOut) as fault:
            self.put_off(one, self.clock() + NO_TEXT_PAUSE, type(fault).__name__)
            return "without a text"
        except Undeliverable as refused:
            self.record(one, delivered=False, reason=refused.reason)
            return "failed"
        except NotNow as refused:
            return self._try_again(one, refused)
        self.record(
            one, delivered=True, reference=reference, language=parcel.message.template.language,
            template_sha256=parcel.message.template.sha256,
        )  # fmt: skip
        return "delivered"

    def look_again(self, one: Waiting, reminder: ReminderIssued) -> str | None:
        """Puts the reminder off, or calls it off, where it is not to leave now; says which, None: it may."""
        found: list[PutOff | CalledOff | str | None] = []

        def decide(account: Account, policies: PolicyBook) -> list[Fact]:
            at = self.clock()
            is_over = account.contacts[one.contact].status != "issued"
            found[:] = ["over" if is_over else look_again(account, policies, reminder, at)]
            if not isinstance(found[0], CalledOff):
                return []
            return call_off_reminder(account, contact=one.contact, at=at, reason=found[0].reason)

        self.engine.execute(Command(one.account, decide, self.stamp()))
        match found[0]:
            case PutOff(until, why):
                self.put_off(one, until, why)
                return "put off"
            case CalledOff():
                return "called off"
            case str():
                return "over already"
        return None

    def _try_again(self, one: Waiting, refused: NotNow) -> str:
        attempts = one.attempts + 1
        if attempts >= self.settings.deliver_attempts:
            reason = f"given up after {attempts} attempts: {refused.reason}"
            self.record(one, delivered=False, reason=reason, permanent=False)
            return "failed"
        until = self.clock() + pause_after(attempts)
        outbox.put_off(self.engine.store.database, one.contact, until, refused.code, attempted=True)
        return "to be tried again"

    def put_off(self, one: Waiting, until: datetime, why: str) -> None:
        outbox.put_off(self.engine.store.database, one.contact, until, why, attempted=False)

    def record(self, one: Waiting, **said: object) -> None:
        record(self.engine, one.account, one.contact, self.stamp(), **said)

    def stamp(self) -> Stamp:
        return Stamp(BY, self.clock())


def record(engine: Engine, account_id: str, contact: str, stamp: Stamp, **said: object) -> list[Fact]:
    """Records what became of a reminder, as `record_delivery` has it; raises ContactUnknown.

    What has come back stays so: a bounce may be faster than the record that it left.
    """

    def decide(account: Account, _: PolicyBook) -> list[Fact]:
        if (known := account.contacts.get(contact)) is not None and known.status == "failed":
            return []
        return record_delivery(account, contact=contact, at=stamp.recorded_at, **said)  # type: ignore[arg-type]

    return engine.execute(Command(account_id, decide, stamp))


def reminder_of(told: list[Stored], contact: str) -> ReminderIssued:
    """The fact that the reminder was issued, among those of its account."""
    facts = (one.fact for one in reversed(told))
    return next(fact for fact in facts if isinstance(fact, ReminderIssued) and fact.contact == contact)


def parcel_of(
    policies: PolicyBook, reminder: ReminderIssued, told: list[Stored], creditor: Creditor, opt_out: str = ""
) -> Parcel:
    """The reminder in the debtor's language, to whom they are now.

    Raises UnknownTemplate, TextFaulty, and NoWayOut where it has to say how to opt out, and cannot.
    """
    to = recipient(stored.fact for stored in told)
    policy = policy_of(policies, reminder)
    steps = templates_of(policy) if policy else {}
    step = policy.step(reminder.step) if policy else None
    if step and step.remind and step.remind.opt_out_notice and not opt_out:
        raise NoWayOut(reminder.step)
    stream = told[0].stream
    message = render(
        reminder, to, creditor, best_language(to.language), steps, opt_out, payment_reference(stream)
    )
    return Parcel(reminder, stream, to, message)


def policy_of(policies: PolicyBook, contact: Contact) -> Policy | None:
    """The version of the policy that decided the contact."""
    because = contact.because
    versions = policies.versions.get(because.policy, []) if because else []
    return next((v.policy for v in versions if because and v.version == because.policy_version), None)
