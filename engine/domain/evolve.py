"""How each fact changes the account: it only assigns and never refuses, so that history always loads."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, TypeVar, cast

from engine.domain.account import (
    Account,
    Contact,
    Days,
    Dispute,
    Fired,
    Hold,
    Item,
    Placement,
    Promise,
    PromiseStatus,
    Receipt,
)
from engine.domain.facts import accounts, contacts, escalation, items, promises, stops
from engine.domain.facts.base import Allocation, Fact
from engine.domain.money import ZERO

F = TypeVar("F", bound=Fact)
Apply = Callable[[Account, Any], None]
_APPLY: dict[type[Fact], Apply] = {}

BACKFILL = "backfill"


def _applies(*kinds: type[Fact]) -> Callable[[Callable[[Account, F], None]], Callable[[Account, F], None]]:
    def register(apply: Callable[[Account, F], None]) -> Callable[[Account, F], None]:
        for kind in kinds:
            _APPLY[kind] = cast("Apply", apply)
        return apply

    return register


def evolve(account: Account, fact: Fact) -> None:
    """Folds one more fact into the account, in place, in time proportional to the fact."""
    account.version += 1
    account.last_known_at = max(account.last_known_at, fact.known_at)
    if fact.basis is None:
        account.last_live_at = fact.known_at
    elif fact.basis.startswith(BACKFILL):
        account.backfilled = True
    apply = _APPLY.get(type(fact))
    if apply:
        apply(account, fact)


def fold(account: Account, facts: Iterable[Fact]) -> Account:
    """The account after these facts."""
    for fact in facts:
        evolve(account, fact)
    return account


# --- the debtor -------------------------------------------------------------------------------------------


@_applies(accounts.AccountOpened)
def _opened(account: Account, fact: accounts.AccountOpened) -> None:
    account.number = fact.number
    account.opened_on = fact.opened_on
    _details(account, fact)


@_applies(accounts.DebtorDetailsChanged)
def _details(account: Account, fact: accounts.AccountOpened | accounts.DebtorDetailsChanged) -> None:
    for name in ("name", "kind", "country", "region", "timezone", "segment", "collector"):
        value = getattr(fact, name)
        if value is not None:
            setattr(account, name, value)
    if fact.phone is not None:
        account.last_outcome = None
    if fact.address is not None:
        account.mail_returned = False
        _send_again(account, "letter", fact.happened_on)
    if fact.email is not None:
        _send_again(account, "email", fact.happened_on)


def _send_again(account: Account, channel: str, on: date) -> None:
    """With a new address, what came back from the old one counts as not sent."""
    moment = datetime.combine(on, time(0), UTC)
    for contact in [c for c in account.came_back.values() if c.channel == channel]:
        del account.came_back[contact.id]
        _call_off(account, contact, moment)


@_applies(accounts.PolicyAssigned)
def _assigned(account: Account, fact: accounts.PolicyAssigned) -> None:
    account.assignments.append((fact.effective_from, fact.policy))
    account.assignments.sort(key=lambda assigned: assigned[0])


@_applies(accounts.WentLive)
def _went_live(account: Account, fact: accounts.WentLive) -> None:
    account.live_on = fact.on
    for item in account.open_items.values():
        if fact.invoices == "fresh":
            item.ladder_from = fact.on
            item.fired = {}
        elif fact.invoices == "from-step" and item.due_on < fact.on:
            item.entry_step = fact.step
            item.fired = {}
        item.cycle_from = fact.on


# --- what is owed -----------------------------------------------------------------------------------------


def _owe(account: Account, item: Item, amount: Decimal, on: date) -> None:
    """Moves the open amount of an item; closing it and opening it again keeps the days between."""
    was_open = item.open
    item.open += amount
    if item.open == ZERO and was_open != ZERO:
        item.closed_on = on
        account.closed_items[item.id] = account.open_items.pop(item.id, item)
    elif item.open != ZERO and item.closed_on is not None:
        item.breaks.append(Days(item.closed_on, max(on, item.closed_on)))
        item.closed_on = None
        account.open_items[item.id] = account.closed_items.pop(item.id, item)


def _balance(account: Account, currency: str, amount: Decimal) -> None:
    account.balance[currency] = account.balance.get(currency, ZERO) + amount


def _unapplied(account: Account, receipt: Receipt, amount: Decimal) -> None:
    receipt.unapplied += amount
    account.unapplied[receipt.currency] = account.unapplied.get(receipt.currency, ZERO) + amount


@_applies(items.InvoiceRaised)
def _raised(account: Account, fact: items.InvoiceRaised) -> None:
    _add_item(account, Item(
        id=fact.invoice, kind="invoice", currency=fact.currency, raised_amount=fact.amount,
        raised_due_on=fact.due_on, amount=fact.amount, open=fact.amount, issued_on=fact.issued_on,
        due_on=fact.due_on,
    ))  # fmt: skip


@_applies(items.FeeCharged, items.InterestCharged)
def _charged(account: Account, fact: items.FeeCharged | items.InterestCharged) -> None:
    _add_item(account, Item(
        id=fact.charge, kind="fee" if isinstance(fact, items.FeeCharged) else "interest",
        currency=fact.currency, raised_amount=fact.amount, raised_due_on=fact.due_on, amount=fact.amount,
        open=fact.amount, issued_on=fact.charged_on, due_on=fact.due_on, invoice=fact.invoice,
        reason=fact.reason,
    ))  # fmt: skip


def _add_item(account: Account, item: Item) -> None:
    account.open_items[item.id] = item
    _balance(account, item.currency, item.amount)


@_applies(items.InvoiceCorrected)
def _corrected(account: Account, fact: items.InvoiceCorrected) -> None:
    item = _item(account, fact.invoice)
    delta = fact.amount - fact.previous_amount
    item.amount = fact.amount
    item.due_on = fact.due_on
    _balance(account, fact.currency, delta)
    for release in fact.released:
        receipt = account.receipt(release.receipt)
        assert receipt is not None
        _release(item, receipt, release.amount)
        _unapplied(account, receipt, release.amount)
        delta += release.amount
    _owe(account, item, delta, fact.effective_on)


def _release(item: Item, receipt: Receipt, amount: Decimal) -> None:
    receipt.allocated[item.id] -= amount
    item.paid_by[receipt.id] -= amount


@_applies(items.ChargeWaived, items.InvoiceWrittenOff)
def _given_up(account: Account, fact: items.ChargeWaived | items.InvoiceWrittenOff) -> None:
    if isinstance(fact, items.ChargeWaived):
        item, on = _item(account, fact.charge), fact.waived_on
        item.waived += fact.amount
    else:
        item, on = _item(account, fact.invoice), fact.written_off_on
        item.written_off += fact.amount
    _balance(account, fact.currency, -fact.amount)
    _owe(account, item, -fact.amount, on)


@_applies(items.WriteOffReversed)
def _write_off_reversed(account: Account, fact: items.WriteOffReversed) -> None:
    item = _item(account, fact.invoice)
    item.written_off -= fact.amount
    _balance(account, fact.currency, fact.amount)
    _reopen(account, item, fact.amount, fact.reversed_on)


def _reopen(account: Account, item: Item, amount: Decimal, on: date) -> None:
    """A closed item that is owed again starts a new cycle of the ladder."""
    if item.closed_on is not None:
        item.cycle += 1
        item.cycle_from = on
        item.entry_step = None
        item.fired = {}
        item.called_off = {}
    _owe(account, item, amount, on)


def _item(account: Account, item_id: str) -> Item:
    item = account.item(item_id)
    assert item is not None, f"no fact can name the item {item_id} before it was raised"
    return item


# --- what was paid ----------------------------------------------------------------------------------------


@_applies(items.PaymentReceived)
def _paid(account: Account, fact: items.PaymentReceived) -> None:
    receipt = Receipt(
        id=fact.payment, kind="payment", currency=fact.currency, amount=fact.amount,
        received_on=fact.received_on, designated=fact.designated, unapplied=ZERO,
    )  # fmt: skip
    account.receipts[fact.payment] = receipt
    _receive(account, receipt, fact.allocations)
    _responded(account, fact.received_on, fact.designated)
    for promise in account.promises.values() if len(account.pending) < len(account.promises) else ():
        judged = promise.status not in ("pending", "withdrawn")
        if judged and promise.made_on <= fact.received_on <= promise.terms.deadline:
            account.to_rejudge[promise.id] = fact.received_on


@_applies(items.CreditNoteIssued)
def _credited(account: Account, fact: items.CreditNoteIssued) -> None:
    receipt = Receipt(
        id=fact.credit, kind="credit", currency=fact.currency, amount=fact.amount,
        received_on=fact.issued_on, designated=fact.designated, unapplied=ZERO,
    )  # fmt: skip
    account.credits[fact.credit] = receipt
    _receive(account, receipt, fact.allocations)


def _receive(account: Account, receipt: Receipt, allocations: tuple[Allocation, ...]) -> None:
    _balance(account, receipt.currency, -receipt.amount)
    _unapplied(account, receipt, receipt.amount)
    _allocate(account, receipt, allocations)


def _allocate(account: Account, receipt: Receipt, allocations: tuple[Allocation, ...]) -> None:
    for allocation in allocations:
        item = _item(account, allocation.item)
        receipt.allocated[item.id] = receipt.allocated.get(item.id, ZERO) + allocation.amount
        receipt.allocated_on[item.id] = allocation.on
        item.paid_by[receipt.id] = item.paid_by.get(receipt.id, ZERO) + allocation.amount
        _unapplied(account, receipt, -allocation.amount)
        _owe(account, item, -allocation.amount, allocation.on)


@_applies(items.PaymentAllocated)
def _payment_allocated(account: Account, fact: items.PaymentAllocated) -> None:
    _allocate(account, account.receipts[fact.payment], fact.allocations)


@_applies(items.CreditAllocated)
def _credit_allocated(account: Account, fact: items.CreditAllocated) -> None:
    _allocate(account, account.credits[fact.credit], fact.allocations)


@_applies(items.PaymentReversed)
def _reversed(account: Account, fact: items.PaymentReversed) -> None:
    receipt = account.receipts[fact.payment]
    receipt.reversed_on = fact.reversed_on
    _balance(account, fact.currency, fact.amount)
    _unapplied(account, receipt, -fact.unapplied)
    for reopened in fact.reopened:
        item = _item(account, reopened.item)
        _release(item, receipt, reopened.amount)
        _reopen(account, item, reopened.amount, reopened.on)
    for promise in account.promises.values():
        if promise.counted.get(fact.payment):
            account.to_rejudge[promise.id] = fact.reversed_on


@_applies(items.PaymentRefunded)
def _refunded(account: Account, fact: items.PaymentRefunded) -> None:
    receipt = account.receipts[fact.payment]
    receipt.refunded += fact.amount
    _unapplied(account, receipt, -fact.amount)
    _balance(account, fact.currency, fact.amount)


# --- contact ----------------------------------------------------------------------------------------------


def _responded(account: Account, on: date, about: Iterable[str] = ()) -> None:
    """The debtor responded, about these items (none named: about all of the account)."""
    account.last_response_on = max(on, account.last_response_on or on)
    named: list[Item | Account] = [item for item in map(account.item, about) if item is not None]
    for asked in named or [account]:
        asked.heard_on = max(on, asked.heard_on or on)


def _contacted(account: Account, at: datetime) -> None:
    if account.last_contact_at is None or at > account.last_contact_at:
        account.last_contact_at = at


def _fire(account: Account, lines: Iterable[contacts.Line], at: datetime, contact: str | None) -> None:
    for line in lines:
        item = account.item(line.item)
        if item is not None and item.cycle == line.cycle:
            item.fired[line.step] = Fired(line.step, at, contact)


@_applies(contacts.ReminderIssued)
def _reminded(account: Account, fact: contacts.ReminderIssued) -> None:
    contact = Contact(fact.contact, fact.channel, fact.step, fact.lines, fact.issued_at, "issued")
    account.contacts[fact.contact] = contact
    _contacted(account, fact.issued_at)
    _fire(account, fact.lines, fact.issued_at, fact.contact)


@_applies(contacts.CallScheduled)
def _call_scheduled(account: Account, fact: contacts.CallScheduled) -> None:
    contact = Contact(fact.contact, "call", fact.step, fact.lines, fact.scheduled_at, "scheduled")
    account.contacts[fact.contact] = account.calls_due[fact.contact] = contact
    _contacted(account, fact.scheduled_at)
    _fire(account, fact.lines, fact.scheduled_at, fact.contact)


@_applies(contacts.ReminderDelivered)
def _delivered(account: Account, fact: contacts.ReminderDelivered) -> None:
    if contact := account.contacts.get(fact.contact):
        contact.status = "delivered"


@_applies(contacts.ReminderFailed)
def _failed(account: Account, fact: contacts.ReminderFailed) -> None:
    if contact := account.contacts.get(fact.contact):
        contact.status = "failed"
        account.came_back[contact.id] = contact
        account.mail_returned = account.mail_returned or contact.channel == "letter"


@_applies(contacts.ReminderCancelled)
def _cancelled(account: Account, fact: contacts.ReminderCancelled) -> None:
    """What was never made may fall due again, so its steps count as not taken."""
    account.calls_due.pop(fact.contact, None)
    contact = account.contacts.get(fact.contact)
    if contact is None:
        return
    contact.status = "cancelled"
    made = (c.made_at or c.at for c in account.contacts.values() if c.status != "cancelled")
    account.last_contact_at = max(made, default=None)
    _call_off(account, contact, fact.cancelled_at)


def _call_off(account: Account, contact: Contact, at: datetime) -> None:
    """The contact's steps count as not taken, and may fall due again from that moment."""
    for line in contact.lines:
        item = account.item(line.item)
        fired = item.fired.get(line.step) if item else None
        if item and fired and fired.contact == contact.id:
            del item.fired[line.step]
            item.called_off[line.step] = at


