"""The answer of `arrears forecast` for people, or as CSV."""

from typing import Any

from arrears.cli.clocks import say
from arrears.cli.output import print_rows
from arrears.cli.session import Session
from arrears.telling.forecast import WORK

Row = dict[str, Any]


def show_forecast(session: Session, answer: Row) -> None:
    """The days as a table or CSV, with the money that is taken as given and what is assumed."""
    shown = [work for work in WORK if answer["totals"][work] or session.format == "csv"]
    total = [{"date": "total", **answer["totals"]}] if session.format == "table" and answer["days"] else []
    print_rows(session, [*answer["days"], *total], ("date", *shown))
    if session.format == "table":
        for section, title, columns in (
            ("contacts", "Contacts", ("step", "channel", "count")),
            ("placements", "Placements", ("agency", "how", "currency", "count", "amount")),
            ("expected_payments", "Payments as promised", ("date", "currency", "count", "amount")),
        ):
            if answer[section]:
                print_rows(session, answer[section], columns, title=f"\n{title}")
    say(session, answer["assumed"])
