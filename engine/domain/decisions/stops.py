"""Commands that stop something and let it go on: disputes, holds, hardship."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Literal

from engine.domain.account import Account
from engine.domain.decisions.items import known_item, open_item, positive
from engine.domain.errors import (
    CreditNoteUnknown,
    DiffersFromRecorded,
    DisputeAlreadyResolved,
    DisputeUnknown,
    EndsBeforeItBegins,
    HoldAlreadyReleased,
    HoldOver,
    HoldsNoDay,
    HoldUnknown,
    MoreThanOpen,
    NothingToDispute,
)
from engine.domain.facts.base import Fact
from engine.domain.facts.stops import (
    EFFECTS,
    DisputedPart,
    DisputeOpened,
    DisputeResolved,
    Effect,
    HardshipReported,
    HoldPlaced,
    HoldReleased,
)

Outcome = Literal["upheld", "partly", "rejected", "withdrawn"]


def open_dispute(
    account: Account,
    *,
    dispute: str,
    opened_on: date,
    items: Sequence[str] = (),
    parts: Mapping[str, Decimal] | None = None,
    reason: str | None = None,
    code: str | None = None,
    owner: str | None = None,
    deadline: date | None = None,
) -> list[Fact]:
    """Records that the debtor disputes these items as a whole, and of those in `parts` so much.

    Where none is named it is about all that are open. Raises MoreThanOpen for a part that is not open.
    """
    for item_id in items:
        known_item(account, item_id)
    amounts = parts or {}
    named = tuple(dict.fromkeys((*items, *amounts))) or tuple(account.open_items)
    if known := account.disputes.get(dispute):
        same_items = not (items or amounts) or (known.items, known.parts) == (named, amounts)
        if known.opened_on != opened_on or not same_items:
            raise DiffersFromRecorded(
                kind="dispute", id=dispute, recorded=_content(known.opened_on, known.items, known.parts),
                given=_content(opened_on, named, amounts),
            )  # fmt: skip
        return []
    if not named:
        raise NothingToDispute(account=account.number)
    if deadline is not None and deadline < opened_on:
        raise EndsBeforeItBegins(what=f"dispute '{dispute}'", end=deadline, start=opened_on)
    return [DisputeOpened(
        dispute=dispute, items=named, opened_on=opened_on, reason=reason,
        parts=tuple(_part(account, item_id, amount) for item_id, amount in amounts.items()), code=code,
        owner=owner, deadline=deadline,
    )]  # fmt: skip


def _part(account: Account, item_id: str, amount: Decimal) -> DisputedPart:
    item = open_item(account, item_id)
    part = positive("a disputed part", amount, item.currency)
    if part > item.open:
        raise MoreThanOpen(item=item_id, open=item.open, currency=item.currency, amount=part)
    return DisputedPart(item=item_id, amount=part)


def _content(opened_on: date, items: tuple[str, ...], parts: Mapping[str, Decimal]) -> str:
    named = (f"{item} ({parts[item]} of it)" if item in parts else item for item in items)
    return f"opened {opened_on} on {', '.join(named)}"


def resolve_dispute(
    account: Account,
    *,
    dispute: str,
    resolved_on: date,
    outcome: Outcome,
    credit: str | None = None,
) -> list[Fact]:
    """Ends a dispute; resolved again the same way it is nothing new. Raises CreditNoteUnknown."""
    known = account.disputes.get(dispute)
    if known is None:
        raise DisputeUnknown(account=account.number, dispute=dispute)
    if (known.resolved_on, known.outcome) == (resolved_on, outcome):
        return []
    if known.resolved_on is not None:
        raise DisputeAlreadyResolved(dispute=dispute, resolved_on=known.resolved_on, outcome=known.outcome)
    if resolved_on < known.opened_on:
        raise EndsBeforeItBegins(what=f"dispute '{dispute}'", end=resolved_on, start=known.opened_on)
    if credit is not None and credit not in account.credits:
        raise CreditNoteUnknown(account=account.number, credit=credit)
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
    stops: Sequence[Effect] = EFFECTS,
) -> list[Fact]:
    """Stops what it names from a day until another (the first day free again), or until released."""
    for item_id in items:
        known_item(account, item_id)
    if until_on is not None and until_on < from_on:
        raise EndsBeforeItBegins(what=f"hold '{hold}'", end=until_on, start=from_on)
    if known := account.holds.get(hold):
        end = until_on if known.released_on else known.days.end
        if (known.kind, known.days.start, end, known.items) != (kind, from_on, until_on, tuple(items)):
            raise DiffersFromRecorded(
                kind="hold", id=hold, recorded=_span(known.kind, known.days.start, end, known.items),
                given=_span(kind, from_on, until_on, tuple(items)),
            )  # fmt: skip
        return []
    if until_on == from_on:
        raise HoldsNoDay(hold=hold, start=from_on)
    return [HoldPlaced(
        hold=hold, kind=kind, from_on=from_on, until_on=until_on, items=tuple(items), reason=reason,
        stops=tuple(stops),
    )]  # fmt: skip


def _span(kind: str, start: date, end: date | None, items: tuple[str, ...]) -> str:
    until, on = f" until {end}" if end else "", f" on {', '.join(items)}" if items else ""
    return f"{kind} from {start}{until}{on}"


def release_hold(account: Account, *, hold: str, released_on: date, today: date | None = None) -> list[Fact]:
    """Ends a hold; released again on the same day it is nothing new.

    One that has not begun by `today` (default: the day of release) is cancelled: it stops nothing.
    """
    known = account.holds.get(hold)
    if known is None:
        raise HoldUnknown(account=account.number, hold=hold)
    if known.released_on == released_on:
        return []
    if known.released_on is not None:
        raise HoldAlreadyReleased(hold=hold, released_on=known.released_on)
    if released_on < known.days.start <= (today or released_on):
        raise EndsBeforeItBegins(what=f"hold '{hold}'", end=released_on, start=known.days.start)
    if known.days.end is not None and released_on >= known.days.end:
        raise HoldOver(hold=hold, end=known.days.end, released_on=released_on)
    return [HoldReleased(hold=hold, released_on=released_on)]


def report_hardship(*, reported_on: date, note: str | None = None, hold: str | None = None) -> list[Fact]:
    """Records that the debtor cannot pay, and the hold that was arranged for it."""
    return [HardshipReported(reported_on=reported_on, note=note, hold=hold)]
