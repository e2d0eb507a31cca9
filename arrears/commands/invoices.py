"""Requests on what is owed: invoices, charges, corrections, write-offs, interest charged at once."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from arrears.commands.base import Claim, Here, Money, Request
from arrears.imports.cells import Expected
from arrears.imports.fields import Currency, Day, Id, Text
from engine.application import Decide
from engine.domain.account import Account
from engine.domain.decisions import accounts, items
from engine.domain.facts.base import Fact
from policies.book import PolicyBook
from policies.due_dates import due_date
from policies.interest.on_demand import charge_now
from policies.payment_terms import EXPECTED, UnknownTerms, payment_terms


def _terms(words: str) -> str:
    try:
        payment_terms(words)
    except UnknownTerms:
        raise Expected(EXPECTED) from None
    return words


class RaiseInvoice(Request):
    """Record an invoice, due on a day or by terms of payment (by default the policy's).

    An account that is not known yet is opened with it.
    """

    NAME: ClassVar[str] = "invoice"
    OPENS: ClassVar[bool] = True
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "invoice": "INV-1", "amount": "120.00", "currency": "EUR",
        "issued_on": "2026-03-01", "due_on": "2026-03-31",
    }  # fmt: skip

    invoice: Id = Field(description="the invoice's number")
    amount: Money
    currency: Currency = Field(description="ISO 4217")
    issued_on: Day | None = Field(default=None, description="by default today")
    due_on: Day | None = Field(default=None, description="the last day on which it is paid in time")
    terms: Annotated[Text, AfterValidator(_terms)] | None = Field(
        default=None, description="terms of payment, such as net 30 EOM"
    )
    reference: Text | None = Field(default=None, description="the debtor's own reference")

    def decide(self, here: Here) -> Decide:
        issued_on = here.day(self.issued_on)

        def decide(account: Account, policies: PolicyBook) -> list[Fact]:
            opened: list[Fact] = []
            if not account.exists:
                opened = accounts.open_account(account, number=self.account, opened_on=issued_on)
            due_on = due_date(
                policies, account, here.now, invoice=self.invoice, issued_on=issued_on, due_on=self.due_on,
                terms=self.terms,
            )  # fmt: skip
            return opened + items.raise_invoice(
                account, invoice=self.invoice, amount=self.amount, currency=self.currency,
                issued_on=issued_on, due_on=due_on, reference=self.reference,
            )  # fmt: skip

        return decide


class CorrectInvoice(Request):
    """Correct an invoice's amount or due date. What is then paid too much becomes unapplied."""

    NAME: ClassVar[str] = "correct"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "invoice": "INV-1", "amount": "110.00", "effective_on": "2026-03-01",
        "reason": "one hour too many",
    }  # fmt: skip

    invoice: Id = Field(description="the invoice's number")
    amount: Claim | None = Field(default=None, description="the whole claim as it should be")
    due_on: Day | None = Field(default=None, description="the due date as it should be")
    effective_on: Day | None = Field(
        default=None, description="since when: the issue date where the invoice was wrong; by default today"
    )
    reason: Text | None = Field(default=None, description="why, in your words")

    def decide(self, here: Here) -> Decide:
        effective_on = here.day(self.effective_on)
        return lambda account, _: items.correct_invoice(
            account, invoice=self.invoice, effective_on=effective_on, amount=self.amount, due_on=self.due_on,
            reason=self.reason,
        )  # fmt: skip


class ChargeItem(Request):
    """Charge a fee or interest. It is an open item of its own."""

    NAME: ClassVar[str] = "charge"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "charge": "FEE-1", "amount": "5.00", "currency": "EUR",
        "charged_on": "2026-04-09", "due_on": "2026-04-23", "invoice": "INV-1",
    }  # fmt: skip

    charge: Id = Field(description="the charge's number")
    amount: Money
    currency: Currency = Field(description="ISO 4217")
    charged_on: Day | None = Field(default=None, description="by default today")
    due_on: Day | None = Field(default=None, description="by default the day it is charged")
    kind: Literal["fee", "interest"] = "fee"
    invoice: Id | None = Field(default=None, description="the invoice that it comes from")
    reason: Text | None = Field(default=None, description="why, in your words")

    def decide(self, here: Here) -> Decide:
        charged_on = here.day(self.charged_on)
        return lambda account, _: items.charge(
            account, charge=self.charge, amount=self.amount, currency=self.currency, charged_on=charged_on,
            due_on=self.due_on or charged_on, kind=self.kind, invoice=self.invoice, reason=self.reason,
        )  # fmt: skip


class WaiveCharge(Request):
    """Give up what is open of a charge, or a part of it."""

    NAME: ClassVar[str] = "waive"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "charge": "FEE-1", "amount": "2.50", "waived_on": "2026-04-20",
    }  # fmt: skip

    charge: Id = Field(description="the charge's number")
    amount: Money | None = Field(default=None, description="by default all there is")
    waived_on: Day | None = Field(default=None, description="by default today")
    reason: Text | None = Field(default=None, description="why, in your words")

    def decide(self, here: Here) -> Decide:
        waived_on = here.day(self.waived_on)
        return lambda account, _: items.waive_charge(
            account, charge=self.charge, waived_on=waived_on, amount=self.amount, reason=self.reason
        )


class WriteOff(Request):
    """Write off what is open of an invoice."""

    NAME: ClassVar[str] = "write-off"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "invoice": "INV-1", "written_off_on": "2026-06-01", "reason": "insolvent",
    }  # fmt: skip

    invoice: Id = Field(description="the invoice's number")
    written_off_on: Day | None = Field(default=None, description="by default today")
    reason: Text | None = Field(default=None, description="why, in your words")

    def decide(self, here: Here) -> Decide:
        written_off_on = here.day(self.written_off_on)
        return lambda account, _: items.write_off(
            account, invoice=self.invoice, written_off_on=written_off_on, reason=self.reason
        )


class ReverseWriteOff(Request):
    """Claim again what was written off of an invoice."""

    NAME: ClassVar[str] = "unwrite-off"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "invoice": "INV-1", "reversed_on": "2026-06-15", "reason": "the estate pays",
    }  # fmt: skip

    invoice: Id = Field(description="the invoice's number")
    reversed_on: Day | None = Field(default=None, description="by default today")
    reason: Text | None = Field(default=None, description="why, in your words")

    def decide(self, here: Here) -> Decide:
        reversed_on = here.day(self.reversed_on)
        return lambda account, _: items.reverse_write_off(
            account, invoice=self.invoice, reversed_on=reversed_on, reason=self.reason
        )


class ChargeInterest(Request):
    """Charge at once the interest that has accrued up to a day, and compensation that is owed."""

    NAME: ClassVar[str] = "charge-interest"
    EXAMPLE: ClassVar[dict[str, Any]] = {"account": "ACME", "until": "2026-03-31"}

    until: Day = Field(description="the last day of interest, today or earlier")

    def decide(self, here: Here) -> Decide:
        until = here.day(self.until)
        return lambda account, policies: charge_now(
            account, policies, until=until, on=here.today, at=here.now
        )

    @property
    def if_nothing(self) -> str | None:
        return f"nothing has accrued up to the end of {self.until}"
