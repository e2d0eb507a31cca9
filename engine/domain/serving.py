"""Which money serves which promise: what the payer named first, else the oldest promise, each cent once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from engine.domain.account import Account, Promise
from engine.domain.money import ZERO


@dataclass(slots=True)
class Money:
    """Money of a payment that no promise has taken yet; of designated money, what was set against `item`."""

    payment: str
    item: str | None
    received_on: date
    left: Decimal


def age(promise: Promise) -> tuple[date, date, str]:
    """By this promises are older or younger: the day promised, the day made, the name."""
    return promise.promised_on, promise.made_on, promise.id


def money_in(account: Account, currency: str) -> list[Money]:
    """What was paid in a currency and not taken back, in the order in which it serves promises.

    Designated money comes first, and serves what it was set against; then the earliest received.
    """
    found: list[Money] = []
    for receipt in account.receipts.values():
        if receipt.currency != currency or receipt.reversed_on is not None:
            continue
        if receipt.designated:
            parts = receipt.allocated.items()
            found += [Money(receipt.id, item, receipt.received_on, part) for item, part in parts]
        else:
            kept = receipt.amount - receipt.refunded
            found.append(Money(receipt.id, None, receipt.received_on, kept))
    return sorted(found, key=lambda money: (money.item is None, money.received_on))


def set_against(account: Account, items: Sequence[str]) -> dict[str, Decimal]:
    """How much of each payment was set against these items."""
    paid: dict[str, Decimal] = {}
    for item in map(account.item, items):
        for receipt, part in item.paid_by.items() if item else ():
            paid[receipt] = paid.get(receipt, ZERO) + part
    return paid


def take(
    money: Iterable[Money], items: Sequence[str], first: date, last: date, needed: Decimal,
    at_most: Mapping[str, Decimal] | None = None,
) -> dict[str, Decimal]:  # fmt: skip
    """Takes up to so much, received on these days, for a promise of these items; by payment, of each no more
    than `at_most` where that is given."""
    taken: dict[str, Decimal] = {}
    for each in money:
        part = min(each.left, needed)
        if at_most is not None:
            part = min(part, at_most.get(each.payment, ZERO) - taken.get(each.payment, ZERO))
        if part <= ZERO or not first <= each.received_on <= last:
            continue
        if each.item is None or each.item in items:
            each.left -= part
            needed -= part
            taken[each.payment] = taken.get(each.payment, ZERO) + part
    return taken
