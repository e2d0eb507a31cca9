"""Open items that the ladder cannot tell apart: what it finds of one of them holds for all of them."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from datetime import datetime

from engine.domain.account import Account, Item
from engine.domain.money import ZERO

Alike = list[Item]
"""Items that stand alike, in the order of the account."""


def alike(account: Account, at: datetime) -> list[Alike]:
    """The open items in groups, within which they differ at that moment in nothing but number and amount.

    Accounts with thousands of open items have few that stand differently: a group is looked at as one item.
    """
    if len(account.open_items) < 2:
        return one_by_one(account)
    named = _named(account, at)
    groups: dict[Hashable, Alike] = defaultdict(list)
    for item in account.open_items.values():
        groups[_stands(item), tuple(named.get(item.id, ()))].append(item)
    return list(groups.values())


def one_by_one(account: Account) -> list[Alike]:
    """Each open item by itself."""
    return [[item] for item in account.open_items.values()]


def _stands(item: Item) -> Hashable:
    """All of an item that a policy looks at; its amount only where part of it is disputed."""
    return (
        item.kind, item.invoice is None, item.currency, item.issued_on, item.due_on, item.placement,
        item.cycle, item.cycle_from, item.ladder_from, item.entry_step, item.heard_on, item.open > ZERO,
        tuple(map(id, item.fired.values())),  # shared by all items of a contact
        tuple(item.called_off.items()) if item.called_off else (),
        tuple((days.start, days.end) for days in item.breaks) if item.breaks else (),
        (item.open, *item.disputes.items()) if item.disputes else (),
    )  # fmt: skip


def _named(account: Account, at: datetime) -> dict[str, list[Hashable]]:
    """What else of the account names an item: promises, holds, and contacts that are put off."""
    named: dict[str, list[Hashable]] = defaultdict(list)

    def note(items: Iterable[str], what: Hashable) -> None:
        for item_id in items:
            named[item_id].append(what)

    for promise in account.promises.values():
        note(promise.items, promise.id)
    for hold in account.holds.values():
        note(hold.items, hold.id)
    for (item_id, cycle, step), until in account.deferred.items():
        if until > at:
            note([item_id], (cycle, step, until))
    return named
