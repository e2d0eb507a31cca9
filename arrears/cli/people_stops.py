"""Verbs that stop something and let it go on: disputes, holds, hardship."""

from datetime import date
from typing import Annotated

import typer

from arrears.cli.desk import at_desk
from arrears.cli.words import (
    DisputedAmount,
    Invoices,
    NewId,
    Note,
    Number,
    On,
    Reason,
    an_id,
    day_option,
    id_option,
    named,
    parse_disputed,
    text_option,
)
from arrears.commands import stops
from engine.domain.decisions.stops import Outcome
from policies.hold_rules import HOLD_RULES


def register(app: typer.Typer) -> None:
    """Adds the verbs of this module."""
    app.command("dispute")(dispute)
    app.command("resolve")(resolve)
    app.command("hold")(hold)
    app.command("release")(release)
    app.command("hardship")(hardship)


def dispute(
    context: typer.Context,
    number: Number,
    invoice: Invoices = None,
    part: Annotated[
        list[DisputedAmount] | None,
        typer.Option(
            "--part",
            parser=parse_disputed,
            metavar="INVOICE=AMOUNT",
            help="only so much of this invoice is disputed; may be given several times",
        ),
    ] = None,
    reason: Reason = None,
    code: Annotated[str | None, id_option("--code", "CODE", "a reason code of the policy")] = None,
    owner: Annotated[str | None, text_option("--owner", "who is to settle it")] = None,
    deadline: Annotated[
        date | None, day_option("--deadline", "by when it is to be settled; by default the policy's days")
    ] = None,
    dispute_id: NewId = None,
    on: On = None,
) -> None:
    """Record a dispute. It is about the invoices and parts named, else about all that is open.

    \b
    Example: arrears dispute ACME --invoice INV-1 --reason "arrived damaged" --on 2026-04-23 --id DISPUTE-1
    Example: arrears dispute ACME --part INV-2=30.00 --code short-delivery --owner mira --id DISPUTE-2
    """  # fmt: skip
    with at_desk(context) as desk:
        desk.record(stops.OpenDispute(
            account=number, dispute=dispute_id, invoices=named(invoice),
            parts={one.invoice: one.amount for one in part or ()}, reason=reason, code=code, owner=owner,
            deadline=deadline, opened_on=on,
        ))  # fmt: skip


def resolve(
    context: typer.Context,
    number: Number,
    dispute: Annotated[str, an_id("DISPUTE", "the id of the dispute")],
    outcome: Annotated[Outcome, typer.Argument(metavar="OUTCOME", help="how it ended")],
    on: On = None,
    credit: Annotated[
        str | None, id_option("--credit", "CREDIT", "the credit note that was given for it")
    ] = None,
) -> None:
    """End a dispute. A credit note for it is recorded with 'arrears credit'.

    \b
    Example: arrears resolve ACME DISPUTE-1 partly --on 2026-04-30 --credit CN-1
    """
    with at_desk(context) as desk:
        desk.record(stops.ResolveDispute(
            account=number, dispute=dispute, outcome=outcome, resolved_on=on, credit=credit
        ))  # fmt: skip


def hold(
    context: typer.Context,
    number: Number,
    kind: Annotated[str, an_id("KIND", f"what kind of hold: {', '.join(HOLD_RULES)}, or one of the policy")],
    from_day: Annotated[date | None, day_option("--from", "its first day; by default today")] = None,
    until: Annotated[
        date | None,
        day_option("--until", "the first day free again; by default as the policy has it, or when released"),
    ] = None,
    entered: Annotated[
        date | None,
        day_option(
            "--entered", "when it was entered on a public register: its days follow as the law has it"
        ),
    ] = None,
    invoice: Invoices = None,
    reason: Reason = None,
    hold_id: NewId = None,
) -> None:
    """Let something rest for a while: contact, the ladder, interest, fees, as the policy has it for the kind.

    It holds for the invoices named, else for the whole account.

    \b
    Example: arrears hold ACME breathing-space --from 2026-05-11 --until 2026-07-10 --id HOLD-1
    Example: arrears hold PAT-2 breathing-space --entered 2026-05-11 --id HOLD-2
    """
    with at_desk(context) as desk:
        desk.record(stops.PlaceHold(
            account=number, hold=hold_id, kind=kind, from_on=from_day, until_on=until,
            entered_on=entered, invoices=named(invoice), reason=reason,
        ))  # fmt: skip


def hardship(
    context: typer.Context,
    number: Number,
    note: Note = None,
    until: Annotated[
        date | None, day_option("--until", "until when it is held; by default as the policy has it")
    ] = None,
    hold_id: NewId = None,
    on: On = None,
) -> None:
    """Record that the debtor cannot pay, and hold the account while something is arranged.

    \b
    Example: arrears hardship ACME --note "lost the job in February" --until 2026-09-30 --id HOLD-2
    """
    with at_desk(context) as desk:
        desk.record(stops.ReportHardship(
            account=number, hold=hold_id, note=note, until_on=until, reported_on=on
        ))  # fmt: skip


def release(
    context: typer.Context,
    number: Number,
    hold: Annotated[str, an_id("HOLD", "the id of the hold")],
    on: On = None,
    treatment_ended: Annotated[
        date | None,
        day_option(
            "--treatment-ended", "when a crisis treatment ended: the protection goes on as the law has it"
        ),
    ] = None,
) -> None:
    """End a hold, or cancel one that has not begun.

    \b
    Example: arrears release ACME HOLD-1 --on 2026-05-18
    """
    with at_desk(context) as desk:
        desk.record(stops.ReleaseHold(
            account=number, hold=hold, released_on=on, treatment_ended_on=treatment_ended
        ))  # fmt: skip
