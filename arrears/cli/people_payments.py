"""Verbs on what was paid: payments, credit notes, their allocation and reversal."""

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
from arrears.commands import payments

Payment = Annotated[str, an_id("PAYMENT", "the payment's number")]


def register(app: typer.Typer) -> None:
    """Adds the verbs of this module."""
    app.command("pay")(pay)
    app.command("reverse")(reverse)
    app.command("refund")(refund)
    app.command("credit")(credit)
    app.command("allocate")(allocate)


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
        desk.record(payments.Pay(
            account=number, payment=payment, amount=amount, currency=currency, received_on=on,
            invoices=named(invoice), reference=reference,
        ))  # fmt: skip


def reverse(
    context: typer.Context, number: Number, payment: Payment, on: On = None, reason: Reason = None
) -> None:
    """Reverse a payment the bank took back. What it had paid is open again.

    \b
    Example: arrears reverse ACME PAY-1 --on 2026-04-09 --reason "returned by the bank"
    """
    with at_desk(context) as desk:
        desk.record(payments.ReversePayment(account=number, payment=payment, reversed_on=on, reason=reason))


def refund(
    context: typer.Context, number: Number, payment: Payment, amount: PartAmount = None, on: On = None
) -> None:
    """Record that unapplied money was given back.

    \b
    Example: arrears refund ACME PAY-2 --amount 10.00 --on 2026-05-10
    """
    with at_desk(context) as desk:
        desk.record(payments.Refund(account=number, payment=payment, amount=amount, refunded_on=on))


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
        desk.record(payments.IssueCredit(
            account=number, credit=credit, amount=amount, currency=currency, issued_on=on,
            invoices=named(invoice), reason=reason,
        ))  # fmt: skip


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
        desk.record(payments.Allocate(
            account=number, receipt=receipt, invoice=invoice, amount=amount, allocated_on=on
        ))  # fmt: skip
