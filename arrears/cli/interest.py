"""`arrears interest` and `arrears charge-interest`: what has accrued, and charging it at once."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import typer

from arrears.cli.clocks import say
from arrears.cli.desk import at_desk
from arrears.cli.output import print_json, print_rows
from arrears.cli.words import Number, day_option
from arrears.commands.invoices import ChargeInterest
from arrears.telling.rows import by_currency, exact, in_words
from engine.domain.account import Account
from engine.domain.facts.items import FeeCharged, InterestDays
from engine.domain.money import ZERO
from policies.interest.charging import Charging
from policies.interest.on_demand import accruing, compensations, terms_of
from policies.interest.statutory import longest_term_days
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
    with at_desk(context) as desk:
        last = until or desk.book.today - ONE_DAY
        policies = desk.book.engine.policies()
        with desk.book.account(number) as account:
            rules = terms_of(account, policies, desk.book.clock())
            found = list(accruing(account, rules, last))
            fees = list(compensations(account, rules, last))
            notes = _long_terms(account, found)
    totals = _totals(found, fees)
    if desk.session.format == "json":
        print_json({
            "account": number, "until": last,
            "totals": {name: by_currency(sums) for name, sums in totals.items()},
            "invoices": [_invoice(one) for one in found],
            "compensation": [_fee(fee) for fee in fees], "notes": notes,
        })  # fmt: skip
        return
    rows = [_row(one, days) for one in found for days in one.days]
    print_rows(desk.session, rows, _COLUMNS, title=f"Accrued up to the end of {last}, not charged yet")
    if desk.session.format == "table":
        for line in (*_corrections(found), *(_said(fee) for fee in fees), *notes):
            say(desk.session, line)
        words = [f"{name}: {in_words(by_currency(sums))}" for name, sums in totals.items() if sums]
        say(desk.session, "; ".join(words) or "Nothing has accrued.")


_COLUMNS = (
    *("invoice", "from", "to", "days", "day_count", "currency", "principal", "rate_percent", "source"),
    "interest",
)


def _row(one: Charging, days: InterestDays) -> dict[str, Any]:
    currency = one.item.currency
    return {
        "invoice": one.item.id, "from": days.after + ONE_DAY, "to": days.until, "days": days.days,
        "day_count": days.day_count, "currency": currency, "principal": exact(days.principal, currency),
        "rate_percent": str(days.rate_percent), "source": days.source, "interest": str(days.interest),
    }  # fmt: skip


def _invoice(one: Charging) -> dict[str, Any]:
    currency = one.item.currency
    return {
        "invoice": one.item.id, "currency": currency, "from": one.after + ONE_DAY, "to": one.until,
        "accrued": exact(one.new, currency), "adjustment": exact(one.difference, currency),
        "days": [_row(one, days) for days in one.days],
        "adjusted_periods": [period.model_dump(mode="json") for period in one.periods],
    }  # fmt: skip


def _fee(fee: FeeCharged) -> dict[str, Any]:
    return {
        "invoice": fee.invoice, "currency": fee.currency, "amount": exact(fee.amount, fee.currency),
        "debt": exact(fee.debt or ZERO, fee.currency), "late_on": fee.charged_on, "reason": fee.reason,
    }  # fmt: skip


def _said(fee: FeeCharged) -> str:
    return f"{fee.invoice}: {fee.amount} {fee.currency}, {fee.reason}"


def _corrections(found: list[Charging]) -> list[str]:
    return [
        f"{one.item.id}: the days from {period.after + ONE_DAY} to {period.until} were charged "
        f"{period.charged} and come to {period.comes_to} {one.item.currency}"
        for one in found
        for period in one.periods
    ]


def _long_terms(account: Account, found: list[Charging]) -> list[str]:
    """Terms of business debtors for which interest may run from an earlier day than the due date."""
    longest = longest_term_days("b2b") if account.kind == "business" else None
    return [
        f"{one.item.id}: its term of {(one.item.due_on - one.item.issued_on).days} days is longer than "
        f"{longest}; that must have been agreed expressly (Directive 2011/7/EU, art. 3(5))"
        for one in found
        if longest is not None and (one.item.due_on - one.item.issued_on).days > longest
    ]


def _totals(found: list[Charging], fees: list[FeeCharged]) -> dict[str, dict[str, Decimal]]:
    accrued: dict[str, Decimal] = {}
    for one in found:
        accrued[one.item.currency] = accrued.get(one.item.currency, ZERO) + one.new + one.difference
    owed: dict[str, Decimal] = {}
    for fee in fees:
        owed[fee.currency] = owed.get(fee.currency, ZERO) + fee.amount
    return {"interest": accrued, "compensation": owed}


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
