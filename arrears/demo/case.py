"""One bill of one debtor (invoices issued and due together) and what can happen to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from arrears.demo.places import Place, amount_worth, is_working_day
from arrears.demo.sheets import Row, Sheets
from engine.domain.money import ZERO, from_minor, to_minor

MINUTES_ON_THE_PHONE = timedelta(minutes=5)
NOTES = {
    "reached": "Will look at it and pay",
    "promised": "Named a date for the transfer",
    "refused": "Says there is no money at present",
    "third_party": "A colleague answered, will pass it on",
    "voicemail": "Asked to be called back",
    "no_answer": "",
    "busy": "",
    "wrong_number": "A stranger answered",
    "disconnected": "Number no longer in use",
}


@dataclass(frozen=True)
class Debtor:
    """An invented account. `timezone` is empty where the creditor does not know it."""

    account: str
    name: str
    kind: str
    place: Place
    timezone: str
    email: str
    phone: str
    address: str
    segment: str
    collector: str
    opened_on: date


@dataclass
class Payment:
    """A payment's row, and what of it went to each item."""

    received_on: date
    row: Row
    covered: dict[str, Decimal]


def percent(amount: Decimal, currency: str, percentage: int) -> Decimal:
    """So many hundredths of the amount, cut off at the currency's smallest unit."""
    return from_minor(to_minor(amount, currency) * percentage // 100, currency)


@dataclass
class Case:
    """A bill as it is played out: `open` is what is owed on each item after all that was added so far."""

    debtor: Debtor
    rng: Random
    sheets: Sheets
    currency: str
    issued_on: date
    due_on: date
    names_invoices: float = 1.0
    amounts: dict[str, Decimal] = field(default_factory=dict)
    open: dict[str, Decimal] = field(default_factory=dict)
    settled_on: date | None = None
    spoke_at: dict[date, datetime] = field(default_factory=dict)

    @property
    def owed(self) -> Decimal:
        return sum(self.open.values(), ZERO)

    def due(self, days: int) -> date:
        """The day so many days past due (negative: before)."""
        return self.due_on + timedelta(days=days)

    def some_day(self, first: date, last: date) -> date:
        """A working day of the debtor between the two, both included; `last` where there is none."""
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        return self.rng.choice([day for day in days if is_working_day(day, self.debtor.place)] or [last])

    def invoice(self, amount: Decimal) -> None:
        """Adds an invoice to the bill."""
        number = self._new_id("INV")
        self.amounts[number] = self.open[number] = amount
        dates = {"issued_on": str(self.issued_on), "due_on": str(self.due_on)}
        self._add("invoices", self.issued_on, {"invoice": number, **dates, **self._money(amount)})

    def pay(self, on: date, amount: Decimal | None = None) -> Payment:
        """A payment of all that is owed, or of another amount; it covers the items in their order."""
        paid = self.owed if amount is None else amount
        covered = self._cover(on, tuple(self.open), paid)
        named = ";".join(covered) if self.rng.random() < self.names_invoices else ""
        reference = named.replace(";", " ") or f"Transfer {self.rng.randint(10_000, 99_999)}"
        told = {"received_on": str(on), "invoice": named, "reference": reference}
        row = {"payment": self._new_id("PAY"), **told, **self._money(paid)}
        return Payment(on, self._add("payments", on, row), covered)

    def bounce(self, payment: Payment, on: date) -> None:
        """The bank takes the payment back, and its fee is charged to the debtor."""
        payment.row.update(reversed_on=str(on), reason="Returned by the bank: insufficient funds")
        for number, amount in payment.covered.items():
            self.open[number] += amount
        self.settled_on = None
        fee, charge = amount_worth(10, self.currency), self._new_id("FEE")
        told = {"charged_on": str(on), "due_on": str(on + timedelta(days=14)), "reason": "Returned payment"}
        row = {"charge": charge, "invoice": next(iter(payment.covered)), **told, **self._money(fee)}
        self._add("charges", on, row)
        self.open[charge] = fee

    def credit(self, on: date, invoice: str, amount: Decimal, reason: str) -> None:
        """A credit note of ours on the invoice."""
        self._cover(on, (invoice,), amount)
        row = {"credit": self._new_id("CRN"), "issued_on": str(on), "invoice": invoice, "reason": reason}
        self._add("credits", on, row | self._money(amount))

    def promise(self, made_on: date, promised_on: date) -> None:
        """The debtor promises all that is owed on the bill."""
        told = {"made_on": str(made_on), "promised_on": str(promised_on), "taken_by": self.debtor.collector}
        spoke_at = self.spoke_at.get(made_on)
        made_at = (spoke_at + MINUTES_ON_THE_PHONE).isoformat() if spoke_at else ""
        row = {"promise": self._new_id("PRO"), "invoices": self._open_numbers(), "made_at": made_at, **told}
        self._add("promises", made_on, row | self._money(self.owed))

    def dispute(self, opened_on: date, invoice: str, reason: str, resolved_on: date, outcome: str) -> None:
        """The debtor disputes the invoice; the outcome comes later."""
        told = {"opened_on": str(opened_on), "resolved_on": str(resolved_on), "outcome": outcome}
        row = {"dispute": self._new_id("DSP"), "invoices": invoice, "reason": reason, **told}
        self._add("disputes", opened_on, row)

    def call(self, on: date, outcome: str) -> None:
        """The collector calls, in the debtor's working hours."""
        self._contact(on, "call", "out", {"outcome": outcome, "note": NOTES[outcome]})

    def hear(self, on: date, channel: str, note: str) -> None:
        """The debtor calls or writes."""
        self._contact(on, channel, "in", {"note": note})

    def _contact(self, on: date, channel: str, direction: str, values: Row) -> None:
        clock = time(self.rng.randint(10, 16), self.rng.randint(0, 59))
        at = datetime.combine(on, clock, ZoneInfo(self.debtor.timezone or self.debtor.place.timezone))
        self.spoke_at[on] = at
        told = {"at": at.isoformat(), "channel": channel, "direction": direction}
        row = {"contact": self._new_id("CON"), "invoices": self._open_numbers(), **told, **values}
        self._add("contacts", on, row)

    def _cover(self, on: date, numbers: Iterable[str], amount: Decimal) -> dict[str, Decimal]:
        covered = {}
        for number in numbers:
            if part := min(self.open[number], amount):
                covered[number] = part
                self.open[number] -= part
                amount -= part
        # A short payment of a few percent does not make a customer whom nobody supplies any more.
        if self.owed * 10 <= sum(self.amounts.values(), ZERO):
            self.settled_on = self.settled_on or on
        return covered

    def _open_numbers(self) -> str:
        return ";".join(number for number, left in self.open.items() if left)

    def _money(self, amount: Decimal) -> Row:
        return {"amount": str(amount), "currency": self.currency}

    def _new_id(self, prefix: str) -> str:
        return self.sheets.new_id(prefix, self.debtor.account)

    def _add(self, name: str, on: date, values: Mapping[str, str]) -> Row:
        return self.sheets.add(name, on, {"account": self.debtor.account, **values})
