"""Verbs that stop the ladder and let it go on: disputes and holds."""

from datetime import date
from typing import Annotated

import typer

from arrears.cli.desk import at_desk
from arrears.cli.words import (
    Invoices,
    NewId,
    Number,
    On,
    Reason,
    an_id,
    day_option,
    id_option,
    named,
)
from arrears.wiring import new_id
from engine.domain.decisions import stops


def register(app: typer.Typer) -> None:
    """Adds the verbs of this module."""
    app.command("dispute")(dispute)
    app.command("resolve")(resolve)
    app.command("hold")(hold)
    app.command("release")(release)


def dispute(
    context: typer.Context,
    number: Number,
    invoice: Invoices = None,
    reason: Reason = None,
    dispute_id: NewId = None,
    on: On = None,
) -> None:
    """Record a dispute. It is about the invoices named, else about all that are open.

    \b
    Example: arrears dispute ACME --invoice INV-1 --reason "arrived damaged" --on 2026-04-23 --id DISPUTE-1
    """
    with at_desk(context) as desk:
        opened_on, the_id = desk.day(on), dispute_id or new_id("dispute")
        desk.record(number, lambda account, _: stops.open_dispute(
            account, dispute=the_id, opened_on=opened_on, items=named(invoice), reason=reason
        ))  # fmt: skip


def resolve(
    context: typer.Context,
    number: Number,
    dispute: Annotated[str, an_id("DISPUTE", "the id of the dispute")],
    outcome: Annotated[stops.Outcome, typer.Argument(metavar="OUTCOME", help="how it ended")],
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
        resolved_on = desk.day(on)
        desk.record(number, lambda account, _: stops.resolve_dispute(
            account, dispute=dispute, resolved_on=resolved_on, outcome=outcome, credit=credit
        ))  # fmt: skip


def hold(
    context: typer.Context,
    number: Number,
    kind: Annotated[str, an_id("KIND", "what kind of hold, such as breathing-space")],
    from_day: Annotated[date | None, day_option("--from", "its first day; by default today")] = None,
    until: Annotated[
        date | None, day_option("--until", "the first day free again; by default when it is released")
    ] = None,
    invoice: Invoices = None,
    reason: Reason = None,
    hold_id: NewId = None,
) -> None:
    """Do nothing for a while. It holds for the invoices named, else for the whole account.

    \b
    Example: arrears hold ACME breathing-space --from 2026-05-11 --until 2026-07-10 --id HOLD-1
    """
    with at_desk(context) as desk:
        from_on, the_id = from_day or desk.book.today, hold_id or new_id("hold")
        desk.record(number, lambda account, _: stops.place_hold(
            account, hold=the_id, kind=kind, from_on=from_on, until_on=until, items=named(invoice),
            reason=reason,
        ))  # fmt: skip


def release(
    context: typer.Context,
    number: Number,
    hold: Annotated[str, an_id("HOLD", "the id of the hold")],
    on: On = None,
) -> None:
    """End a hold.

    \b
    Example: arrears release ACME HOLD-1 --on 2026-05-18
    """
    with at_desk(context) as desk:
        released_on = desk.day(on)
        desk.record(number, lambda account, _: stops.release_hold(
            account, hold=hold, released_on=released_on
        ))  # fmt: skip
