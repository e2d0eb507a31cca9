"""Requests on what was paid: payments, credit notes, their allocation and reversal."""

from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import Field

from arrears.commands.base import Here, Ids, Money, Request
from arrears.imports.fields import Currency, Day, Id, Text
from engine.application import Decide
from engine.domain.account import Account
from engine.domain.decisions import payments
from engine.domain.decisions.items import known_item
from engine.domain.facts.base import Fact
from policies.book import PolicyBook
from policies.interest.on_demand import allocation_order, receive


def _check_named(account: Account, designated: Sequence[str]) -> None:
    """Raises ItemUnknown: a number that the account does not have is a slip of the hand."""
    for item in designated:
        known_item(account, item)


class Pay(Request):
    """Record a payment. It pays the invoices named, else what is open in the policy's order."""

    NAME: ClassVar[str] = "pay"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "payment": "PAY-1", "amount": "120.00", "currency": "EUR",
        "received_on": "2026-04-02", "invoices": ["INV-1"],
    }  # fmt: skip

    payment: Id = Field(description="the payment's number")
    amount: Money
    currency: Currency = Field(description="ISO 4217")
    received_on: Day | None = Field(default=None, description="by default today")
    invoices: Ids = Field(default=(), description="those that the payer named")
    reference: Text | None = Field(default=None, description="what the payer wrote")

    def decide(self, here: Here) -> Decide:
        received_on = here.day(self.received_on)

        def decide(account: Account, policies: PolicyBook) -> list[Fact]:
            _check_named(account, self.invoices)
            return receive(
                account, policies, here.now, payment=self.payment, amount=self.amount,
                currency=self.currency, received_on=received_on, designated=self.invoices,
                reference=self.reference,
            )  # fmt: skip

        return decide


class ReversePayment(Request):
    """Reverse a payment the bank took back. What it had paid is open again."""

    NAME: ClassVar[str] = "reverse"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "payment": "PAY-1", "reversed_on": "2026-04-09",
        "reason": "returned by the bank",
    }  # fmt: skip

    payment: Id = Field(description="the payment's number")
    reversed_on: Day | None = Field(default=None, description="by default today")
    reason: Text | None = Field(default=None, description="why, in your words")

    def decide(self, here: Here) -> Decide:
        reversed_on = here.day(self.reversed_on)
        return lambda account, _: payments.reverse_payment(
            account, payment=self.payment, reversed_on=reversed_on, reason=self.reason
        )


class Refund(Request):
    """Record that unapplied money was given back."""

    NAME: ClassVar[str] = "refund"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "payment": "PAY-2", "amount": "10.00", "refunded_on": "2026-05-10",
    }  # fmt: skip

    payment: Id = Field(description="the payment's number")
    amount: Money | None = Field(default=None, description="by default all there is")
    refunded_on: Day | None = Field(default=None, description="by default today")

    def decide(self, here: Here) -> Decide:
        refunded_on = here.day(self.refunded_on)
        return lambda account, _: payments.refund_payment(
            account, payment=self.payment, amount=self.amount, refunded_on=refunded_on
        )


class IssueCredit(Request):
    """Record a credit note. It pays the invoices named, else the oldest that are not disputed."""

    NAME: ClassVar[str] = "credit"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "credit": "CN-1", "amount": "20.00", "currency": "EUR",
        "issued_on": "2026-04-10", "invoices": ["INV-1"], "reason": "two returned",
    }  # fmt: skip

    credit: Id = Field(description="the credit note's number")
    amount: Money
    currency: Currency = Field(description="ISO 4217")
    issued_on: Day | None = Field(default=None, description="by default today")
    invoices: Ids = Field(default=(), description="those that it is for")
    reason: Text | None = Field(default=None, description="why, in your words")

    def decide(self, here: Here) -> Decide:
        issued_on = here.day(self.issued_on)

        def decide(account: Account, policies: PolicyBook) -> list[Fact]:
            _check_named(account, self.invoices)
            return payments.issue_credit_note(
                account, credit=self.credit, amount=self.amount, currency=self.currency,
                issued_on=issued_on, designated=self.invoices, reason=self.reason,
                order=allocation_order(account, policies, here.now),
            )  # fmt: skip

        return decide


class Allocate(Request):
    """Use unapplied money. What a payment or credit note has left is set against what is open."""

    NAME: ClassVar[str] = "allocate"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "receipt": "PAY-2", "invoice": "INV-1", "amount": "30.00",
        "allocated_on": "2026-05-10",
    }  # fmt: skip

    receipt: Id = Field(description="the number of the payment or credit note")
    invoice: Id | None = Field(default=None, description="by default the oldest first")
    amount: Money | None = Field(default=None, description="by default all there is")
    allocated_on: Day | None = Field(default=None, description="by default today")

    def decide(self, here: Here) -> Decide:
        allocated_on = here.day(self.allocated_on)
        return lambda account, policies: payments.allocate_unapplied(
            account, receipt=self.receipt, allocated_on=allocated_on, item=self.invoice, amount=self.amount,
            order=allocation_order(account, policies, here.now),
        )  # fmt: skip

    @property
    def if_nothing(self) -> str | None:
        return f"nothing to allocate: {self.receipt} has nothing unapplied, or nothing to pay is open"
