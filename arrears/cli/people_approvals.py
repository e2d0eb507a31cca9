"""Verbs on what waits for a second person: approving it, refusing it, taking it back."""

from typing import Annotated

import typer

from arrears.cli.desk import at_desk
from arrears.cli.words import Number, On, Reason, an_id
from arrears.commands import approvals

Which = Annotated[str | None, an_id("REQUEST", "which request; not needed where only one waits")]


def register(app: typer.Typer) -> None:
    """Adds the verbs of this module."""
    app.command("grant")(grant)
    app.command("refuse")(refuse)
    app.command("retract")(retract)


def grant(context: typer.Context, number: Number, request: Which = None) -> None:
    """Approve what somebody else asked for. It is recorded at once, with the names of both.

    Nobody approves what they asked for themselves, nor more than their own role may decide.

    \b
    Example: arrears grant ACME --by mira --as manager
    """
    with at_desk(context) as desk:
        desk.record(approvals.Grant(account=number, request=request))


def refuse(
    context: typer.Context, number: Number, request: Which = None, on: On = None, reason: Reason = None
) -> None:
    """Refuse what somebody else asked for.

    \b
    Example: arrears refuse ACME --by mira --reason "they can pay this"
    """
    with at_desk(context) as desk:
        desk.record(approvals.Refuse(account=number, request=request, refused_on=on, reason=reason))


def retract(
    context: typer.Context, number: Number, request: Which = None, on: On = None, reason: Reason = None
) -> None:
    """Take back what you asked for.

    \b
    Example: arrears retract ACME --by kim --reason "they paid after all"
    """
    with at_desk(context) as desk:
        desk.record(approvals.Retract(account=number, request=request, withdrawn_on=on, reason=reason))
