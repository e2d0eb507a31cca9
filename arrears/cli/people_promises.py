"""Verbs on what the debtor will pay: promises and repayment plans."""

from datetime import date
from decimal import Decimal
from typing import Annotated

import typer

from arrears.cli.desk import at_desk
from arrears.cli.words import (
    Amount,
    Code,
    Invoices,
    NewId,
    Number,
    On,
    Part,
    Reason,
    an_id,
    day_option,
    id_option,
    named,
    parse_amount,
    parse_instalment,
    text_option,
)
from arrears.commands import promises
from policies.instalments import Every

Replaces = Annotated[
    str | None, id_option("--replaces", "ID", "the promise or plan in whose place it stands")
]
TakenBy = Annotated[str | None, text_option("--taken-by", "who took it; by default who records it")]


def register(app: typer.Typer) -> None:
    """Adds the verbs of this module."""
    app.command("promise")(promise)
    app.command("settle")(settle)
    app.command("plan")(plan)
    app.command("withdraw")(withdraw)


def promise(
    context: typer.Context,
    number: Number,
    amount: Amount,
    currency: Code,
    by_day: Annotated[date, day_option("--by-day", "the day by which it will be paid")],
    invoice: Invoices = None,
    promise_id: NewId = None,
    made: Annotated[date | None, day_option("--made", "by default today")] = None,
    taken_by: TakenBy = None,
    replaces: Replaces = None,
) -> None:
    """Record a promise to pay. It is for the invoices named, else for all that are overdue.

    \b
    Example: arrears promise ACME 120.00 EUR --made 2026-04-20 --by-day 2026-05-01 --id PROMISE-1
    Example: arrears promise ACME 90 EUR --made 2026-04-21 --by-day 2026-05-15 --replaces PROMISE-1 --id P-2
    """
    with at_desk(context) as desk:
        desk.record(promises.MakePromise(
            account=number, promise=promise_id, amount=amount, currency=currency, promised_on=by_day,
            made_on=made, invoices=named(invoice), taken_by=taken_by, replaces=replaces,
        ))  # fmt: skip


def settle(
    context: typer.Context,
    number: Number,
    amount: Amount,
    currency: Code,
    by_day: Annotated[date, day_option("--by-day", "the day by which it will be paid")],
    invoice: Invoices = None,
    settlement_id: NewId = None,
    agreed: Annotated[date | None, day_option("--agreed", "by default today")] = None,
    taken_by: TakenBy = None,
    replaces: Replaces = None,
) -> None:
    """Agree on less in full settlement. It is for the invoices named, else for all that are overdue, and for
    the interest and fees that follow them.

    Paid in time, the rest is written off; else all of it stands.

    \b
    Example: arrears settle ACME 30.00 EUR --by-day 2026-07-15 --invoice INV-1 --id SETTLEMENT-1
    """
    with at_desk(context) as desk:
        desk.record(promises.Settle(
            account=number, settlement=settlement_id, amount=amount, currency=currency, promised_on=by_day,
            agreed_on=agreed, invoices=named(invoice), taken_by=taken_by, replaces=replaces,
        ))  # fmt: skip


def plan(
    context: typer.Context,
    number: Number,
    currency: Code,
    instalment: Annotated[
        list[Part] | None,
        typer.Option(
            "--instalment", parser=parse_instalment, metavar="DATE=AMOUNT", help="give two or more, in order"
        ),
    ] = None,
    total: Annotated[
        Decimal | None,
        typer.Option("--total", parser=parse_amount, metavar="AMOUNT", help="to be paid in equal parts"),
    ] = None,
    parts: Annotated[int | None, typer.Option("--parts", min=2, help="how many equal parts")] = None,
    first: Annotated[date | None, day_option("--first", "the day of the first equal part")] = None,
    every: Annotated[Every, typer.Option("--every", help="how far equal parts lie apart")] = "month",
    invoice: Invoices = None,
    plan_id: NewId = None,
    agreed: Annotated[date | None, day_option("--agreed", "by default today")] = None,
    taken_by: TakenBy = None,
    replaces: Replaces = None,
) -> None:
    """Record a repayment plan. It is for the invoices named, else for all that are overdue.

    Equal parts fall on the day of the month of the first one, or on its last day where the month is shorter;
    with --every month-end always on the last. What does not divide evenly is in the last part.

    \b
    Example: arrears plan ACME EUR --instalment 2026-08-04=50 --instalment 2026-09-01=70 --id PLAN-1
    Example: arrears plan ACME EUR --total 100 --parts 3 --first 2026-08-31 --replaces PLAN-1 --id PLAN-2
    """
    agreed_parts = _parts(instalment, total, parts, first, every)
    with at_desk(context) as desk:
        desk.record(promises.AgreePlan(
            account=number, plan=plan_id, currency=currency, instalments=agreed_parts, agreed_on=agreed,
            invoices=named(invoice), taken_by=taken_by, replaces=replaces,
        ))  # fmt: skip


def _parts(
    given: list[Part] | None, total: Decimal | None, count: int | None, first: date | None, every: Every
) -> tuple[promises.Instalment, ...] | promises.EqualParts:
    """The parts as given one by one, else equal ones; raises BadParameter where it is both or neither."""
    if given and not any((total, count, first)):
        return tuple(promises.Instalment(on=part.on, amount=part.amount) for part in given)
    if given or total is None or count is None or first is None:
        raise typer.BadParameter("give either each --instalment, or --total, --parts and --first")
    return promises.EqualParts(total=total, parts=count, first_on=first, every=every)


def withdraw(
    context: typer.Context,
    number: Number,
    promise: Annotated[str, an_id("PROMISE", "the id of the promise or plan")],
    on: On = None,
    reason: Reason = None,
) -> None:
    """Withdraw a promise or a plan. What is still to come of it no longer counts; that is no breach.

    \b
    Example: arrears withdraw ACME P-2 --on 2026-04-22 --reason "agreed a plan instead"
    """
    with at_desk(context) as desk:
        desk.record(promises.WithdrawPromise(
            account=number, promise=promise, withdrawn_on=on, reason=reason
        ))  # fmt: skip
