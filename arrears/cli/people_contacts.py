"""Verbs on contact with the debtor: calls, letters and messages of ours, and what came in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

import typer

from arrears.cli.desk import at_desk
from arrears.cli.words import At, Invoices, NewId, Note, Number, id_option, named
from arrears.wiring import new_id
from engine.application import Decide, leave
from engine.domain.account import Account
from engine.domain.decisions import accounts, contacts
from engine.domain.facts.base import Fact
from engine.domain.facts.contacts import CallOutcome, Channel
from engine.domain.permit import Refusal
from policies.book import PolicyBook
from policies.contact_limits.case import Proposal
from policies.contact_limits.profile import Purpose

To = Annotated[
    str, typer.Option("--to", metavar="KIND", help="the kind of number or address, such as home or work")
]
ForPurpose = Annotated[
    Purpose, typer.Option("--purpose", help="what it is for, where limits make exceptions")
]
OptOut = Annotated[bool, typer.Option("--opt-out-notice", help="it says how to opt out of this channel")]
Threat = Annotated[bool, typer.Option("--threatens-suit", help="it threatens legal action")]


def register(app: typer.Typer) -> None:
    """Adds the verbs of this module."""
    app.command("call")(call)
    app.command("contact")(contact)
    app.command("reserve")(reserve)


def call(
    context: typer.Context,
    number: Number,
    outcome: Annotated[CallOutcome, typer.Argument(metavar="OUTCOME", help="how it ended")],
    at: At = None,
    note: Note = None,
    call_id: NewId = None,
    to: To = "",
    spoke_with: Annotated[
        str, typer.Option("--spoke-with", metavar="WHO", help="a relation who was reached, such as spouse")
    ] = "",
) -> None:
    """Record a call that was made. It settles the calls that were waiting, or reserved, to be made.

    It is recorded, and flagged, also where a limit forbade it. To ask first: arrears reserve.

    \b
    Example: arrears call ACME reached --at 2026-05-12T10:30+02:00 --note "will pay on Friday" --id CALL-1
    """
    with at_desk(context) as desk:
        called_at, the_id = desk.moment(at), call_id or new_id("call")
        desk.record(number, lambda account, _: contacts.record_call(
            account, call=the_id, called_at=called_at, outcome=outcome, note=note, number=to,
            spoke_with=spoke_with,
        ))  # fmt: skip


def contact(
    context: typer.Context,
    number: Number,
    channel: Annotated[
        Channel | None, typer.Option("--channel", help="how; a call that you made is 'arrears call'")
    ] = None,
    inbound: Annotated[bool, typer.Option("--in", help="the debtor got in touch with us")] = False,
    delivered: Annotated[
        str | None, id_option("--delivered", "CONTACT", "instead: this one of ours arrived")
    ] = None,
    failed: Annotated[
        str | None,
        id_option("--failed", "CONTACT", "instead: this one of ours came back; say why with --note"),
    ] = None,
    happened: Annotated[
        bool, typer.Option("--happened", help="it was made already, whether or not it was allowed")
    ] = False,
    at: At = None,
    note: Note = None,
    invoice: Invoices = None,
    contact_id: NewId = None,
    to: To = "",
    purpose: ForPurpose = "collect",
    opt_out_notice: OptOut = False,
    threatens_suit: Threat = False,
    outcome: Annotated[
        CallOutcome | None,
        typer.Option("--outcome", help="of a call that came in: voicemail is no conversation"),
    ] = None,
) -> None:
    """Record a letter or message, out or in. One of ours is refused where the policy's limits forbid it.

    \b
    Example: arrears contact ACME --channel email --at 2026-05-07T09:30Z --id MAIL-1
    Example: arrears contact ACME --delivered MAIL-1 --at 2026-05-07T09:31Z
    Example: arrears contact ACME --channel call --in --at 2026-05-08T14:05Z --note "asks for a copy"
    """
    if sum(what is not None for what in (channel, delivered, failed)) != 1:
        raise typer.BadParameter("expected exactly one of --channel, --delivered, --failed")
    if channel is None and (inbound or happened or invoice or contact_id):
        raise typer.BadParameter("--in, --happened, --invoice and --id go with --channel")
    if inbound and (happened or invoice):
        raise typer.BadParameter("--happened and --invoice go with a contact of ours, not with --in")
    with at_desk(context) as desk:
        moment, the_id = desk.moment(at), contact_id or new_id("contact")
        if channel is None:
            desk.record(number, _came_back(delivered or failed or "", moment, delivered is not None, note))
        elif inbound:
            desk.record(number, _came_in(the_id, channel, moment, note, outcome))
        elif channel == "call":
            raise typer.BadParameter("a call that you made is recorded with 'arrears call'")
        else:
            said = Said(named(invoice), to, purpose, opt_out_notice, threatens_suit)
            asking = None if happened else said.proposal(channel, moment)
            desk.record(number, _sent(the_id, channel, moment, said, note), asking=asking)


def _came_back(contact: str, at: datetime, delivered: bool, note: str | None) -> Decide:
    """What became of a contact of ours; only that it failed has room for a reason of its own."""

    def decide(account: Account, _: PolicyBook) -> list[Fact]:
        facts = contacts.record_delivery(account, contact=contact, at=at, delivered=delivered, reason=note)
        return _noted(account, facts, note if delivered else None)

    return decide


def _noted(account: Account, facts: list[Fact], note: str | None) -> list[Fact]:
    """The facts and, where they are new, the note as one more."""
    return facts + accounts.add_note(account, note=note) if facts and note else facts


def _came_in(
    contact: str, channel: Channel, at: datetime, note: str | None, outcome: CallOutcome | None
) -> Decide:
    return lambda account, _: contacts.record_inbound(
        account, contact=contact, channel=channel, received_at=at, note=note, outcome=outcome
    )


def _sent(contact: str, channel: Channel, at: datetime, said: "Said", note: str | None) -> Decide:
    def decide(account: Account, _: PolicyBook) -> list[Fact]:
        facts = contacts.record_reminder(
            account, contact=contact, channel=channel, issued_at=at, items=said.items, purpose=said.purpose,
            number=said.to,
        )  # fmt: skip
        return _noted(account, facts, note)

    return decide


@dataclass(frozen=True)
class Said:
    """What a contact of ours says and where it goes, as far as limits ask for it."""

    items: tuple[str, ...] = ()
    to: str = ""
    purpose: Purpose = "collect"
    opt_out_notice: bool = False
    threatens_suit: bool = False

    def proposal(self, channel: Channel, at: datetime) -> Proposal:
        """The contact for which leave is asked."""
        return Proposal(
            at, channel, items=frozenset(self.items), number=self.to, purpose=self.purpose,
            has_opt_out_notice=self.opt_out_notice, threatens_suit=self.threatens_suit,
        )  # fmt: skip


def reserve(
    context: typer.Context,
    number: Number,
    channel: Annotated[Channel, typer.Argument(metavar="CHANNEL", help="letter, email, sms or call")],
    to: To = "",
    purpose: ForPurpose = "collect",
    opt_out_notice: OptOut = False,
    threatens_suit: Threat = False,
    invoice: Invoices = None,
    minutes: Annotated[
        int | None,
        typer.Option("--minutes", min=1, help="for so long; by default to the end of the debtor's day"),
    ] = None,
    give_back: Annotated[
        str | None, id_option("--give-back", "CONTACT", "instead: this one will not be made after all")
    ] = None,
    contact_id: NewId = None,
) -> None:
    """Ask for leave to contact the debtor now, and reserve the contact. Refused where a limit forbids it.

    The reservation counts for the limits as though the contact had been made, for all accounts of the
    person, until it is made ('arrears call', 'arrears contact'), given back, or over.

    \b
    Example: arrears reserve ACME call --id RESERVED-1
    Example: arrears reserve ACME call --give-back RESERVED-1
    """
    with at_desk(context) as desk:
        at, the_id = desk.moment(None), contact_id or new_id("contact")
        if give_back is not None:
            gone = give_back
            desk.record(number, lambda account, _: contacts.release_contact(
                account, contact=gone, at=at, reason="given back"
            ))  # fmt: skip
            return
        asked = Said(named(invoice), to, purpose, opt_out_notice, threatens_suit).proposal(channel, at)

        def decide(account: Account, policies: PolicyBook) -> list[Fact]:
            granted = leave(account, policies, asked)
            until = at if isinstance(granted, Refusal) else granted.valid_until
            until = min(until, at + timedelta(minutes=minutes)) if minutes else until
            return contacts.reserve_contact(
                account, contact=the_id, channel=channel, reserved_at=at, until=until, number=to,
                purpose=purpose, cautions=() if isinstance(granted, Refusal) else granted.cautions,
            )  # fmt: skip

        desk.record(number, decide, asking=asked)
