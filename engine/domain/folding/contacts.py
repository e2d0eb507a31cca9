"""Contact with the debtor."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time

from engine.domain.account import Account, Contact, Failures, Fired, Item
from engine.domain.facts import contacts
from engine.domain.facts.base import Fact
from engine.domain.folding.registry import applies

VALIDATION_NOTICE = "validation-notice"


def send_again(account: Account, channel: str, on: date) -> None:
    """With a new address, what came back from the old one counts as not sent."""
    moment = datetime.combine(on, time(0), UTC)
    for contact in [c for c in account.came_back.values() if c.channel == channel]:
        del account.came_back[contact.id]
        call_off(account, contact, moment)


def acted_at(fact: Fact) -> datetime:
    """When the engine acted, or, where a person decided, when it was known."""
    return fact.because.acted_at if fact.because else fact.known_at


def responded(account: Account, on: date, about: Iterable[str] = ()) -> None:
    """The debtor responded, about these items (none named: about all of the account)."""
    account.last_response_on = max(on, account.last_response_on or on)
    named: list[Item | Account] = [item for item in map(account.item, about) if item is not None]
    for asked in named or [account]:
        asked.heard_on = max(on, asked.heard_on or on)


def _contacted(account: Account, at: datetime) -> None:
    if account.last_contact_at is None or at > account.last_contact_at:
        account.last_contact_at = at


def fire(account: Account, lines: Iterable[contacts.Line], at: datetime, contact: str | None) -> None:
    """Notes that the steps of these lines were taken at that moment: one note for all items at a step."""
    taken: dict[str, Fired] = {}
    for line in lines:
        item = account.item(line.item)
        if item is not None and item.cycle == line.cycle:
            if line.step not in taken:
                taken[line.step] = Fired(line.step, at, contact)
            item.fired[line.step] = taken[line.step]


@applies(contacts.ReminderIssued)
def _reminded(account: Account, fact: contacts.ReminderIssued) -> None:
    contact = Contact(
        fact.contact, fact.channel, fact.step, fact.lines, fact.issued_at, "issued", fact.leaves_at
    )
    account.contacts[fact.contact] = contact
    account.unsent = {
        c.id: c for c in account.unsent.values() if c.leaves_at and c.leaves_at > fact.issued_at
    }
    for reservation in fact.answers:
        account.reserved.pop(reservation, None)
    if fact.leaves_at is not None:
        account.unsent[contact.id] = contact
    if fact.purpose == VALIDATION_NOTICE:
        account.standing.validation_sent_at = fact.leaves_at or fact.issued_at
    _contacted(account, fact.issued_at)
    fire(account, fact.lines, fact.issued_at, fact.contact)


@applies(contacts.CallScheduled)
def _call_scheduled(account: Account, fact: contacts.CallScheduled) -> None:
    contact = Contact(
        fact.contact, "call", fact.step, fact.lines, fact.scheduled_at, "scheduled", fact.call_from
    )
    account.contacts[fact.contact] = account.calls_due[fact.contact] = contact
    _contacted(account, fact.scheduled_at)
    fire(account, fact.lines, fact.scheduled_at, fact.contact)


@applies(contacts.ReminderDelivered)
def _delivered(account: Account, fact: contacts.ReminderDelivered) -> None:
    if contact := account.contacts.get(fact.contact):
        contact.status = "delivered"


@applies(contacts.ReminderFailed)
def _failed(account: Account, fact: contacts.ReminderFailed) -> None:
    if contact := account.contacts.get(fact.contact):
        contact.status = "failed"
        account.came_back[contact.id] = contact
        if fact.permanent:
            account.mail_returned = account.mail_returned or contact.channel == "letter"
            account.failures.letters_returned += contact.channel == "letter"
            account.failures.emails_bounced += contact.channel == "email"
            account.failures.last_at = fact.failed_at


@applies(contacts.ReminderCancelled)
def _cancelled(account: Account, fact: contacts.ReminderCancelled) -> None:
    """What was never made may fall due again, so its steps count as not taken."""
    account.calls_due.pop(fact.contact, None)
    account.unsent.pop(fact.contact, None)
    account.reserved.pop(fact.contact, None)
    contact = account.contacts.get(fact.contact)
    if contact is None:
        return
    contact.status = "cancelled"
    made = (c.made_at or c.at for c in account.contacts.values() if c.status != "cancelled")
    account.last_contact_at = max(made, default=None)
    call_off(account, contact, fact.cancelled_at)


def call_off(account: Account, contact: Contact, at: datetime) -> None:
    """The contact's steps count as not taken, and may fall due again from that moment."""
    for line in contact.lines:
        item = account.item(line.item)
        fired = item.fired.get(line.step) if item else None
        if item and fired and fired.contact == contact.id:
            del item.fired[line.step]
            item.called_off[line.step] = at


@applies(contacts.CallMade)
def _called(account: Account, fact: contacts.CallMade) -> None:
    for contact_id in fact.answers:
        account.calls_due.pop(contact_id, None)
        account.reserved.pop(contact_id, None)
        if contact := account.contacts.get(contact_id):
            contact.status, contact.made_at, contact.outcome = "made", fact.called_at, fact.outcome
    lines = tuple(_imported_lines(account, fact))
    account.contacts[fact.call] = Contact(
        fact.call, "call", fact.step or "", lines, fact.called_at, "made", None, fact.called_at, fact.outcome
    )
    fire(account, lines, fact.called_at, fact.call)
    _contacted(account, fact.called_at)
    account.last_outcome = fact.outcome
    if fact.outcome in contacts.RIGHT_PARTY:
        _reached(account)
    elif fact.outcome in contacts.DEAD_NUMBER:
        account.failures.bad_numbers += 1
        account.failures.last_at = fact.called_at


def _reached(account: Account) -> None:
    account.unreachable, account.failures = False, Failures()


def _imported_lines(account: Account, fact: contacts.CallMade) -> Iterable[contacts.Line]:
    for item_id in fact.items if fact.step else ():
        if item := account.item(item_id):
            yield contacts.Line(
                item=item_id, step=fact.step or "", open=item.open, currency=item.currency,
                due_on=item.due_on, days_past_due=(account.local_day(fact.called_at) - item.due_on).days,
                cycle=item.cycle,
            )  # fmt: skip


@applies(contacts.ContactReserved)
def _reserved(account: Account, fact: contacts.ContactReserved) -> None:
    account.reserved[fact.contact] = fact.channel


@applies(contacts.InboundContactReceived)
def _inbound(account: Account, fact: contacts.InboundContactReceived) -> None:
    account.inbound.add(fact.contact)
    _reached(account)
    responded(account, account.local_day(fact.received_at))


@applies(contacts.ContactDeferred)
def _deferred(account: Account, fact: contacts.ContactDeferred) -> None:
    for item_id in fact.items:
        if item := account.item(item_id):
            account.deferred[item_id, item.cycle, fact.step] = fact.until


@applies(contacts.StepLapsed)
def _lapsed(account: Account, fact: contacts.StepLapsed) -> None:
    lapsed = Fired(fact.step, fact.because.acted_at if fact.because else fact.known_at, lapsed=True)
    for item_id in fact.items:
        item = account.item(item_id)
        if item is not None and item.cycle == fact.cycle:
            item.fired[fact.step] = lapsed


@applies(contacts.StepWithheld)
def _withheld(account: Account, fact: contacts.StepWithheld) -> None:
    for item_id in fact.items:
        account.withheld.add((item_id, fact.cycle, fact.step, fact.reason, fact.reference))