@_applies(contacts.CallMade)
def _called(account: Account, fact: contacts.CallMade) -> None:
    for contact_id in fact.answers:
        account.calls_due.pop(contact_id, None)
        if contact := account.contacts.get(contact_id):
            contact.status, contact.made_at, contact.outcome = "made", fact.called_at, fact.outcome
    lines = tuple(_imported_lines(account, fact))
    account.contacts[fact.call] = Contact(
        fact.call, "call", fact.step or "", lines, fact.called_at, "made", fact.called_at, fact.outcome
    )
    _fire(account, lines, fact.called_at, fact.call)
    _contacted(account, fact.called_at)
    account.last_outcome = fact.outcome
    if fact.outcome in contacts.RIGHT_PARTY:
        account.unreachable = False


def _imported_lines(account: Account, fact: contacts.CallMade) -> Iterable[contacts.Line]:
    for item_id in fact.items if fact.step else ():
        if item := account.item(item_id):
            yield contacts.Line(
                item=item_id, step=fact.step or "", open=item.open, currency=item.currency,
                due_on=item.due_on, days_past_due=(fact.called_at.date() - item.due_on).days,
                cycle=item.cycle,
            )  # fmt: skip


@_applies(contacts.InboundContactReceived)
def _inbound(account: Account, fact: contacts.InboundContactReceived) -> None:
    account.inbound.add(fact.contact)
    account.unreachable = False
    _responded(account, fact.received_at.date())


