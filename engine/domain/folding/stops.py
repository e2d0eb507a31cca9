"""Disputes and holds."""

from engine.domain.account import Account, Days, Dispute, Hold
from engine.domain.facts import stops
from engine.domain.folding.contacts import responded
from engine.domain.folding.owed import item_of
from engine.domain.folding.registry import applies


@applies(stops.DisputeOpened)
def _disputed(account: Account, fact: stops.DisputeOpened) -> None:
    account.disputes[fact.dispute] = Dispute(fact.dispute, fact.items, fact.opened_on)
    responded(account, fact.opened_on, fact.items)
    for item_id in fact.items:
        item_of(account, item_id).disputes.add(fact.dispute)


@applies(stops.DisputeResolved)
def _dispute_resolved(account: Account, fact: stops.DisputeResolved) -> None:
    dispute = account.disputes[fact.dispute]
    dispute.resolved_on, dispute.outcome = fact.resolved_on, fact.outcome
    for item_id in dispute.items:
        item = item_of(account, item_id)
        item.disputes.discard(fact.dispute)
        item.breaks.append(Days(dispute.opened_on, fact.resolved_on))


@applies(stops.HoldPlaced)
def _held(account: Account, fact: stops.HoldPlaced) -> None:
    days = Days(fact.from_on, fact.until_on)
    account.holds[fact.hold] = Hold(fact.hold, fact.kind, days, fact.items, fact.stops)


@applies(stops.HoldReleased)
def _hold_released(account: Account, fact: stops.HoldReleased) -> None:
    hold = account.holds[fact.hold]
    hold.released_on = fact.released_on
    released_on = max(fact.released_on, hold.days.start)
    hold.days.end = min(released_on, hold.days.end or released_on)
