"""Verbs on what others do for us: money that an agency passes on, and traces that end."""

from datetime import date
from decimal import Decimal
from typing import Annotated

import typer

from arrears.cli.desk import at_desk
from arrears.cli.people_placements import PlacementId
from arrears.cli.words import Amount, Code, NewId, Number, On, Reason, an_id, day_option, parse_claim
from arrears.commands import placements as commands

Remittance = Annotated[str, an_id("REMITTANCE", "the agency's number for it")]
Commission = Annotated[
    Decimal | None,
    typer.Option(
        "--commission", parser=parse_claim, metavar="AMOUNT",
        help="what the agency kept; by default the placement's percentage of AMOUNT",
    ),
]  # fmt: skip


def register(app: typer.Typer) -> None:
    """Adds the verbs of this module."""
    app.command("remittance")(remittance)
    app.command("trace")(trace)
    app.command("not-found")(not_found)


def remittance(
    context: typer.Context,
    number: Number,
    remittance: Remittance,
    amount: Amount,
    currency: Code,
    placement: PlacementId = None,
    received: Annotated[
        date | None, day_option("--received", "the day the agency received it; by default today")
    ] = None,
    commission: Commission = None,
    on: On = None,
) -> None:
    """Record what an agency passed on. AMOUNT is all that the debtor paid it, before its commission.

    The debtor is credited with all of it, on the day on which the agency received it.

    \b
    Example: arrears remittance ACME HR-77 10.00 EUR --received 2026-06-02 --commission 2.50
    """
    with at_desk(context) as desk:
        desk.record(commands.RecordRemittance(
            account=number, remittance=remittance, amount=amount, currency=currency, placement=placement,
            received_on=received, commission=commission, remitted_on=on,
        ))  # fmt: skip


def trace(context: typer.Context, number: Number, id: NewId = None) -> None:
    """Ask for a trace: somebody is to find out where the debtor is. It ends with located or not-found.

    \b
    Example: arrears trace ACME
    """
    with at_desk(context) as desk:
        desk.record(commands.RequestTrace(account=number, trace=id))


def not_found(context: typer.Context, number: Number, on: On = None, reason: Reason = None) -> None:
    """Record that the trace did not find the debtor.

    \b
    Example: arrears not-found ACME --on 2026-05-19 --reason "no trace of the firm in any register"
    """
    with at_desk(context) as desk:
        desk.record(commands.FailTrace(account=number, failed_on=on, reason=reason))
