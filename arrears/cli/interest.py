"""`arrears interest` and `arrears charge-interest`: what has accrued, and charging it at once."""

from datetime import date
from typing import Annotated, Any

import typer

from arrears.cli.clocks import say
from arrears.cli.desk import at_desk
from arrears.cli.output import print_json, print_rows
from arrears.cli.session import session_of
from arrears.cli.words import Number, day_option
from arrears.commands.invoices import ChargeInterest
from arrears.telling.interest import interest_answer
from arrears.telling.rows import in_words
from policies.interest.terms import ONE_DAY

Until = Annotated[date | None, day_option("--until", "the last day of interest; by default yesterday")]


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command("interest")(interest)
    app.command("charge-interest")(charge_interest)


def interest(context: typer.Context, number: Number, until: Until = None) -> None:
    """Show the interest that has accrued and is not charged yet; nothing is stored.

    \b
    Example: arrears interest ACME --until 2026-03-31
    """
    session = session_of(context)
    with session.book() as book:
        answer = interest_answer(book, number, until)
    if session.format == "json":
        print_json(answer)
        return
    rows = [days for one in answer["invoices"] for days in one["days"]]
    print_rows(session, rows, _COLUMNS, title=f"Accrued up to the end of {answer['until']}, not charged yet")
    if session.format == "table":
        say(session, *_corrections(answer["invoices"]), *map(_said, answer["compensation"]), *answer["notes"])
        words = [f"{name}: {in_words(sums)}" for name, sums in answer["totals"].items() if sums]
        say(session, "; ".join(words) or "Nothing has accrued.")


_COLUMNS = (
    *("invoice", "from", "to", "days", "day_count", "currency", "principal", "rate_percent", "source"),
    "interest",
)


def _said(fee: dict[str, Any]) -> str:
    return f"{fee['invoice']}: {fee['amount']} {fee['currency']}, {fee['reason']}"


def _corrections(invoices: list[dict[str, Any]]) -> list[str]:
    return [
        f"{one['invoice']}: the days from {date.fromisoformat(period['after']) + ONE_DAY} to "
        f"{period['until']} were charged {period['charged']} and come to {period['comes_to']} "
        f"{one['currency']}"
        for one in invoices
        for period in one["adjusted_periods"]
    ]


def charge_interest(
    context: typer.Context,
    number: Number,
    until: Annotated[date, day_option("--until", "the last day of interest, today or earlier")],
) -> None:
    """Charge at once the interest that has accrued up to a day, and compensation that is owed.

    \b
    Example: arrears charge-interest ACME --until 2026-03-31
    """
    with at_desk(context) as desk:
        desk.record(ChargeInterest(account=number, until=until))
