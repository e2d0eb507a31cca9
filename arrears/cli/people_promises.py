"""Verbs on what the debtor will pay: promises and repayment plans."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated

import typer

from arrears.cli.desk import Desk, at_desk
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
from arrears.wiring import new_id
from engine.domain.account import Account
from engine.domain.decisions import promises
from engine.domain.facts.base import Fact
from engine.domain.money import TooPrecise
from policies.book import PolicyBook
from policies.calendar import local_moment
from policies.instalments import Every, equal_instalments
from policies.promising import take_plan, take_promise

Replaces = Annotated[
    str | None, id_option("--replaces", "ID", "the promise or plan in whose place it stands")
]
TakenBy = Annotated[str | None, text_option("--taken-by", "who took it; by default who records it")]


def register(app: typer.Typer) -> None:
    """Adds the verbs of this module."""
    app.command("promise")(promise)
    app.command("plan")(plan)
    app.command("withdraw")(withdraw)


def _terms_at(desk: Desk, made_on: date) -> datetime:
    """The moment whose policy gives a promise its terms: now, or the start of the day it was made."""
    book = desk.book
    return book.clock() if made_on == book.today else local_moment(made_on, time(0), book.zone)


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
        made_on = desk.day(made)
        at = _terms_at(desk, made_on)
        the_id = promise_id or new_id("promise")

        def decide(account: Account, policies: PolicyBook) -> list[Fact]:
            return take_promise(
                policies, account, at, promise=the_id, amount=amount, currency=currency, made_on=made_on,
                promised_on=by_day, items=named(invoice), taken_by=taken_by or desk.book.by,
                replaces=replaces,
            )  # fmt: skip

        desk.record(number, decide)


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
    agreed_parts = _parts(currency, instalment, total, parts, first, every)
    with at_desk(context) as desk:
        agreed_on = desk.day(agreed)
        at = _terms_at(desk, agreed_on)
        the_id = plan_id or new_id("plan")

        def decide(account: Account, policies: PolicyBook) -> list[Fact]:
            return take_plan(
                policies, account, at, plan=the_id, currency=currency, agreed_on=agreed_on,
                items=named(invoice), parts=agreed_parts, taken_by=taken_by or desk.book.by,
                replaces=replaces,
            )  # fmt: skip

        desk.record(number, decide)


def _parts(
    currency: str, given: list[Part] | None, total: Decimal | None, count: int | None, first: date | None,
    every: Every,
) -> list[tuple[date, Decimal]]:  # fmt: skip
    """The parts as given one by one, else equal ones; raises BadParameter where it is both or neither."""
    equal = (total, count, first)
    if given and not any(equal):
        return [(part.on, part.amount) for part in given]
    if given or total is None or count is None or first is None:
        raise typer.BadParameter("give either each --instalment, or --total, --parts and --first")
    try:
        return equal_instalments(total, count, first, every, currency)
    except TooPrecise as wrong:
        raise typer.BadParameter(str(wrong)) from None


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
        withdrawn_on = desk.day(on)
        desk.record(number, lambda account, _: promises.withdraw_promise(
            account, promise=promise, withdrawn_on=withdrawn_on, reason=reason
        ))  # fmt: skip
