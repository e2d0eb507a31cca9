"""Verbs on contact with the debtor: calls, letters and messages of ours, and what came in."""

from typing import Annotated

import typer

from arrears.cli.desk import at_desk
from arrears.cli.words import At, Invoices, NewId, Note, Number, id_option, named
from arrears.commands import contacts
from engine.domain.facts.contacts import CallOutcome, Channel
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
        desk.record(contacts.RecordCall(
            account=number, call=call_id, outcome=outcome, called_at=at, note=note, to=to,
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
        if delivered is not None:
            desk.record(contacts.ContactDelivered(account=number, contact=delivered, at=at, note=note))
        elif failed is not None:
            desk.record(contacts.ContactFailed(account=number, contact=failed, at=at, reason=note))
        elif channel is not None and inbound:
            desk.record(contacts.ReceiveContact(
                account=number, contact=contact_id, channel=channel, received_at=at, note=note,
                outcome=outcome,
            ))  # fmt: skip
        elif channel is None or channel == "call":
            raise typer.BadParameter("a call that you made is recorded with 'arrears call'")
        else:
            desk.record(contacts.SendContact(
                account=number, contact=contact_id, channel=channel, sent_at=at, note=note,
                happened=happened, invoices=named(invoice), to=to, purpose=purpose,
                opt_out_notice=opt_out_notice, threatens_suit=threatens_suit,
            ))  # fmt: skip


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
        if give_back is not None:
            desk.record(contacts.GiveBackContact(account=number, contact=give_back))
            return
        desk.record(contacts.ReserveContact(
            account=number, contact=contact_id, channel=channel, minutes=minutes, invoices=named(invoice),
            to=to, purpose=purpose, opt_out_notice=opt_out_notice, threatens_suit=threatens_suit,
        ))  # fmt: skip
