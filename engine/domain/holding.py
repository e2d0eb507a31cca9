"""What holds stop on a day (contact, the ladder, interest, fees), and all that stops an item."""

from collections.abc import Iterator
from datetime import date

from engine.domain.account import Account, Days, Hold, Item
from engine.domain.facts.stops import Effect


def stops(account: Account, item_id: str | None, on: date, effect: Effect) -> bool:
    """Whether a hold stops this for the item on that day (None: for the account as a whole)."""
    return hold_on(account, item_id, on, effect) is not None


def hold_on(account: Account, item_id: str | None, on: date, *effects: Effect) -> Hold | None:
    """The hold that stops one of these for the item on that day; None names the account as a whole.

    A hold on named items stops nothing for the account as a whole.
    """
    return next((hold for hold in _holds(account, item_id, effects) if _runs(hold.days, on)), None)


def days_stopped(account: Account, item_id: str, effect: Effect) -> list[Days]:
    """The days on which holds stop this for the item; they may overlap, and the last may still run."""
    return [hold.days for hold in _holds(account, item_id, (effect,))]


def _holds(account: Account, item_id: str | None, effects: tuple[Effect, ...]) -> Iterator[Hold]:
    for hold in account.holds.values():
        covered = not hold.items or item_id in hold.items
        if covered and any(effect in hold.stops for effect in effects):
            yield hold


def _runs(days: Days, on: date) -> bool:
    return days.start <= on and (days.end is None or on < days.end)


def stop_of(account: Account, item: Item, on: date) -> str | None:
    """Why the item is not to be taken further on that day: a dispute, a hold of the ladder, a promise."""
    if item.disputes:
        return f"disputed: {', '.join(sorted(item.disputes))}"
    if hold := hold_on(account, item.id, on, "ladder"):
        return f"held: {hold.id}, {hold.kind}"
    promised = [
        promise.plan or promise.id for promise in account.pending.values() if item.id in promise.items
    ]
    return f"promised: {promised[0]}" if promised else None
