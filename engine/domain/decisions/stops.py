"""Commands that stop the ladder and let it go on: disputes and holds."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from engine.domain.account import Account
from engine.domain.decisions.items import known_item
from engine.domain.errors import (
    DiffersFromRecorded,
    DisputeAlreadyResolved,
    DisputeUnknown,
    EndsBeforeItBegins,
    HoldAlreadyReleased,
    HoldUnknown,
    NothingToDispute,
)
from engine.domain.facts.base import Fact
from engine.domain.facts.stops import DisputeOpened, DisputeResolved, HoldPlaced, HoldReleased

Outcome = Literal["upheld", "partly", "rejected", "withdrawn"]


def open_dispute(
    account: Account,
    *,
    dispute: str,
    opened_on: date,
    items: Sequence[str] = (),
    reason: str | None = None,
) -> list[Fact]:
    """Records that the debtor disputes these items (none named: all that are open)."""
    for item_id in items:
        known_item(account, item_id)
    named = tuple(items) or tuple(account.open_items)
    if known := account.disputes.get(dispute):
        if known.opened_on != opened_on or (items and known.items != named):
            raise DiffersFromRecorded(
                kind="dispute", id=dispute, recorded=_content(known.opened_on, known.items),
                given=_content(opened_on, named),
            )  # fmt: skip
        return []
    if not named:
        raise NothingToDispute(account=account.number)
    return [DisputeOpened(dispute=dispute, items=named, opened_on=opened_on, reason=reason)]


def _content(opened_on: date, items: tuple[str, ...]) -> str:
    return f"opened {opened_on} on {', '.join(items)}"


def resolve_dispute(
    account: Account,
    *,
    dispute: str,
    resolved_on: date,
    outcome: Outcome,
    credit: str | None = None,
) -> list[Fact]:
    """Ends a dispute; resolved again the same way it is nothing new."""
    known = account.disputes.get(dispute)
    if known is None:
        raise DisputeUnknown(account=account.number, dispute=dispute)
    if (known.resolved_on, known.outcome) == (resolved_on, outcome):
        return []
    if known.resolved_on is not None:
        raise DisputeAlreadyResolved(dispute=dispute, resolved_on=known.resolved_on, outcome=known.outcome)
    if resolved_on < known.opened_on:
        raise EndsBeforeItBegins(what=f"dispute '{dispute}'", end=resolved_on, start=known.opened_on)
    return [DisputeResolved(dispute=dispute, resolved_on=resolved_on, outcome=outcome, credit=credit)]


def place_hold(
    account: Account,
    *,
    hold: str,
    kind: str,
    from_on: date,
    until_on: date | None = None,
    items: Sequence[str] = (),
    reason: str | None = None,
) -> list[Fact]:
    """Stops the ladder from a day until another (the first day free again), or until released."""
    for item_id in items:
        known_item(account, item_id)
    if until_on is not None and until_on < from_on:
        raise EndsBeforeItBegins(what=f"hold '{hold}'", end=until_on, start=from_on)
    if known := account.holds.get(hold):
        if (known.kind, known.days.start, known.items) != (kind, from_on, tuple(items)):
            raise DiffersFromRecorded(
                kind="hold", id=hold, recorded=f"{known.kind} from {known.days.start}",
                given=f"{kind} from {from_on}",
            )  # fmt: skip
        return []
    return [HoldPlaced(
        hold=hold, kind=kind, from_on=from_on, until_on=until_on, items=tuple(items), reason=reason
    )]  # fmt: skip


def release_hold(account: Account, *, hold: str, released_on: date) -> list[Fact]:
    """Ends a hold; released again on the same day it is nothing new."""
    known = account.holds.get(hold)
    if known is None:
        raise HoldUnknown(account=account.number, hold=hold)
    if known.released_on == released_on:
        return []
    if known.released_on is not None:
        raise HoldAlreadyReleased(hold=hold, released_on=known.released_on)
    if released_on < known.days.start:
        raise EndsBeforeItBegins(what=f"hold '{hold}'", end=released_on, start=known.days.start)
    return [HoldReleased(hold=hold, released_on=released_on)]