@_applies(contacts.ContactDeferred)
def _deferred(account: Account, fact: contacts.ContactDeferred) -> None:
    for item_id in fact.items:
        if item := account.item(item_id):
            account.deferred[item_id, item.cycle, fact.step] = fact.until


@_applies(contacts.StepLapsed)
def _lapsed(account: Account, fact: contacts.StepLapsed) -> None:
    at = fact.because.acted_at if fact.because else fact.known_at
    for item_id in fact.items:
        item = account.item(item_id)
        if item is not None and item.cycle == fact.cycle:
            item.fired[fact.step] = Fired(fact.step, at, lapsed=True)


@_applies(contacts.StepWithheld)
def _withheld(account: Account, fact: contacts.StepWithheld) -> None:
    for item_id in fact.items:
        account.withheld.add((item_id, fact.cycle, fact.step, fact.reason, fact.reference))


# --- promises ---------------------------------------------------------------------------------------------


def _add_promise(account: Account, promise: Promise) -> None:
    account.promises[promise.id] = account.pending[promise.id] = promise


@_applies(promises.PromiseMade)
def _promised(account: Account, fact: promises.PromiseMade) -> None:
    _add_promise(account, Promise(
        id=fact.promise, plan=None, items=fact.items, currency=fact.currency, amount=fact.amount,
        made_on=fact.made_on, promised_on=fact.promised_on, terms=fact.terms, taken_by=fact.taken_by,
    ))  # fmt: skip
    _responded(account, fact.made_on, fact.items)


