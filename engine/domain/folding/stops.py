"""Disputes, holds and hardship."""

from datetime import date

from engine.domain.account import Account, Days, Dispute, Hold
from engine.domain.facts import stops
from engine.domain.folding.contacts import responded
from engine.domain.folding.owed import item_of, note_covered, unsettle
from engine.domain.folding.registry import applies


@applies(stops.DisputeOpened)
def _disputed(account: Account, fact: stops.DisputeOpened) -> None:
    parts = {part.item: part.amount for part in fact.parts}
    account.disputes[fact.dispute] = Dispute(
        fact.dispute, fact.items, fact.opened_on, parts, fact.owner, fact.deadline, code=fact.code
    )
    responded(account, fact.opened_on, fact.items)
    for item_id in fact.items:
        item = item_of(account, item_id)
        item.disputes[fact.dispute] = parts.get(item_id)
        note_covered(item, fact.opened_on)


@applies(stops.DisputeResolved)
def _dispute_resolved(account: Account, fact: stops.DisputeResolved) -> None:
    dispute = account.disputes[fact.dispute]
    dispute.resolved_on, dispute.outcome = fact.resolved_on, fact.outcome
    for item_id in dispute.items:
        item = item_of(account, item_id)
        item.disputes.pop(fact.dispute, None)
        if item_id not in dispute.parts:
            item.breaks.append(Days(dispute.opened_on, fact.resolved_on))
        note_covered(item, fact.resolved_on)


@applies(stops.HoldPlaced)
def _held(account: Account, fact: stops.HoldPlaced) -> None:
    days = Days(fact.from_on, fact.until_on)
    account.holds[fact.hold] = hold = Hold(fact.hold, fact.kind, days, fact.items, fact.stops)
    _unsettle(account, hold, fact.from_on)


@applies(stops.HoldReleased)
def _hold_released(account: Account, fact: stops.HoldReleased) -> None:
    hold = account.holds[fact.hold]
    hold.released_on = fact.released_on
    released_on = max(fact.released_on, hold.days.start)
    hold.days.end = min(released_on, hold.days.end or released_on)
    _unsettle(account, hold, released_on)


def _unsettle(account: Account, hold: Hold, on: date) -> None:
    """Interest that was charged for days from that one on may have been stopped, or not stopped any more."""
    for invoice in (hold.items or tuple(account.interest)) if "interest" in hold.stops else ():
        if invoice in account.interest and on <= account.interest[invoice].until:
            unsettle(account, invoice)


@applies(stops.HardshipReported)
def _hardship(account: Account, fact: stops.HardshipReported) -> None:
    responded(account, fact.reported_on)
