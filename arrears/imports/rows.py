"""One row of each kind of file, checked; `file` and `line` say where it stands."""

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from arrears.imports.cells import Expected
from arrears.imports.fields import Amount, Country, Currency, Day, Id, Ids, Moment, Text, TimeZone
from arrears.remittance.reference import references_in
from engine.domain.facts.contacts import CallOutcome, Channel
from policies.payment_terms import EXPECTED, UnknownTerms, payment_terms


class Row(BaseModel):
    """A row of a file: `line` is the line on which it begins, counted from 1 as an editor does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    KIND: ClassVar[str]
    ID: ClassVar[str]

    file: str
    line: int
    account: Id

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """The columns of a file of this kind."""
        return tuple(name for name in cls.model_fields if name not in ("file", "line"))

    @classmethod
    def required(cls) -> tuple[str, ...]:
        """The columns that no file of this kind may lack."""
        return tuple(name for name in cls.columns() if cls.model_fields[name].is_required())

    def key(self) -> tuple[str, str, str]:
        """What the row is known by: numbers are unique within their account."""
        return self.KIND, self.account, getattr(self, self.ID)

    def differences(self, other: "Row") -> list[str]:
        """The columns in which another row of the same kind says something else."""
        return [name for name in self.columns() if getattr(self, name) != getattr(other, name)]


def _not_before(info: ValidationInfo, field: str, value: date | None) -> date | None:
    """The value, which may not lie before the date of `field`."""
    start = info.data.get(field)
    if value is not None and start is not None and value < start:
        raise Expected(f"a date not before {field} ({start})")
    return value


def _terms(words: str) -> str:
    try:
        payment_terms(words)
    except UnknownTerms:
        raise Expected(EXPECTED) from None
    return words


class AccountRow(Row):
    KIND, ID = "accounts", "account"

    name: Text | None = None
    kind: Literal["business", "consumer"] | None = None
    country: Country | None = None
    region: Text | None = None
    timezone: TimeZone | None = None
    language: Text | None = None
    email: Text | None = None
    phone: Text | None = None
    address: Text | None = None
    segment: Text | None = None
    collector: Text | None = None
    person: Id | None = None
    debt: Id | None = None
    creditor: Id | None = None
    opened_on: Day | None = None
    policy: Id | None = None


class InvoiceRow(Row):
    """A due date before the issue date is odd, but real books have it: it stands.

    Without a due date the terms of payment give it, or those of the account's policy.
    """

    KIND, ID = "invoices", "invoice"

    invoice: Id
    issued_on: Day
    due_on: Day | None = None
    currency: Currency
    amount: Amount
    reference: Text | None = None
    terms: Annotated[Text, AfterValidator(_terms)] | None = None


class PaymentRow(Row):
    """Money in; `invoice` are those the payer named, `reversed_on` the day the bank took it back.

    Without an account the payment reference in `reference` says whose it is.
    """

    KIND, ID = "payments", "payment"

    account: Id | Literal[""] = ""
    payment: Id
    received_on: Day
    currency: Currency
    amount: Amount
    invoice: Ids = ()
    reference: Text | None = Field(default=None, validate_default=True)
    reversed_on: Day | None = None
    reason: Text | None = None

    @property
    def paid_to(self) -> str | None:
        """The one payment reference that the payer gave; None where there is none, or several."""
        given = references_in(self.reference or "")
        return given[0] if len(given) == 1 else None

    def key(self) -> tuple[str, str, str]:
        """As the other kinds; where no account is given the reference stands for it."""
        return self.KIND, self.account or self.paid_to or "", self.payment

    @field_validator("reference")
    @classmethod
    def _names_an_account(cls, value: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("account") == "" and len(references_in(value or "")) != 1:
            raise Expected("an account, or one payment reference such as those on our letters (RF…)")
        return value

    @field_validator("reversed_on")
    @classmethod
    def _in_order(cls, value: date | None, info: ValidationInfo) -> date | None:
        return _not_before(info, "received_on", value)


class CreditRow(Row):
    KIND, ID = "credits", "credit"

    credit: Id
    issued_on: Day
    currency: Currency
    amount: Amount
    invoice: Ids = ()
    reason: Text | None = None


class ChargeRow(Row):
    KIND, ID = "charges", "charge"

    charge: Id
    charged_on: Day
    due_on: Day
    currency: Currency
    amount: Amount
    kind: Literal["fee", "interest"] = "fee"
    invoice: Id | None = None
    reason: Text | None = None


class PromiseRow(Row):
    """A promise; `made_at`, where the moment is known, puts it behind the call in which it was made."""

    KIND, ID = "promises", "promise"

    promise: Id
    made_on: Day
    promised_on: Day
    currency: Currency
    amount: Amount
    invoices: Ids = ()
    taken_by: Text | None = None
    made_at: Moment | None = None

    @field_validator("promised_on")
    @classmethod
    def _in_order(cls, value: date, info: ValidationInfo) -> date | None:
        return _not_before(info, "made_on", value)


class DisputeRow(Row):
    """No invoices named: all that are open. A dispute that is resolved says how it ended.

    With an amount it is about so much of the one invoice named.
    """

    KIND, ID = "disputes", "dispute"

    dispute: Id
    opened_on: Day
    invoices: Ids = ()
    amount: Amount | None = None
    reason: Text | None = None
    code: Id | None = None
    owner: Id | None = None
    deadline: Day | None = None
    credit: Id | None = None
    resolved_on: Day | None = None
    outcome: Literal["upheld", "partly", "rejected", "withdrawn"] | None = Field(
        default=None, validate_default=True
    )

    @field_validator("amount")
    @classmethod
    def _of_one_invoice(cls, value: Decimal | None, info: ValidationInfo) -> Decimal | None:
        if value is not None and len(info.data.get("invoices", ())) != 1:
            raise Expected("an amount only where exactly one invoice is named")
        return value

    @field_validator("resolved_on", "deadline")
    @classmethod
    def _in_order(cls, value: date | None, info: ValidationInfo) -> date | None:
        return _not_before(info, "opened_on", value)

    @field_validator("outcome")
    @classmethod
    def _both_or_none(cls, value: str | None, info: ValidationInfo) -> str | None:
        resolved_on = info.data.get("resolved_on")
        if resolved_on and not value:
            raise Expected("'upheld', 'partly', 'rejected' or 'withdrawn', as it is resolved")
        if value and not resolved_on and "resolved_on" in info.data:
            raise Expected("no outcome before there is a resolved_on")
        return value


class ContactRow(Row):
    """A contact; `at` without an offset, or a date alone, is in the account's own time zone."""

    KIND, ID = "contacts", "contact"

    contact: Id
    at: Moment
    channel: Channel
    direction: Literal["out", "in"] = "out"
    outcome: CallOutcome | None = Field(default=None, validate_default=True)
    step: Id | None = None
    invoices: Ids = ()
    note: Text | None = None

    @field_validator("outcome")
    @classmethod
    def _of_calls_out(cls, value: CallOutcome | None, info: ValidationInfo) -> CallOutcome | None:
        if "channel" not in info.data or "direction" not in info.data:
            return value
        called = info.data["channel"] == "call" and info.data["direction"] == "out"
        if called and value is None:
            raise Expected(f"how the call ended: {', '.join(CallOutcome)}")
        if value and not called:
            raise Expected("no outcome: only a call that we made has one")
        return value


class PlacementRow(Row):
    KIND, ID = "placements", "placement"

    placement: Id
    placed_on: Day
    agency: Id | None = None
    invoices: Ids = ()
    recalled_on: Day | None = None

    @field_validator("recalled_on")
    @classmethod
    def _in_order(cls, value: date | None, info: ValidationInfo) -> date | None:
        return _not_before(info, "placed_on", value)


KINDS: dict[str, type[Row]] = {
    row.KIND: row
    for row in (
        AccountRow,
        InvoiceRow,
        PaymentRow,
        CreditRow,
        ChargeRow,
        PromiseRow,
        DisputeRow,
        ContactRow,
        PlacementRow,
    )
}
"""Each kind of file, in the order in which they are best read, and its row."""
