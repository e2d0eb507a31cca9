"""Requests on what the debtor will pay: promises and repayment plans."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from arrears.commands.base import Here, Ids, Money, Request
from arrears.imports.fields import Currency, Day, Id, Text
from engine.application import Decide
from engine.domain.decisions import promises
from policies.instalments import Every, equal_instalments
from policies.promising import take_plan, take_promise, take_settlement


def _terms_at(here: Here, made_on: date) -> datetime:
    """The moment whose policy gives a promise its terms: now, or the start of the day it was made."""
    return here.now if made_on == here.today else here.start_of(made_on)


class MakePromise(Request):
    """Record a promise to pay. It is for the invoices named, else for all that are overdue."""

    NAME: ClassVar[str] = "promise"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "promise": "PROMISE-1", "amount": "120.00", "currency": "EUR",
        "made_on": "2026-04-20", "promised_on": "2026-05-01",
    }  # fmt: skip

    promise: Id | None = Field(default=None, description="what it is to be known by; by default a fresh id")
    amount: Money
    currency: Currency = Field(description="ISO 4217")
    promised_on: Day = Field(description="the day by which it will be paid")
    made_on: Day | None = Field(default=None, description="by default today")
    invoices: Ids = Field(default=(), description="what it is for")
    taken_by: Text | None = Field(default=None, description="who took it; by default who records it")
    replaces: Id | None = Field(default=None, description="the promise or plan in whose place it stands")

    def decide(self, here: Here) -> Decide:
        made_on = here.day(self.made_on)
        at, the_id = _terms_at(here, made_on), self.promise or here.new_id("promise")
        return lambda account, policies: take_promise(
            policies, account, at, promise=the_id, amount=self.amount, currency=self.currency,
            made_on=made_on, promised_on=self.promised_on, items=self.invoices,
            taken_by=self.taken_by or here.by, replaces=self.replaces,
        )  # fmt: skip


class Settle(Request):
    """Agree on less in full settlement. It is for the invoices named, else for all that are overdue, and for
    the interest and fees that follow them.

    Paid in time, the rest is written off; else all of it stands.
    """

    NAME: ClassVar[str] = "settle"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "settlement": "SETTLEMENT-1", "amount": "30.00", "currency": "EUR",
        "promised_on": "2026-07-15",
    }  # fmt: skip

    settlement: Id | None = Field(
        default=None, description="what it is to be known by; by default a fresh id"
    )
    amount: Money
    currency: Currency = Field(description="ISO 4217")
    promised_on: Day = Field(description="the day by which it will be paid")
    agreed_on: Day | None = Field(default=None, description="by default today")
    invoices: Ids = Field(default=(), description="what is settled")
    taken_by: Text | None = Field(default=None, description="who agreed it; by default who records it")
    replaces: Id | None = Field(default=None, description="the promise or plan in whose place it stands")

    def decide(self, here: Here) -> Decide:
        agreed_on = here.day(self.agreed_on)
        at, the_id = _terms_at(here, agreed_on), self.settlement or here.new_id("settlement")
        return lambda account, policies: take_settlement(
            policies, account, at, settlement=the_id, amount=self.amount, currency=self.currency,
            agreed_on=agreed_on, promised_on=self.promised_on, items=self.invoices,
            taken_by=self.taken_by or here.by, replaces=self.replaces,
        )  # fmt: skip


class Instalment(BaseModel):
    """One part of a repayment plan."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    on: Day
    amount: Money


class EqualParts(BaseModel):
    """A sum to be paid in equal parts; what does not divide evenly is in the last.

    They fall on the day of the month of the first one, or on its last day where the month is shorter.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    total: Money
    parts: Annotated[int, Field(ge=2, le=600)]
    first_on: Day
    every: Every = "month"


class AgreePlan(Request):
    """Record a repayment plan. It is for the invoices named, else for all that are overdue."""

    NAME: ClassVar[str] = "plan"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "plan": "PLAN-1", "currency": "EUR",
        "instalments": [{"on": "2026-08-04", "amount": "50.00"}, {"on": "2026-09-01", "amount": "70.00"}],
    }  # fmt: skip

    plan: Id | None = Field(default=None, description="what it is to be known by; by default a fresh id")
    currency: Currency = Field(description="ISO 4217")
    instalments: tuple[Instalment, ...] | EqualParts = Field(description="each part, or a sum in equal parts")
    agreed_on: Day | None = Field(default=None, description="by default today")
    invoices: Ids = Field(default=(), description="what it is for")
    taken_by: Text | None = Field(default=None, description="who took it; by default who records it")
    replaces: Id | None = Field(default=None, description="the promise or plan in whose place it stands")

    def decide(self, here: Here) -> Decide:
        parts, agreed_on = self._parts(), here.day(self.agreed_on)
        at, the_id = _terms_at(here, agreed_on), self.plan or here.new_id("plan")
        return lambda account, policies: take_plan(
            policies, account, at, plan=the_id, currency=self.currency, agreed_on=agreed_on,
            items=self.invoices, parts=parts, taken_by=self.taken_by or here.by, replaces=self.replaces,
        )  # fmt: skip

    def _parts(self) -> Sequence[tuple[date, Decimal]]:
        agreed = self.instalments
        if isinstance(agreed, EqualParts):
            return equal_instalments(agreed.total, agreed.parts, agreed.first_on, agreed.every, self.currency)
        return [(part.on, part.amount) for part in agreed]


class WithdrawPromise(Request):
    """Withdraw a promise or a plan. What is still to come of it no longer counts; that is no breach."""

    NAME: ClassVar[str] = "withdraw"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "promise": "PROMISE-1", "withdrawn_on": "2026-04-22",
        "reason": "agreed a plan instead",
    }  # fmt: skip

    promise: Id = Field(description="the id of the promise or plan")
    withdrawn_on: Day | None = Field(default=None, description="by default today")
    reason: Text | None = Field(default=None, description="why, in your words")

    def decide(self, here: Here) -> Decide:
        withdrawn_on = here.day(self.withdrawn_on)
        return lambda account, _: promises.withdraw_promise(
            account, promise=self.promise, withdrawn_on=withdrawn_on, reason=self.reason
        )