@_applies(promises.RepaymentPlanAgreed)
def _planned(account: Account, fact: promises.RepaymentPlanAgreed) -> None:
    names = tuple(f"{fact.plan}/{number}" for number in range(1, len(fact.instalments) + 1))
    account.plans[fact.plan] = names
    for name, part in zip(names, fact.instalments, strict=True):
        _add_promise(account, Promise(
            id=name, plan=fact.plan, items=fact.items, currency=fact.currency, amount=part.amount,
            made_on=fact.agreed_on, promised_on=part.promised_on, terms=part.terms, taken_by=fact.taken_by,
        ))  # fmt: skip
    _responded(account, fact.agreed_on, fact.items)


_VERDICTS: dict[type[Fact], PromiseStatus] = {
    promises.PromiseKept: "kept",
    promises.PromisePartlyKept: "partly_kept",
    promises.PromiseBroken: "broken",
}


@_applies(promises.PromiseKept, promises.PromisePartlyKept, promises.PromiseBroken)
def _judged(account: Account, fact: promises.Judgement) -> None:
    promise = account.promises[fact.promise]
    verdict = _VERDICTS[type(fact)]
    account.broken_promises += (verdict == "broken") - (promise.status == "broken")
    promise.status, promise.received, promise.judged_at = verdict, fact.received, fact.judged_at
    promise.counted = dict(fact.counted)
    account.pending.pop(promise.id, None)
    account.to_rejudge.pop(promise.id, None)


