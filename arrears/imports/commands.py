"""From rows to commands: what each row says was done, when it was known, and on what basis."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import singledispatch
from typing import Literal
from zoneinfo import ZoneInfo

from arrears.imports.rows import (
    AccountRow,
    ChargeRow,
    ContactRow,
    CreditRow,
    DisputeRow,
    InvoiceRow,
    PaymentRow,
    PlacementRow,
    PromiseRow,
    Row,
)
from engine.accounts import Stamp
from engine.application import Command, Decide
from engine.domain.account import Account
from engine.domain.decisions import accounts, contacts, items, payments, promises, stops
from engine.domain.decisions.items import known_item
from engine.domain.errors import AccountUnknown
from engine.domain.facts.base import Fact
from policies.approvals import Person, by_own_authority
from policies.book import PolicyBook
from policies.calendar import local_moment
from policies.due_dates import due_date
from policies.interest.on_demand import allocation_order, receive
from policies.promises import promise_terms

Mode = Literal["live", "backfill", "played"]
"""Known now; known on its own date before the engine ran; known on its own date while the engine ran."""


@dataclass(frozen=True, slots=True)
class Importing:
    """What the rows of one import share: the book's clock and zone, and what else they bring."""

    mode: Mode
    by: str
    recorded_at: datetime
    zone: ZoneInfo
    zones: Mapping[str, str]
    coming: Collection[tuple[str, str]]
    """(account, item) of each invoice and charge in the import: a payment may name one not yet raised."""
    person: Person | None = None
    """Who decides what the rows decide, in their role; None for history, which was decided before."""

    def moment(self, on: date | datetime, account: str) -> datetime:
        """When something of that day (from its start, in the book's zone) or moment was known."""
        if not isinstance(on, datetime):
            return local_moment(on, time(0), self.zone)
        return on if on.tzinfo else on.replace(tzinfo=self.zone_of(account))

    def zone_of(self, account: str) -> ZoneInfo:
        """The zone of an account's clock times, the book's where it has none."""
        name = self.zones.get(account)
        return ZoneInfo(name) if name else self.zone

    def stamp(self, row: Row, on: date | datetime) -> Stamp:
        if self.mode == "live":
            return Stamp(self.by, self.recorded_at)
        known_at = min(self.moment(on, row.account), self.recorded_at)
        return Stamp(self.by, self.recorded_at, known_at, f"{self.mode}: {row.file}, line {row.line}")


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that a row says was done, on a day or at a moment; `turn` orders what is of one moment."""

    row: Row
    on: date | datetime
    turn: int
    decide: Decide

    def command(self, importing: Importing, account_id: str) -> Command:
        return Command(account_id, self.decide, importing.stamp(self.row, self.on))


def deeds(row: Row, importing: Importing) -> Iterator[Deed]:
    """What a row says was done, in order."""
    for on, turn, decide in _deeds(row, importing):
        yield Deed(row, on, turn, decide)


Done = tuple[date | datetime, int, Decide]


@singledispatch
def _deeds(row: Row, importing: Importing) -> Iterator[Done]:
    raise NotImplementedError(type(row))


def _on_known(row: Row, decide: Callable[[Account], list[Fact]]) -> Decide:
    """The decision, on an account that must have been opened."""
    return _on_known_by(row, lambda account, _: decide(account))


def _on_known_by(row: Row, decide: Decide) -> Decide:
    """The decision by the policies, on an account that must have been opened."""

    def checked(account: Account, policies: PolicyBook) -> list[Fact]:
        if not account.exists:
            raise AccountUnknown(account=row.account)
        return decide(account, policies)

    return checked


@_deeds.register
def _account(row: AccountRow, importing: Importing) -> Iterator[Done]:
    opened_on = row.opened_on or importing.recorded_at.astimezone(importing.zone).date()
    details = row.model_dump(exclude={"file", "line", "account", "opened_on", "policy"}, exclude_none=True)

    def decide(account: Account, policies: PolicyBook) -> list[Fact]:
        facts = accounts.open_account(account, number=row.account, opened_on=opened_on, **details)
        if row.policy is not None:
            policies.check_assignable(row.policy)
            # An account that is open already changes its policy now, not from its beginning.
            opening = local_moment(opened_on, time(0), importing.zone)
            since = opening if facts else importing.recorded_at
            if row.policy == account.policy:
                return facts
            facts += accounts.assign_policy(account, policy=row.policy, effective_from=since)
        return facts

    yield opened_on, 0, decide


@_deeds.register
def _invoice(row: InvoiceRow, importing: Importing) -> Iterator[Done]:
    def decide(account: Account, policies: PolicyBook) -> list[Fact]:
        opened: list[Fact] = []
        if not account.exists:
            opened = accounts.open_account(account, number=row.account, opened_on=row.issued_on)
        due_on = due_date(
            policies, account, importing.recorded_at, invoice=row.invoice, issued_on=row.issued_on,
            due_on=row.due_on, terms=row.terms,
        )  # fmt: skip
        return opened + items.raise_invoice(
            account, invoice=row.invoice, amount=row.amount, currency=row.currency,
            issued_on=row.issued_on, due_on=due_on, reference=row.reference,
        )  # fmt: skip

    yield row.issued_on, 1, decide


@_deeds.register
def _charge(row: ChargeRow, _: Importing) -> Iterator[Done]:
    yield row.charged_on, 2, _on_known(row, lambda account: items.charge(
        account, charge=row.charge, amount=row.amount, currency=row.currency, charged_on=row.charged_on,
        due_on=row.due_on, kind=row.kind, invoice=row.invoice, reason=row.reason,
    ))  # fmt: skip


def _check_named(account: Account, row: Row, named: Collection[str], importing: Importing) -> None:
    for item in named:
        if (row.account, item) not in importing.coming:
            known_item(account, item)


@_deeds.register
def _payment(row: PaymentRow, importing: Importing) -> Iterator[Done]:
    def record(account: Account, policies: PolicyBook) -> list[Fact]:
        _check_named(account, row, row.invoice, importing)
        return receive(
            account, policies, importing.moment(row.received_on, row.account), payment=row.payment,
            amount=row.amount, currency=row.currency, received_on=row.received_on, designated=row.invoice,
            reference=row.reference,
        )  # fmt: skip

    yield row.received_on, 3, _on_known_by(row, record)
    reversed_on = row.reversed_on
    if reversed_on is not None:
        yield reversed_on, 4, _on_known(row, lambda account: payments.reverse_payment(
            account, payment=row.payment, reversed_on=reversed_on, reason=row.reason
        ))  # fmt: skip


@_deeds.register
def _credit(row: CreditRow, importing: Importing) -> Iterator[Done]:
    def issue(account: Account, policies: PolicyBook) -> list[Fact]:
        at = importing.moment(row.issued_on, row.account)
        _check_named(account, row, row.invoice, importing)
        return payments.issue_credit_note(
            account, credit=row.credit, amount=row.amount, currency=row.currency,
            issued_on=row.issued_on, designated=row.invoice, reason=row.reason,
            order=allocation_order(account, policies, at),
        )  # fmt: skip

    yield row.issued_on, 5, _on_known_by(row, issue)


@_deeds.register
def _dispute(row: DisputeRow, _: Importing) -> Iterator[Done]:
    yield row.opened_on, 6, _on_known(row, lambda account: stops.open_dispute(
        account, dispute=row.dispute, opened_on=row.opened_on, items=row.invoices, reason=row.reason,
        parts={} if row.amount is None else {row.invoices[0]: row.amount}, code=row.code, owner=row.owner,
        deadline=row.deadline,
    ))  # fmt: skip
    resolved_on, outcome = row.resolved_on, row.outcome
    if resolved_on is not None and outcome is not None:
        yield resolved_on, 7, _on_known(row, lambda account: stops.resolve_dispute(
            account, dispute=row.dispute, resolved_on=resolved_on, outcome=outcome, credit=row.credit
        ))  # fmt: skip


@_deeds.register
def _contact(row: ContactRow, importing: Importing) -> Iterator[Done]:
    at = importing.moment(row.at, row.account)

    def record(account: Account) -> list[Fact]:
        if row.direction == "in":
            return contacts.record_inbound(
                account, contact=row.contact, channel=row.channel, received_at=at, note=row.note
            )
        if row.outcome is not None:
            return contacts.record_call(
                account, call=row.contact, called_at=at, outcome=row.outcome, step=row.step,
                items=row.invoices, note=row.note,
            )  # fmt: skip
        return contacts.record_reminder(
            account, contact=row.contact, channel=row.channel, issued_at=at, step=row.step or "",
            items=row.invoices,
        )  # fmt: skip

    yield row.at, 8, _on_known(row, record)


@_deeds.register
def _promise(row: PromiseRow, importing: Importing) -> Iterator[Done]:
    def make(account: Account, policies: PolicyBook) -> list[Fact]:
        if not account.exists:
            raise AccountUnknown(account=row.account)
        at = importing.moment(row.made_on, row.account)
        return promises.make_promise(
            account, promise=row.promise, amount=row.amount, currency=row.currency, made_on=row.made_on,
            promised_on=row.promised_on, items=row.invoices, taken_by=row.taken_by or "",
            terms=promise_terms(policies, account, row.amount, row.currency, row.promised_on, at),
        )  # fmt: skip

    yield row.made_at or row.made_on, 9, make


@_deeds.register
def _placement(row: PlacementRow, importing: Importing) -> Iterator[Done]:
    def place(account: Account, policies: PolicyBook) -> list[Fact]:
        facts = contacts.place_directly(
            account, placement=row.placement, agency=row.agency or "agency", placed_on=row.placed_on,
            items=row.invoices,
        )  # fmt: skip
        person = importing.person
        return by_own_authority(policies, account, facts, person) if person else facts

    yield row.placed_on, 10, _on_known_by(row, place)
    recalled_on = row.recalled_on
    if recalled_on is not None:
        yield recalled_on, 11, _on_known(row, lambda account: contacts.take_back(
            account, placement=row.placement, on=recalled_on, declined=False
        ))  # fmt: skip
