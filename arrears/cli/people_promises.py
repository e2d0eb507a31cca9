"""Verbs on what the debtor will pay: promises and repayment plans."""

from collections.abc import Sequence
from datetime import date, datetime, time
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
    named,
    parse_instalment,
    text_option,
)
from arrears.wiring import new_id
from engine.domain.account import Account
from engine.domain.decisions import promises
from engine.domain.facts.base import Fact
from engine.domain.facts.promises import Instalment
from policies.book import PolicyBook
from policies.calendar import local_moment
from policies.promises import promise_terms

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
) -> None:
    """Record a promise to pay. It is for the invoices named, else for all that are overdue.

    \b
    Example: arrears promise ACME 120.00 EUR --made 2026-04-20 --by-day 2026-05-01 --id PROMISE-1
    """
    with at_desk(context) as desk:
        made_on = desk.day(made)
        at = _terms_at(desk, made_on)
        the_id = promise_id or new_id("promise")

        def decide(account: Account, policies: PolicyBook) -> list[Fact]:
            return promises.make_promise(
                account, promise=the_id, amount=amount, currency=currency, made_on=made_on,
                promised_on=by_day, items=named(invoice), taken_by=taken_by or desk.book.by,
                terms=promise_terms(policies, account, amount, currency, by_day, at),
            )  # fmt: skip

        desk.record(number, decide)


def plan(
    context: typer.Context,
    number: Number,
    currency: Code,
    instalment: Annotated[
        list[Part],
        typer.Option(
            "--instalment", parser=parse_instalment, metavar="DATE=AMOUNT", help="give two or more, in order"
        ),
    ],
    invoice: Invoices = None,
    plan_id: NewId = None,
    agreed: Annotated[date | None, day_option("--agreed", "by default today")] = None,
    taken_by: TakenBy = None,
) -> None:
    """Record a repayment plan. It is for the invoices named, else for all that are overdue.

    \b
    Example: arrears plan ACME EUR --agreed 2026-04-20 --instalment 2026-05-04=50 --instalment 2026-06-01=70
    """
    with at_desk(context) as desk:
        agreed_on = desk.day(agreed)
        at = _terms_at(desk, agreed_on)
        the_id = plan_id or new_id("plan")

        def decide(account: Account, policies: PolicyBook) -> list[Fact]:
            return promises.agree_plan(
                account, plan=the_id, currency=currency, agreed_on=agreed_on, items=named(invoice),
                instalments=_instalments(policies, account, currency, instalment, at),
                taken_by=taken_by or desk.book.by,
            )  # fmt: skip

        desk.record(number, decide)


def _instalments(
    policies: PolicyBook, account: Account, currency: str, parts: Sequence[Part], at: datetime
) -> list[Instalment]:
    """Each part with the terms by which it will be judged."""
    return [
        Instalment(
            promised_on=part.on,
            amount=part.amount,
            terms=promise_terms(policies, account, part.amount, currency, part.on, at),
        )
        for part in parts
    ]


def withdraw(
    context: typer.Context,
    number: Number,
    promise: Annotated[str, an_id("PROMISE", "the id of the promise or plan")],
    on: On = None,
    reason: Reason = None,
) -> None:
    """Withdraw a promise or a plan. What is still to come of it no longer counts; that is no breach.

    \b
    Example: arrears withdraw ACME PROMISE-1 --on 2026-04-22 --reason "agreed a plan instead"
    """
    with at_desk(context) as desk:
        withdrawn_on = desk.day(on)
        desk.record(number, lambda account, _: promises.withdraw_promise(
            account, promise=promise, withdrawn_on=withdrawn_on, reason=reason
        ))  # fmt: skip