@_applies(promises.PromiseWithdrawn)
def _promise_withdrawn(account: Account, fact: promises.PromiseWithdrawn) -> None:
    for name in account.plans.get(fact.promise, (fact.promise,)):
        account.to_rejudge.pop(name, None)
        if promise := account.pending.pop(name, None):
            promise.status, promise.withdrawn_on = "withdrawn", fact.withdrawn_on


# --- stops ------------------------------------------------------------------------------------------------


@_applies(stops.DisputeOpened)
def _disputed(account: Account, fact: stops.DisputeOpened) -> None:
    account.disputes[fact.dispute] = Dispute(fact.dispute, fact.items, fact.opened_on)
    _responded(account, fact.opened_on, fact.items)
    for item_id in fact.items:
        _item(account, item_id).disputes.add(fact.dispute)


@_applies(stops.DisputeResolved)
def _dispute_resolved(account: Account, fact: stops.DisputeResolved) -> None:
    dispute = account.disputes[fact.dispute]
    dispute.resolved_on, dispute.outcome = fact.resolved_on, fact.outcome
    for item_id in dispute.items:
        item = _item(account, item_id)
        item.disputes.discard(fact.dispute)
        item.breaks.append(Days(dispute.opened_on, fact.resolved_on))


@_applies(stops.HoldPlaced)
def _held(account: Account, fact: stops.HoldPlaced) -> None:
    days = Days(fact.from_on, fact.until_on)
    account.holds[fact.hold] = Hold(fact.hold, fact.kind, days, fact.items)


@_applies(stops.HoldReleased)
def _hold_released(account: Account, fact: stops.HoldReleased) -> None:
    hold = account.holds[fact.hold]
    hold.released_on = fact.released_on
    released_on = max(fact.released_on, hold.days.start)
    hold.days.end = min(released_on, hold.days.end or released_on)


# --- going further ----------------------------------------------------------------------------------------


@_applies(escalation.EscalationRaised)
def _raised_to(account: Account, fact: escalation.EscalationRaised) -> None:
    _fire(account, fact.lines, _acted_at(fact), None)


def _acted_at(fact: Fact) -> datetime:
    return fact.because.acted_at if fact.because else fact.known_at


@_applies(escalation.DebtorUnreachable)
def _unreachable(account: Account, _: escalation.DebtorUnreachable) -> None:
    account.unreachable = True


@_applies(escalation.TraceRequested)
def _trace(account: Account, fact: escalation.TraceRequested) -> None:
    account.trace = fact.trace
    _fire(account, fact.lines, _acted_at(fact), None)


@_applies(escalation.DebtorLocated)
def _located(account: Account, fact: escalation.DebtorLocated) -> None:
    account.trace, account.unreachable, account.mail_returned = None, False, False
    account.last_outcome = None
    _send_again(account, "letter", fact.located_on)


@_applies(escalation.PlacementProposed)
def _proposed(account: Account, fact: escalation.PlacementProposed) -> None:
    account.placements[fact.placement] = Placement(fact.placement, fact.agency, fact.lines, "proposed")
    _fire(account, fact.lines, _acted_at(fact), None)
    _set_placement(account, fact.lines, fact.placement)


@_applies(escalation.AccountPlaced)
def _placed(account: Account, fact: escalation.AccountPlaced) -> None:
    account.placements[fact.placement] = Placement(
        fact.placement, fact.agency, fact.lines, "placed", fact.placed_on
    )
    if fact.because:
        _fire(account, fact.lines, _acted_at(fact), None)
    _set_placement(account, fact.lines, fact.placement)


@_applies(escalation.PlacementRecalled)
def _recalled(account: Account, fact: escalation.PlacementRecalled) -> None:
    placement = account.placements.get(fact.placement)
    if placement is None:  # in a replay: a proposal that is not made there
        return
    placement.status = "declined" if fact.declined else "recalled"
    for line in placement.lines:
        item = account.item(line.item)
        if item is not None and item.placement == fact.placement:
            item.placement = None


def _set_placement(account: Account, lines: Iterable[contacts.Line], placement: str) -> None:
    for line in lines:
        if item := account.item(line.item):
            item.placement = placement
