"""Verbs on what is owed: invoices, charges, corrections, write-offs."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

import typer

from arrears.cli.desk import at_desk
from arrears.cli.words import (
    Amount,
    Code,
    Number,
    On,
    PartAmount,
    Reason,
    an_id,
    day_option,
    id_option,
    parse_claim,
    parse_terms,
    text_option,
)
from arrears.commands import invoices

Invoice = Annotated[str, an_id("INVOICE", "the invoice's number")]
Charge = Annotated[str, an_id("CHARGE", "the charge's number")]


def register(app: typer.Typer) -> None:
    """Adds the verbs of this module."""
    app.command("invoice")(invoice)
    app.command("correct")(correct)
    app.command("charge")(charge)
    app.command("waive")(waive)
    app.command("write-off")(write_off)
    app.command("unwrite-off")(unwrite_off)


def invoice(
    context: typer.Context,
    number: Number,
    invoice: Invoice,
    amount: Amount,
    currency: Code,
    due: Annotated[date | None, day_option("--due", "the last day on which it is paid in time")] = None,
    issued: Annotated[date | None, day_option("--issued", "by default today")] = None,
    terms: Annotated[
        str | None, text_option("--terms", "terms of payment, such as 'net 30 EOM'", parse_terms)
    ] = None,
    reference: Annotated[str | None, text_option("--reference", "the debtor's own reference")] = None,
) -> None:
    """Record an invoice, due on a day or by terms of payment (by default the policy's).

    An account that is not known yet is opened with it.

    \b
    Example: arrears invoice ACME INV-1 120.00 EUR --issued 2026-03-01 --due 2026-03-31
    Example: arrears invoice ACME INV-2 80.00 EUR --issued 2026-03-05 --terms "net 30 EOM"
    """
    with at_desk(context) as desk:
        desk.record(invoices.RaiseInvoice(
            account=number, invoice=invoice, amount=amount, currency=currency, issued_on=issued, due_on=due,
            terms=terms, reference=reference,
        ))  # fmt: skip


def correct(
    context: typer.Context,
    number: Number,
    invoice: Invoice,
    amount: Annotated[
        Decimal | None,
        typer.Option(
            "--amount", parser=parse_claim, metavar="AMOUNT", help="the whole claim as it should be"
        ),
    ] = None,
    due: Annotated[date | None, day_option("--due", "the due date as it should be")] = None,
    effective: Annotated[
        date | None,
        day_option(
            "--effective",
            "since when: the issue date where the invoice was wrong; by default today",
        ),
    ] = None,
    reason: Reason = None,
) -> None:
    """Correct an invoice's amount or due date. What is then paid too much becomes unapplied.

    \b
    Example: arrears correct ACME INV-1 --amount 110.00 --effective 2026-03-01 --reason "one hour too many"
    """
    with at_desk(context) as desk:
        desk.record(invoices.CorrectInvoice(
            account=number, invoice=invoice, amount=amount, due_on=due, effective_on=effective,
            reason=reason,
        ))  # fmt: skip


def charge(
    context: typer.Context,
    number: Number,
    charge: Charge,
    amount: Amount,
    currency: Code,
    on: On = None,
    due: Annotated[date | None, day_option("--due", "by default the day it is charged")] = None,
    kind: Annotated[Literal["fee", "interest"], typer.Option("--kind", help="what it is")] = "fee",
    invoice: Annotated[
        str | None, id_option("--invoice", "INVOICE", "the invoice that it comes from")
    ] = None,
    reason: Reason = None,
) -> None:
    """Charge a fee or interest. It is an open item of its own.

    \b
    Example: arrears charge ACME FEE-1 5.00 EUR --on 2026-04-09 --due 2026-04-23 --invoice INV-1
    """
    with at_desk(context) as desk:
        desk.record(invoices.ChargeItem(
            account=number, charge=charge, amount=amount, currency=currency, charged_on=on, due_on=due,
            kind=kind, invoice=invoice, reason=reason,
        ))  # fmt: skip


def waive(
    context: typer.Context,
    number: Number,
    charge: Charge,
    amount: PartAmount = None,
    on: On = None,
    reason: Reason = None,
) -> None:
    """Give up what is open of a charge, or a part of it.

    \b
    Example: arrears waive ACME FEE-1 --amount 2.50 --on 2026-04-20 --reason goodwill
    """
    with at_desk(context) as desk:
        desk.record(invoices.WaiveCharge(
            account=number, charge=charge, amount=amount, waived_on=on, reason=reason
        ))  # fmt: skip


def write_off(
    context: typer.Context, number: Number, invoice: Invoice, on: On = None, reason: Reason = None
) -> None:
    """Write off what is open of an invoice.

    \b
    Example: arrears write-off ACME INV-1 --on 2026-06-01 --reason insolvent
    """
    with at_desk(context) as desk:
        desk.record(invoices.WriteOff(account=number, invoice=invoice, written_off_on=on, reason=reason))


def unwrite_off(
    context: typer.Context, number: Number, invoice: Invoice, on: On = None, reason: Reason = None
) -> None:
    """Claim again what was written off of an invoice.

    \b
    Example: arrears unwrite-off ACME INV-1 --on 2026-06-15 --reason "the estate pays"
    """
    with at_desk(context) as desk:
        desk.record(invoices.ReverseWriteOff(account=number, invoice=invoice, reversed_on=on, reason=reason))
