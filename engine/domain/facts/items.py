"""Facts about what is owed and what was paid."""

from datetime import date
from typing import ClassVar

from engine.domain.facts.base import Allocation, Amount, Authority, Fact, Personal, Release, Value


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
    """A cost added to the debt: an open item of its own, with its own due date.

    A fixed compensation says by the size of which `debt` it goes; each invoice bears one at most.
    """

    VERSION: ClassVar[int] = 2

    charge: str
    amount: Amount
    currency: str
    charged_on: date
    due_on: date
    invoice: str | None = None
    reason: Personal[str] | None = None
    debt: Amount | None = None

    @property
    def happened_on(self) -> date:
        return self.charged_on


class InterestDays(Value):
    """Interest of the days after `after`, `until` included: one principal, one rate, before it is rounded.

    `source` says where the rate comes from, `days` counts as `day_count` does.
    """

    after: date
    until: date
    days: int
    principal: Amount
    rate_percent: Amount
    day_count: str
    source: str
    interest: Amount


class InterestCharged(Fact):
    """Interest added to the debt: an open item of its own, with its own due date.

    Where it was worked out and not just entered, it is for the days after `after`, `until` included, on the
    invoice; `days` shows how. What it comes to is rounded over all days of the invoice, once.
    """

    VERSION: ClassVar[int] = 2

    charge: str
    amount: Amount
    currency: str
    charged_on: date
    due_on: date
    invoice: str | None = None
    reason: Personal[str] | None = None
    after: date | None = None
    until: date | None = None
    days: tuple[InterestDays, ...] = ()

    @property
    def happened_on(self) -> date:
        return self.charged_on


class AdjustedPeriod(Value):
    """Interest that was charged for some days, and what those days come to by what is known now."""

    after: date
    until: date
    charged: Amount
    comes_to: Amount


class LoweredCharge(Value):
    """So much of a charge is not owed after all; `released` is what had been paid of it."""

    item: str
    amount: Amount
    released: tuple[Release, ...] = ()


class InterestAdjusted(Fact):
    """What was learnt late made past interest of an invoice wrong by `amount`; `periods` says in which days.

    More is owed: `adjustment` is an open item of its own, due on `due_on`. Less: charges are `lowered`, the
    latest first, and what was paid of them becomes unapplied; what had been waived of them stays so.
    """

    adjustment: str
    invoice: str
    amount: Amount
    currency: str
    adjusted_on: date
    due_on: date
    periods: tuple[AdjustedPeriod, ...] = ()
    days: tuple[InterestDays, ...] = ()
    lowered: tuple[LoweredCharge, ...] = ()
    reason: str | None = None

    @property
    def happened_on(self) -> date:
        return self.adjusted_on


class ChargeWaived(Fact):
    """So much of a charge is given up: all that was open of it, or a part."""

    VERSION: ClassVar[int] = 2

    charge: str
    amount: Amount
    currency: str
    waived_on: date
    reason: Personal[str] | None = None
    authority: Authority | None = None

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
    """What was open of the item is no longer expected; `amount` is that open amount.

    By a `settlement` that was kept also charges are written off, and no more than it gives up.
    """

    VERSION: ClassVar[int] = 2

    invoice: str
    amount: Amount
    currency: str
    written_off_on: date
    reason: Personal[str] | None = None
    authority: Authority | None = None
    settlement: str | None = None

    @property
    def happened_on(self) -> date:
        return self.written_off_on


class WriteOffReversed(Fact):
    """What was written off of the item is claimed again, because its `settlement` was not kept after all
    where one is named."""

    VERSION: ClassVar[int] = 2

    invoice: str
    amount: Amount
    currency: str
    reversed_on: date
    reason: Personal[str] | None = None
    settlement: str | None = None

    @property
    def happened_on(self) -> date:
        return self.reversed_on
