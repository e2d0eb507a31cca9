"""Commands on contact and on going further: what people did, and what they decide about placements."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from engine.domain.account import Account, Item, Placement
from engine.domain.decisions.items import known_item, open_item
from engine.domain.errors import (
    ContactUnknown,
    ItemAlreadyPlaced,
    NothingToPlace,
    PlacementIsNot,
    PlacementStopped,
    PlacementUnknown,
)
from engine.domain.facts.base import Fact
from engine.domain.facts.contacts import (
    CallMade,
    CallOutcome,
    Channel,
    ContactPreferenceChanged,
    ContactReserved,
    InboundContactReceived,
    Line,
    ReminderCancelled,
    ReminderDelivered,
    ReminderFailed,
    ReminderIssued,
)
from engine.domain.facts.escalation import (
    AccountPlaced,
    AgencyTerms,
    DebtorLocated,
    DebtorUnreachable,
    LeftOut,
    PlacementRecalled,
)
from engine.domain.holding import stop_of


def line(item: Item, step: str, on: date) -> Line:
    """The item as it stands on that day, for a contact or placement: what of it is open and not disputed."""
    return Line(
        item=item.id, step=step, open=item.undisputed or item.open, currency=item.currency,
        due_on=item.due_on, days_past_due=(on - item.due_on).days, cycle=item.cycle,
    )  # fmt: skip


def record_call(
    account: Account,
    *,
    call: str,
    called_at: datetime,
    outcome: CallOutcome,
    step: str | None = None,
    items: Sequence[str] = (),
    note: str | None = None,
    number: str = "",
    spoke_with: str = "",
) -> list[Fact]:
    """Records a call that was made; it settles every call that was waiting, or reserved, to be made."""
    if call in account.contacts:
        return []
    for item_id in items:
        known_item(account, item_id)
    due = tuple(c.id for c in account.calls_due.values() if c.at <= called_at)
    return [CallMade(
        call=call, called_at=called_at, outcome=outcome, answers=(*due, *_used(account, "call")), step=step,
        items=tuple(items), note=note, number=number, spoke_with=spoke_with,
    )]  # fmt: skip


def record_inbound(
    account: Account, *, contact: str, channel: Channel, received_at: datetime, note: str | None = None,
    outcome: CallOutcome | None = None,
) -> list[Fact]:  # fmt: skip
    """Records that the debtor got in touch; a call was a conversation unless its outcome says otherwise."""
    if contact in account.inbound:
        return []
    return [InboundContactReceived(
        contact=contact, channel=channel, received_at=received_at, note=note, outcome=outcome
    )]  # fmt: skip


def _used(account: Account, channel: Channel) -> tuple[str, ...]:
    """The reservations that a contact on this channel uses."""
    return tuple(contact for contact, reserved in account.reserved.items() if reserved == channel)


def reserve_contact(
    account: Account,
    *,
    contact: str,
    channel: Channel,
    reserved_at: datetime,
    until: datetime,
    number: str = "",
    purpose: str = "collect",
    cautions: Sequence[str] = (),
) -> list[Fact]:
    """Reserves a contact that somebody is about to make; it counts for the limits until made or over."""
    if contact in account.reserved or contact in account.contacts:
        return []
    return [ContactReserved(
        contact=contact, channel=channel, reserved_at=reserved_at, until=until, number=number,
        purpose=purpose, cautions=tuple(cautions),
    )]  # fmt: skip


def release_contact(account: Account, *, contact: str, at: datetime, reason: str) -> list[Fact]:
    """Gives a reservation back, the contact not having been made; raises ContactUnknown."""
    if contact not in account.reserved:
        raise ContactUnknown(account=account.number, contact=contact)
    return [ReminderCancelled(contact=contact, cancelled_at=at, reason=reason)]


def change_preferences(account: Account, *, changed_at: datetime, **given: Any) -> list[Fact]:
    """Records what the debtor asked for on contact; what is given empty stays as it was.

    Raises ItemUnknown for a claim that is not the account's.
    """
    for item_id in (*given.get("time_barred", ()), *given.get("not_time_barred", ())):
        known_item(account, item_id)
    return [ContactPreferenceChanged(changed_at=changed_at, **given)]


def record_reminder(
    account: Account,
    *,
    contact: str,
    channel: Channel,
    issued_at: datetime,
    step: str = "",
    items: Sequence[str] = (),
    template: str = "",
    purpose: str = "collect",
    number: str = "",
) -> list[Fact]:
    """Records a letter or message that a person (or the old system) sent; none named: all open items."""
    if contact in account.contacts:
        return []
    named = [known_item(account, item_id) for item_id in items] or list(account.open_items.values())
    lines = tuple(line(item, step, account.local_day(issued_at)) for item in named)
    return [ReminderIssued(
        contact=contact, channel=channel, template=template, step=step, lines=lines, issued_at=issued_at,
        purpose=purpose, number=number, answers=_used(account, channel),
    )]  # fmt: skip


def record_delivery(
    account: Account, *, contact: str, at: datetime, delivered: bool, reason: str | None = None,
    permanent: bool = True, reference: str = "", language: str = "", template_sha256: str = "",
) -> list[Fact]:  # fmt: skip
    """Records that a reminder arrived, or came back (not `permanent`: for a passing reason).

    What is recorded already is nothing new. Raises ContactUnknown.
    """
    known = account.contacts.get(contact)
    if known is None:
        raise ContactUnknown(account=account.number, contact=contact)
    if known.status == ("delivered" if delivered else "failed"):
        return []
    if delivered:
        return [ReminderDelivered(
            contact=contact, delivered_at=at, reference=reference, language=language,
            template_sha256=template_sha256,
        )]  # fmt: skip
    return [ReminderFailed(contact=contact, failed_at=at, reason=reason, permanent=permanent)]


def call_off_reminder(account: Account, *, contact: str, at: datetime, reason: str) -> list[Fact]:
    """Takes a reminder back that has not left; raises ContactUnknown.

    What has been delivered, has come back or was taken back before stays as it is.
    """
    known = account.contacts.get(contact)
    if known is None:
        raise ContactUnknown(account=account.number, contact=contact)
    if known.status != "issued":
        return []
    return [ReminderCancelled(contact=contact, cancelled_at=at, reason=reason)]


def mark_unreachable(account: Account, *, found_on: date, reason: str | None = None) -> list[Fact]:
    """Records that the debtor cannot be located; already so is nothing new."""
    return [] if account.unreachable else [DebtorUnreachable(found_on=found_on, reason=reason)]


def mark_located(account: Account, *, located_on: date) -> list[Fact]:
    """Records that the debtor was found again."""
    lost = account.cannot_be_located or account.trace or account.mail_returned
    return [DebtorLocated(located_on=located_on)] if lost else []


def _known(account: Account, placement: str) -> Placement:
    known = account.placements.get(placement)
    if known is None:
        raise PlacementUnknown(account=account.number, placement=placement)
    return known


def approve_placement(
    account: Account, *, placement: str, placed_on: date, terms: AgencyTerms | None = None
) -> list[Fact]:
    """Gives proposed items to the agency, with the balances of that day.

    What has been disputed, held or promised meanwhile is left out, and named. Raises PlacementIsNot,
    NothingToPlace, and PlacementStopped where that is all there is.
    """
    known = _known(account, placement)
    if known.status == "placed":
        return []
    if known.status != "proposed":
        raise PlacementIsNot(placement=placement, status=known.status, expected="proposed")
    open_ = [old for old in known.lines if old.item in account.open_items]
    stopped = {old.item: stop_of(account, account.open_items[old.item], placed_on) for old in open_}
    left_out = tuple(LeftOut(item=item, why=why) for item, why in stopped.items() if why is not None)
    lines = tuple(
        line(account.open_items[old.item], old.step, placed_on) for old in open_ if stopped[old.item] is None
    )
    if not lines and left_out:
        named = ", ".join(f"{each.item} ({each.why})" for each in left_out)
        raise PlacementStopped(placement=placement, stopped=named)
    if not lines:
        raise NothingToPlace(account=account.number)
    step = known.lines[0].step
    return [AccountPlaced(
        placement=placement, agency=known.agency, placed_on=placed_on, step=step, lines=lines,
        terms=terms, left_out=left_out,
    )]  # fmt: skip


def place_directly(
    account: Account,
    *,
    placement: str,
    agency: str,
    placed_on: date,
    items: Sequence[str] = (),
    terms: AgencyTerms | None = None,
) -> list[Fact]:
    """Gives items to an agency without a proposal (a person's decision, or imported history)."""
    if placement in account.placements:
        return []
    named = [open_item(account, item_id) for item_id in items] or list(account.open_items.values())
    for item in named:
        if item.placement is not None and items:
            raise ItemAlreadyPlaced(item=item.id, placement=item.placement)
    lines = tuple(line(item, "", placed_on) for item in named if item.placement is None)
    if not lines:
        raise NothingToPlace(account=account.number)
    return [AccountPlaced(
        placement=placement, agency=agency, placed_on=placed_on, lines=lines, terms=terms
    )]  # fmt: skip


def take_back(
    account: Account, *, placement: str, on: date, declined: bool, reason: str | None = None
) -> list[Fact]:
    """Declines a proposed placement, or recalls one from the agency."""
    known = _known(account, placement)
    if known.status == ("declined" if declined else "recalled"):
        return []
    expected = "proposed" if declined else "placed"
    if known.status != expected:
        raise PlacementIsNot(placement=placement, status=known.status, expected=expected)
    return [PlacementRecalled(placement=placement, recalled_on=on, declined=declined, reason=reason)]
