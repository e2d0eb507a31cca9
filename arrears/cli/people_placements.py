"""Verbs on placement with an agency: what is proposed, and the approval, refusal or recall of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Literal

import typer

from arrears.cli.clocks import AsKnown, AsOf, noted, question, say
from arrears.cli.desk import at_desk
from arrears.cli.output import print_json, print_rows
from arrears.cli.words import Invoices, Number, On, Reason, day_option, id_option, named, parse_percent
from arrears.wiring import new_id
from engine.application import Decide
from engine.domain.account import Account
from engine.domain.decisions import contacts
from engine.domain.errors import DiffersFromRecorded, RuleBroken
from engine.domain.facts.base import Fact
from engine.domain.facts.escalation import AgencyTerms
from engine.domain.money import ZERO, money
from policies.book import PolicyBook
from policies.calendar import local_moment
from projections.placements import PlacementRow, placement_list

COLUMNS = ("account", "placement", "agency", "status", "since", "items", "placed", "open")
Status = Literal["proposed", "placed"]


class NoPlacement(RuleBroken):
    sentence = "account '{account}' has no placement that is {status}"


class SeveralPlacements(RuleBroken):
    sentence = "account '{account}' has several placements that are {status}, name one: {placements}"


class ProposalWaits(RuleBroken):
    sentence = (
        "account '{account}' waits for a decision on {placements}: place or decline that, "
        "or name the invoices for '{agency}'"
    )


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
        placed_on = desk.day(on)
        agreed = _Agreed(placed_on, local_moment(placed_on, time(0), desk.book.zone), commission, until)
        if agency is None:
            decide = _approve(placement, agreed)
        else:
            decide = _place_directly(placement or new_id("placement"), agency, agreed, named(invoice))
        desk.record(number, decide)


@dataclass(frozen=True)
class _Agreed:
    """What is agreed with the agency on a day; what is not given is as the policy then in force has it."""

    placed_on: date
    at: datetime
    commission: Decimal | None
    until: date | None

    def terms(self, account: Account, policies: PolicyBook, agency: str) -> AgencyTerms | None:
        given = {"commission_percent": self.commission, "until": self.until}
        given = {name: value for name, value in given.items() if value is not None}
        known = policies.in_force(account, self.at).policy.agency_terms(agency, self.placed_on)
        if not given:
            return known
        return (known or AgencyTerms(commission_percent=ZERO)).model_copy(update=given)


def _approve(placement: str | None, agreed: _Agreed) -> Decide:
    def decide(account: Account, policies: PolicyBook) -> list[Fact]:
        name = placement or only(account, "proposed")
        proposed = account.placements.get(name)
        terms = agreed.terms(account, policies, proposed.agency) if proposed else None
        return contacts.approve_placement(account, placement=name, placed_on=agreed.placed_on, terms=terms)

    return decide


def _place_directly(placement: str, agency: str, agreed: _Agreed, items: tuple[str, ...]) -> Decide:
    def decide(account: Account, policies: PolicyBook) -> list[Fact]:
        known = account.placements.get(placement)
        if known is None and not items and (waiting := _of(account, "proposed")):
            raise ProposalWaits(account=account.number, placements=", ".join(waiting), agency=agency)
        if known is not None and (known.status, known.agency) != ("placed", agency):
            raise DiffersFromRecorded(
                kind="placement", id=placement, recorded=f"{known.status} with {known.agency}",
                given=f"placed with {agency}",
            )  # fmt: skip
        return contacts.place_directly(
            account,
            placement=placement,
            agency=agency,
            placed_on=agreed.placed_on,
            items=items,
            terms=agreed.terms(account, policies, agency),
        )

    return decide


def _of(account: Account, status: Status) -> list[str]:
    """The placements of the account that stand so."""
    return [placement.id for placement in account.placements.values() if placement.status == status]


def only(account: Account, status: Status) -> str:
    """The one placement that stands so; raises NoPlacement, SeveralPlacements."""
    found = _of(account, status)
    if not found:
        raise NoPlacement(account=account.number, status=status)
    if len(found) > 1:
        raise SeveralPlacements(account=account.number, status=status, placements=", ".join(found))
    return found[0]


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
        declined_on = desk.day(on)
        desk.record(number, lambda account, _: contacts.take_back(
            account, placement=placement or only(account, "proposed"), on=declined_on, declined=True,
            reason=reason,
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
        recalled_on = desk.day(on)
        desk.record(number, lambda account, _: contacts.take_back(
            account, placement=placement or only(account, "placed"), on=recalled_on, declined=False,
            reason=reason,
        ))  # fmt: skip
