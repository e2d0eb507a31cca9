"""Requests on contact with the debtor: calls, letters and messages of ours, and what came in."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints

from arrears.commands.base import At, Here, Ids, Request
from arrears.imports.fields import Id, Text
from engine.application import Decide, leave
from engine.domain.account import Account
from engine.domain.decisions import accounts, contacts
from engine.domain.facts.base import Fact
from engine.domain.facts.contacts import CallOutcome, Channel
from engine.domain.permit import Refusal
from policies.book import PolicyBook
from policies.contact_limits.case import Proposal
from policies.contact_limits.profile import Purpose

Word = Annotated[str, StringConstraints(max_length=200)]


class RecordCall(Request):
    """Record a call that was made. It settles the calls that were waiting, or reserved, to be made.

    It is recorded, and flagged, also where a limit forbade it.
    """

    NAME: ClassVar[str] = "call"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "call": "CALL-1", "outcome": "reached", "called_at": "2026-05-12T10:30:00+02:00",
        "note": "will pay on Friday",
    }  # fmt: skip

    call: Id | None = Field(default=None, description="what it is to be known by; by default a fresh id")
    outcome: CallOutcome = Field(description="how it ended")
    called_at: At | None = Field(default=None, description="by default now")
    note: Text | None = Field(default=None, description="what was said, in your words")
    to: Word = Field(default="", description="the kind of number, such as home or work")
    spoke_with: Word = Field(default="", description="a relation who was reached, such as spouse")

    def decide(self, here: Here) -> Decide:
        called_at, the_id = here.moment(self.called_at), self.call or here.new_id("call")
        return lambda account, _: contacts.record_call(
            account, call=the_id, called_at=called_at, outcome=self.outcome, note=self.note, number=self.to,
            spoke_with=self.spoke_with,
        )  # fmt: skip


class Said(Request):
    """What a contact of ours says and where it goes, as far as limits ask for it."""

    invoices: Ids = Field(default=(), description="what it is about; by default all that is open")
    to: Word = Field(default="", description="the kind of number or address, such as home or work")
    purpose: Purpose = Field(default="collect", description="what it is for, where limits make exceptions")
    opt_out_notice: bool = Field(default=False, description="it says how to opt out of this channel")
    threatens_suit: bool = Field(default=False, description="it threatens legal action")

    def proposal(self, channel: Channel, at: datetime) -> Proposal:
        """The contact for which leave is asked."""
        return Proposal(
            at, channel, items=frozenset(self.invoices), number=self.to, purpose=self.purpose,
            has_opt_out_notice=self.opt_out_notice, threatens_suit=self.threatens_suit,
        )  # fmt: skip


class SendContact(Said):
    """Record a letter or message of ours. It is refused where the policy's limits forbid it."""

    NAME: ClassVar[str] = "send"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "contact": "MAIL-1", "channel": "email", "sent_at": "2026-05-07T09:30:00Z",
    }  # fmt: skip

    contact: Id | None = Field(default=None, description="what it is to be known by; by default a fresh id")
    channel: Literal["letter", "email", "sms"] = Field(description="a call is recorded as a call")
    sent_at: At | None = Field(default=None, description="by default now")
    note: Text | None = Field(default=None, description="what was said, in your words")
    happened: bool = Field(default=False, description="it was made already, whether or not it was allowed")

    def decide(self, here: Here) -> Decide:
        sent_at, the_id = here.moment(self.sent_at), self.contact or here.new_id("contact")

        def decide(account: Account, _: PolicyBook) -> list[Fact]:
            facts = contacts.record_reminder(
                account, contact=the_id, channel=self.channel, issued_at=sent_at, items=self.invoices,
                purpose=self.purpose, number=self.to,
            )  # fmt: skip
            return _noted(account, facts, self.note)

        return decide

    def asking(self, here: Here) -> Proposal | None:
        if self.happened:
            return None
        return replace(self.proposal(self.channel, here.moment(self.sent_at)), uses_reserved=True)


def _noted(account: Account, facts: list[Fact], note: str | None) -> list[Fact]:
    """The facts and, where they are new, the note as one more."""
    return facts + accounts.add_note(account, note=note) if facts and note else facts


