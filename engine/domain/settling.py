"""Claims that are being settled: what is given up where the debtor pays what was agreed."""

from collections.abc import Iterable

from engine.domain.account import Account, Promise


def settlement_of(account: Account, item_id: str) -> Promise | None:
    """The settlement of the item that is pending or was kept; None: the whole claim stands."""
    standing = (one for one in account.settlements.values() if one.status in ("pending", "kept"))
    return next((one for one in standing if item_id in one.items), None)


def with_charges(account: Account, items: Iterable[str]) -> tuple[str, ...]:
    """The items, and the open interest and fees that follow them."""
    named = dict.fromkeys(items)
    follow = (item.id for item in account.open_items.values() if item.invoice in named)
    return tuple(dict.fromkeys([*named, *follow]))
