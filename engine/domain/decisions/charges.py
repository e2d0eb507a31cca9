"""Lowering of charges that turn out not to be owed: the latest first, open parts before paid ones."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from engine.domain.account import Account, Item
from engine.domain.facts.base import Release
from engine.domain.facts.items import LoweredCharge
from engine.domain.money import ZERO


def lowered(
    account: Account, charges: Iterable[str], too_much: Decimal, on: date
) -> tuple[LoweredCharge, ...]:
    """Which charges are lowered by how much, and what is thereby freed of what was paid on them.

    What had been waived of a charge cannot be lowered: nobody owes it any more.
    """
    items = [item for charge in charges if (item := account.item(charge)) is not None][::-1]
    parts: dict[str, Decimal] = {}
    for item in items:
        parts[item.id] = min(item.open, too_much)
        too_much -= parts[item.id]
    found = []
    for item in items:
        releases = freed(account, item, too_much, on)
        paid = sum((part.amount for part in releases), ZERO)
        too_much -= paid
        if (whole := parts[item.id] + paid) > ZERO:
            found.append(LoweredCharge(item=item.id, amount=whole, released=releases))
    return tuple(found)


def freed(account: Account, item: Item, too_much: Decimal, on: date) -> tuple[Release, ...]:
    """What becomes unapplied where so much too much was paid on an item: the latest money first."""
    released = []
    for receipt_id, paid in reversed(item.paid_by.items()):
        part = min(paid, too_much)
        if part > ZERO:
            receipt = account.receipt(receipt_id)
            assert receipt is not None
            from_on = max(on, receipt.allocated_on[item.id])
            released.append(Release(receipt=receipt_id, amount=part, on=from_on))
            too_much -= part
    return tuple(released)