class ReceiveContact(Request):
    """Record that the debtor got in touch with us."""

    NAME: ClassVar[str] = "receive"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "contact": "IN-1", "channel": "call", "received_at": "2026-05-08T14:05:00Z",
        "note": "asks for a copy",
    }  # fmt: skip

    contact: Id | None = Field(default=None, description="what it is to be known by; by default a fresh id")
    channel: Channel
    received_at: At | None = Field(default=None, description="by default now")
    note: Text | None = Field(default=None, description="what was said, in your words")
    outcome: CallOutcome | None = Field(
        default=None, description="of a call that came in: voicemail is no conversation"
    )

    def decide(self, here: Here) -> Decide:
        received_at, the_id = here.moment(self.received_at), self.contact or here.new_id("contact")
        return lambda account, _: contacts.record_inbound(
            account, contact=the_id, channel=self.channel, received_at=received_at, note=self.note,
            outcome=self.outcome,
        )  # fmt: skip


class ContactDelivered(Request):
    """Record that a letter or message of ours arrived."""

    NAME: ClassVar[str] = "delivered"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "contact": "MAIL-1", "at": "2026-05-07T09:31:00Z",
    }  # fmt: skip

    contact: Id = Field(description="the contact's id")
    at: At | None = Field(default=None, description="by default now")
    note: Text | None = Field(default=None, description="what was said, in your words")

    def decide(self, here: Here) -> Decide:
        at = here.moment(self.at)

        def decide(account: Account, _: PolicyBook) -> list[Fact]:
            facts = contacts.record_delivery(
                account, contact=self.contact, at=at, delivered=True, reason=None
            )
            return _noted(account, facts, self.note)

        return decide


class ContactFailed(Request):
    """Record that a letter or message of ours came back."""

    NAME: ClassVar[str] = "failed"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "contact": "MAIL-2", "at": "2026-05-09T09:31:00Z", "reason": "mailbox full",
    }  # fmt: skip

    contact: Id = Field(description="the contact's id")
    at: At | None = Field(default=None, description="by default now")
    reason: Text | None = Field(default=None, description="why it came back")

    def decide(self, here: Here) -> Decide:
        at = here.moment(self.at)
        return lambda account, _: contacts.record_delivery(
            account, contact=self.contact, at=at, delivered=False, reason=self.reason
        )


class ReserveContact(Said):
    """Ask for leave to contact the debtor now, and reserve the contact. Refused where a limit forbids it.

    The reservation counts for the limits as though the contact had been made, for all accounts of the
    person, until it is made, given back, or over.
    """

    NAME: ClassVar[str] = "reserve"
    EXAMPLE: ClassVar[dict[str, Any]] = {"account": "ACME", "contact": "RESERVED-1", "channel": "call"}

    contact: Id | None = Field(default=None, description="what it is to be known by; by default a fresh id")
    channel: Channel
    minutes: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        default=None, description="for so long; by default to the end of the debtor's day"
    )

    def decide(self, here: Here) -> Decide:
        the_id, asked = self.contact or here.new_id("contact"), self.proposal(self.channel, here.now)

        def decide(account: Account, policies: PolicyBook) -> list[Fact]:
            granted = leave(account, policies, asked)
            until = here.now if isinstance(granted, Refusal) else granted.valid_until
            until = min(until, here.now + timedelta(minutes=self.minutes)) if self.minutes else until
            return contacts.reserve_contact(
                account, contact=the_id, channel=self.channel, reserved_at=here.now, until=until,
                number=self.to, purpose=self.purpose,
                cautions=() if isinstance(granted, Refusal) else granted.cautions,
            )  # fmt: skip

        return decide

    def asking(self, here: Here) -> Proposal | None:
        return self.proposal(self.channel, here.now)


class GiveBackContact(Request):
    """Give back a contact that was reserved: it will not be made after all."""

    NAME: ClassVar[str] = "give-back"
    EXAMPLE: ClassVar[dict[str, Any]] = {"account": "ACME", "contact": "RESERVED-1"}

    contact: Id = Field(description="the reservation's id")

    def decide(self, here: Here) -> Decide:
        return lambda account, _: contacts.release_contact(
            account, contact=self.contact, at=here.now, reason="given back"
        )
