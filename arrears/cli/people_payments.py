"""Verbs on what was paid: payments, credit notes, their allocation and reversal."""

from collections.abc import Sequence
from typing import Annotated

import typer

from arrears.cli.desk import at_desk
from arrears.cli.words import (
    Amount,
    Code,
    Invoices,
    Number,
    On,
    PartAmount,
    Reason,
    an_id,
    id_option,
    named,
    text_option,
)
from engine.domain.account import Account
from engine.domain.decisions import payments
from engine.domain.decisions.items import known_item
from engine.domain.facts.base import Fact
from policies.book import PolicyBook
from policies.interest.on_demand import allocation_order, receive

Payment = Annotated[str, an_id("PAYMENT", "the payment's number")]


def register(app: typer.Typer) -> None:
    """Adds the verbs of this module."""
    app.command("pay")(pay)
    app.command("reverse")(reverse)
    app.command("refund")(refund)
    app.command("credit")(credit)
    app.command("allocate")(allocate)


def _check_named(account: Account, designated: Sequence[str]) -> None:
    """Raises ItemUnknown: a number that the account does not have is a slip of the hand."""
    for item in designated:
        known_item(account, item)


def pay(
    context: typer.Context,
    number: Number,
    payment: Payment,
    amount: Amount,
    currency: Code,
    on: On = None,
    invoice: Invoices = None,
    reference: Annotated[str | None, text_option("--reference", "what the payer wrote")] = None,
) -> None:
    """Record a payment. It pays the invoices named, else what is open in the policy's order.

    \b
    Example: arrears pay ACME PAY-1 120.00 EUR --on 2026-04-02 --invoice INV-1
    """
    with at_desk(context) as desk:
        received_on, designated = desk.day(on), named(invoice)

        def decide(account: Account, policies: PolicyBook) -> list[Fact]:
            _check_named(account, designated)
            return receive(
                account, policies, desk.book.clock(), payment=payment, amount=amount, currency=currency,
                received_on=received_on, designated=designated, reference=reference,
            )  # fmt: skip

        desk.record(number, decide)


def reverse(
    context: typer.Context, number: Number, payment: Payment, on: On = None, reason: Reason = None
) -> None:
    """Reverse a payment the bank took back. What it had paid is open again.

    \b
    Example: arrears reverse ACME PAY-1 --on 2026-04-09 --reason "returned by the bank"
    """
    with at_desk(context) as desk:
        reversed_on = desk.day(on)
        desk.record(number, lambda account, _: payments.reverse_payment(
            account, payment=payment, reversed_on=reversed_on, reason=reason
        ))  # fmt: skip


def refund(
    context: typer.Context, number: Number, payment: Payment, amount: PartAmount = None, on: On = None
) -> None:
    """Record that unapplied money was given back.

    \b
    Example: arrears refund ACME PAY-2 --amount 10.00 --on 2026-05-10
    """
    with at_desk(context) as desk:
        refunded_on = desk.day(on)
        desk.record(number, lambda account, _: payments.refund_payment(
            account, payment=payment, amount=amount, refunded_on=refunded_on
        ))  # fmt: skip


def credit(
    context: typer.Context,
    number: Number,
    credit: Annotated[str, an_id("CREDIT", "the credit note's number")],
    amount: Amount,
    currency: Code,
    on: On = None,
    invoice: Invoices = None,
    reason: Reason = None,
) -> None:
    """Record a credit note. It pays the invoices named, else the oldest that are not disputed.

    \b
    Example: arrears credit ACME CN-1 20.00 EUR --on 2026-04-10 --invoice INV-1 --reason "two returned"
    """
    with at_desk(context) as desk:
        issued_on, designated = desk.day(on), named(invoice)

        def decide(account: Account, policies: PolicyBook) -> list[Fact]:
            _check_named(account, designated)
            return payments.issue_credit_note(
                account, credit=credit, amount=amount, currency=currency, issued_on=issued_on,
                designated=designated, reason=reason,
                order=allocation_order(account, policies, desk.book.clock()),
            )  # fmt: skip

        desk.record(number, decide)


def allocate(
    context: typer.Context,
    number: Number,
    receipt: Annotated[str, an_id("PAYMENT", "the number of the payment or credit note")],
    invoice: Annotated[str | None, id_option("--invoice", "INVOICE", "by default the oldest first")] = None,
    amount: PartAmount = None,
    on: On = None,
) -> None:
    """Use unapplied money. What a payment or credit note has left is set against what is open.

    \b
    Example: arrears allocate ACME PAY-2 --invoice INV-1 --amount 30.00 --on 2026-05-10
    """
    with at_desk(context) as desk:
        allocated_on = desk.day(on)
        desk.record(
            number,
            lambda account, policies: payments.allocate_unapplied(
                account,
                receipt=receipt,
                allocated_on=allocated_on,
                item=invoice,
                amount=amount,
                order=allocation_order(account, policies, desk.book.clock()),
            ),
            otherwise=f"nothing to allocate: {receipt} has nothing unapplied, or nothing to pay is open",
        )
