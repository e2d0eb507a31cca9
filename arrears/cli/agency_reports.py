"""`arrears report agencies` and `… agency`: what agencies bring in, and what they are to be told."""

from decimal import Decimal
from typing import Annotated, Any

import typer

from arrears.cli.clocks import AsKnown, AsOf, Since, question, say
from arrears.cli.output import print_json, print_rows
from arrears.telling.agencies import RATES, SUMS, agencies_answer, agency_answer

_AGENCIES = ("agency", "currency", "placements", "recalled", *SUMS, *RATES)
_NEWS = ("on", "what", "account", "placement", "item", "reference", "currency", "amount")


def register(report: typer.Typer) -> None:
    report.command("agencies")(agencies)
    report.command("agency")(agency)


def agencies(context: typer.Context, as_of: AsOf = None, as_known: AsKnown = None) -> None:
    """Agencies: what was placed with each, what it recovered, at which rate and cost.

    Example: arrears report agencies --as-of 2026-12-31
    """
    with question(context, as_of, as_known) as asked:
        answer = agencies_answer(asked)
    if asked.session.format == "json":
        print_json(answer)
    else:
        asked.introduce()
        rows = answer["rows"]
        shown = rows if asked.session.format == "csv" else [_in_percent(row) for row in rows]
        print_rows(asked.session, shown, _AGENCIES)
        say(asked.session, answer.get("note"))


def _in_percent(row: dict[str, Any]) -> dict[str, Any]:
    return row | {rate: f"{Decimal(row[rate]):.1%}" for rate in RATES if row[rate] is not None}


def agency(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="AGENCY", help="its name, as in the placements")],
    since: Since = None,
    as_of: AsOf = None,
    as_known: AsKnown = None,
) -> None:
    """What an agency is to be told: payments that came to us, disputes and recalls of what it has.

    Example: arrears report agency "Harbour Recoveries" --from 2026-06-01
    """
    with question(context, as_of, as_known) as asked:
        answer = agency_answer(asked, name, since)
    if asked.session.format == "json":
        print_json(answer)
    else:
        asked.introduce()
        print_rows(asked.session, answer["news"], _NEWS)
        if not answer["news"]:
            say(asked.session, f"There is nothing to tell {name}.")
        say(asked.session, answer.get("note"))
