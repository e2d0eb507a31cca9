"""Verbs on contact with the debtor: calls, letters and messages of ours, and what came in."""

from datetime import datetime
from typing import Annotated

import typer

from arrears.cli.desk import Desk, at_desk
from arrears.cli.words import At, Invoices, NewId, Note, Number, id_option, named
from arrears.wiring import new_id
from engine.application import Decide
from engine.domain.account import Account
from engine.domain.decisions import accounts, contacts
from engine.domain.errors import ContactRefused
from engine.domain.facts.base import Fact
from engine.domain.facts.contacts import CallOutcome, Channel
from engine.domain.permit import Refusal
from policies.book import PolicyBook
from policies.contact_limits import permit


def register(app: typer.Typer) -> None:
    """Adds the verbs of this module."""
    app.command("call")(call)
    app.command("contact")(contact)


def call(
    context: typer.Context,
    number: Number,
    outcome: Annotated[CallOutcome, typer.Argument(metavar="OUTCOME", help="how it ended")],
    at: At = None,
    note: Note = None,
    call_id: NewId = None,
) -> None:
    """Record a call that was made. It settles the calls that were waiting to be made.

    \b
    Example: arrears call ACME reached --at 2026-05-12T10:30+02:00 --note "will pay on Friday" --id CALL-1
    """
    with at_desk(context) as desk:
        called_at, the_id = desk.moment(at), call_id or new_id("call")
        desk.record(number, lambda account, _: contacts.record_call(
            account, call=the_id, called_at=called_at, outcome=outcome, note=note
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
        moment = desk.moment(at)
        if channel is None:
            decide = _came_back(delivered or failed or "", moment, delivered is not None, note)
        elif inbound:
            decide = _came_in(contact_id or new_id("contact"), channel, moment, note)
        else:
            the_id = contact_id or new_id("contact")
            decide = _sent(desk, the_id, channel, moment, named(invoice), note, happened)
        desk.record(number, decide)


def _came_back(contact: str, at: datetime, delivered: bool, note: str | None) -> Decide:
    """What became of a contact of ours; only that it failed has room for a reason of its own."""

    def decide(account: Account, _: PolicyBook) -> list[Fact]:
        facts = contacts.record_delivery(account, contact=contact, at=at, delivered=delivered, reason=note)
        return _noted(account, facts, note if delivered else None)

    return decide


def _noted(account: Account, facts: list[Fact], note: str | None) -> list[Fact]:
    """The facts and, where they are new, the note as one more."""
    return facts + accounts.add_note(account, note=note) if facts and note else facts


def _came_in(contact: str, channel: Channel, at: datetime, note: str | None) -> Decide:
    return lambda account, _: contacts.record_inbound(
        account, contact=contact, channel=channel, received_at=at, note=note
    )


def _sent(
    desk: Desk,
    contact: str,
    channel: Channel,
    at: datetime,
    items: tuple[str, ...],
    note: str | None,
    happened: bool,
) -> Decide:
    """What a person sends, which needs the same leave as what the engine sends."""
    if channel == "call":
        raise typer.BadParameter("a call that you made is recorded with 'arrears call'")

    def decide(account: Account, policies: PolicyBook) -> list[Fact]:
        facts = contacts.record_reminder(account, contact=contact, channel=channel, issued_at=at, items=items)
        if facts and not happened:
            _check_leave(desk, account, policies, channel, at)
        return _noted(account, facts, note)

    return decide


def _check_leave(desk: Desk, account: Account, policies: PolicyBook, channel: Channel, at: datetime) -> None:
    """Raises ContactRefused where the limits of the account's policy forbid a contact at that moment."""
    rules = policies.in_force(account, at).policy.contact
    leave = permit(account, policies, rules, channel, at)
    if isinstance(leave, Refusal):
        first = leave.first_allowed_at
        raise ContactRefused(
            channel=channel, why=leave.why,
            first_allowed=first.astimezone(desk.book.zone) if first else "a moment not known yet",
        )  # fmt: skip
