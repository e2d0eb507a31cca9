"""Facts about what is owed and what was paid."""

from datetime import date

from engine.domain.facts.base import Allocation, Amount, Fact, Personal, Release


class InvoiceRaised(Fact):
    invoice: str
    amount: Amount
    currency: str
    issued_on: date
    due_on: date
    reference: Personal[str] | None = None

    @property
    def happened_on(self) -> date:
        return self.issued_on


class InvoiceCorrected(Fact):
    """The claim is now `amount`, due on `due_on`, as from `effective_on`.

    `effective_on` is the issue date where the invoice was wrong, its own date where the claim changed.
    `released` is what payments and credits had covered beyond the new claim; it becomes unapplied.
    """

    invoice: str
    amount: Amount
    previous_amount: Amount
    due_on: date
    previous_due_on: date
    currency: str
    effective_on: date
    reason: Personal[str] | None = None
    released: tuple[Release, ...] = ()

    @property
    def happened_on(self) -> date:
        return self.effective_on


class FeeCharged(Fact):
    """A cost added to the debt: an open item of its own, with its own due date."""

    charge: str
    amount: Amount
    currency: str
    charged_on: date
    due_on: date
    invoice: str | None = None
    reason: str | None = None

    @property
    def happened_on(self) -> date:
        return self.charged_on


class InterestCharged(Fact):
    """Interest added to the debt: an open item of its own, with its own due date."""

    charge: str
    amount: Amount
    currency: str
    charged_on: date
    due_on: date
    invoice: str | None = None
    reason: str | None = None

    @property
    def happened_on(self) -> date:
        return self.charged_on


class ChargeWaived(Fact):
    """So much of a charge is given up; `amount` is what was still open of it."""

    charge: str
    amount: Amount
    currency: str
    waived_on: date
    reason: Personal[str] | None = None

    @property
    def happened_on(self) -> date:
        return self.waived_on


class CreditNoteIssued(Fact):
    credit: str
    amount: Amount
    currency: str
    issued_on: date
    designated: tuple[str, ...] = ()
    allocations: tuple[Allocation, ...] = ()
    reason: Personal[str] | None = None

    @property
    def happened_on(self) -> date:
        return self.issued_on


class CreditAllocated(Fact):
    credit: str
    currency: str
    allocated_on: date
    allocations: tuple[Allocation, ...]

    @property
    def happened_on(self) -> date:
        return self.allocated_on


class PaymentReceived(Fact):
    """Money in. `designated` are the items the payer named; `allocations` what was paid with it at once."""

    payment: str
    amount: Amount
    currency: str
    received_on: date
    designated: tuple[str, ...] = ()
    allocations: tuple[Allocation, ...] = ()
    reference: Personal[str] | None = None

    @property
    def happened_on(self) -> date:
        return self.received_on


class PaymentAllocated(Fact):
    """Unapplied money of a payment, set against items on `allocated_on`."""

    payment: str
    currency: str
    allocated_on: date
    allocations: tuple[Allocation, ...]

    @property
    def happened_on(self) -> date:
        return self.allocated_on


class PaymentReversed(Fact):
    """The bank took the money back; `reopened` is exactly what the payment had paid."""

    payment: str
    amount: Amount
    currency: str
    reversed_on: date
    reopened: tuple[Allocation, ...] = ()
    unapplied: Amount
    reason: Personal[str] | None = None

    @property
    def happened_on(self) -> date:
        return self.reversed_on


class PaymentRefunded(Fact):
    """Unapplied money of a payment was given back."""

    payment: str
    amount: Amount
    currency: str
    refunded_on: date

    @property
    def happened_on(self) -> date:
        return self.refunded_on


class InvoiceWrittenOff(Fact):
    """What was open of the item is no longer expected; `amount` is that open amount."""

    invoice: str
    amount: Amount
    currency: str
    written_off_on: date
    reason: Personal[str] | None = None

    @property
    def happened_on(self) -> date:
        return self.written_off_on


class WriteOffReversed(Fact):
    invoice: str
    amount: Amount
    currency: str
    reversed_on: date
    reason: Personal[str] | None = None

    @property
    def happened_on(self) -> date:
        return self.reversed_on
