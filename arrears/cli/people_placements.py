"""Verbs on placement with an agency: what is proposed, and the approval, refusal or recall of it."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import typer

from arrears.cli.clocks import AsKnown, AsOf, question, say
from arrears.cli.desk import at_desk
from arrears.cli.output import print_json, print_rows
from arrears.cli.words import Invoices, Number, On, Reason, day_option, id_option, named, parse_percent
from arrears.commands import placements as commands
from arrears.telling.asking import noted
from engine.domain.money import money
from projections.placements import PlacementRow, placement_list

COLUMNS = ("account", "placement", "agency", "status", "since", "items", "placed", "open")


PlacementId = Annotated[
    str | None,
    id_option("--placement", "ID", "which placement; not needed where there is only one to choose"),
]


def register(app: typer.Typer) -> None:
    """Adds the verbs of this module."""
    app.command("placements")(placements)
    app.command("place")(place)
    app.command("decline")(decline)
    app.command("recall")(recall)


def placements(
    context: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all", help="also what was placed, declined or recalled")
    ] = False,
    as_of: AsOf = None,
    as_known: AsKnown = None,
) -> None:
    """List what is proposed for an agency.

    \b
    Example: arrears placements --all --as-of 2026-03-31
    """
    with question(context, as_of, as_known) as asked:
        # Whatever its date: what the debtor's clock or a played tick dates tomorrow is waiting today.
        rows = placement_list(asked.book.database, as_of or date.max, asked.as_known)
        found = [row for row in rows if everything or row.status == "proposed"]
    note = asked.note(row.rests_on_backfill for row in found)
    if asked.session.format == "json":
        print_json(noted({**asked.clocks, "placements": [_shape(row) for row in found]}, note))
    else:
        asked.introduce()
        print_rows(asked.session, [_line(row) for row in found], COLUMNS)
        say(asked.session, note)


def _shape(row: PlacementRow) -> dict[str, Any]:
    """The placement for programs; amounts as text."""
    return {
        "account": row.number, "placement": row.placement, "agency": row.agency, "status": row.status,
        "since": row.since, "items": row.items, "placed": _texts(row.placed), "open": _texts(row.open),
    }  # fmt: skip


def _texts(sums: Mapping[str, Decimal]) -> dict[str, str]:
    return {currency: str(money(total, currency)) for currency, total in sums.items()}


def _line(row: PlacementRow) -> dict[str, Any]:
    """The placement for people: one cell for what the shape has in several."""
    shape = _shape(row)
    for column in ("placed", "open"):
        shape[column] = ", ".join(f"{total} {currency}" for currency, total in shape[column].items())
    return {**shape, "items": ", ".join(row.items)}


def place(
    context: typer.Context,
    number: Number,
    placement: PlacementId = None,
    agency: Annotated[
        str | None, id_option("--agency", "NAME", "place with this agency, without a proposal")
    ] = None,
    invoice: Invoices = None,
    on: On = None,
    commission: Annotated[
        Decimal | None,
        typer.Option(
            parser=parse_percent,
            metavar="PERCENT",
            help="what the agency keeps; by default as the policy says",
        ),
    ] = None,
    until: Annotated[
        date | None, day_option("--until", "the day from which the invoices are ours again")
    ] = None,
) -> None:
    """Approve what is proposed for an agency. With --agency, place what nobody proposed.

    \b
    Example: arrears place ACME --on 2026-06-02
    Example: arrears place ACME --agency "Harbour Recoveries" --invoice INV-2 --on 2026-06-02
    """
    if invoice and agency is None:
        raise typer.BadParameter("--invoice goes with --agency: what is proposed is placed as proposed")
    with at_desk(context) as desk:
        if agency is None:
            desk.record(commands.ApprovePlacement(
                account=number, placement=placement, placed_on=on, commission_percent=commission, until=until
            ))  # fmt: skip
        else:
            desk.record(commands.PlaceDirectly(
                account=number, placement=placement, agency=agency, invoices=named(invoice), placed_on=on,
                commission_percent=commission, until=until,
            ))  # fmt: skip


def decline(
    context: typer.Context,
    number: Number,
    placement: PlacementId = None,
    on: On = None,
    reason: Reason = None,
) -> None:
    """Decline what is proposed for an agency. The invoices stay with us.

    \b
    Example: arrears decline ACME --on 2026-06-02 --reason "a good customer, try once more"
    """
    with at_desk(context) as desk:
        desk.record(commands.DeclinePlacement(
            account=number, placement=placement, declined_on=on, reason=reason
        ))  # fmt: skip


def recall(
    context: typer.Context,
    number: Number,
    placement: PlacementId = None,
    on: On = None,
    reason: Reason = None,
) -> None:
    """Recall what an agency has. The agency stops, the invoices are ours again.

    \b
    Example: arrears recall ACME --on 2026-06-09 --reason "paying us directly"
    """
    with at_desk(context) as desk:
        desk.record(commands.RecallPlacement(
            account=number, placement=placement, recalled_on=on, reason=reason
        ))  # fmt: skip
