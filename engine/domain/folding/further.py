"""Going further: raising, tracing, placement."""

from collections.abc import Iterable

from engine.domain.account import Account, Placement
from engine.domain.facts import contacts, escalation
from engine.domain.folding.contacts import acted_at, fire, send_again
from engine.domain.folding.registry import applies


@applies(escalation.EscalationRaised)
def _raised_to(account: Account, fact: escalation.EscalationRaised) -> None:
    fire(account, fact.lines, acted_at(fact), None)


@applies(escalation.DebtorUnreachable)
def _unreachable(account: Account, _: escalation.DebtorUnreachable) -> None:
    account.unreachable = True


@applies(escalation.TraceRequested)
def _trace(account: Account, fact: escalation.TraceRequested) -> None:
    account.trace = fact.trace
    fire(account, fact.lines, acted_at(fact), None)


@applies(escalation.DebtorLocated)
def _located(account: Account, fact: escalation.DebtorLocated) -> None:
    account.trace, account.unreachable, account.mail_returned = None, False, False
    account.last_outcome = None
    send_again(account, "letter", fact.located_on)


@applies(escalation.PlacementProposed)
def _proposed(account: Account, fact: escalation.PlacementProposed) -> None:
    account.placements[fact.placement] = Placement(fact.placement, fact.agency, fact.lines, "proposed")
    fire(account, fact.lines, acted_at(fact), None)
    _set_placement(account, fact.lines, fact.placement)


@applies(escalation.AccountPlaced)
def _placed(account: Account, fact: escalation.AccountPlaced) -> None:
    if proposed := account.placements.get(fact.placement):
        _set_placement(account, proposed.lines, None)
    account.placements[fact.placement] = Placement(
        fact.placement, fact.agency, fact.lines, "placed", fact.placed_on
    )
    if fact.because:
        fire(account, fact.lines, acted_at(fact), None)
    _set_placement(account, fact.lines, fact.placement)


@applies(escalation.PlacementRecalled)
def _recalled(account: Account, fact: escalation.PlacementRecalled) -> None:
    placement = account.placements.get(fact.placement)
    if placement is None:  # in a replay: a proposal that is not made there
        return
    placement.status = "declined" if fact.declined else "recalled"
    for line in placement.lines:
        item = account.item(line.item)
        if item is not None and item.placement == fact.placement:
            item.placement = None


def _set_placement(account: Account, lines: Iterable[contacts.Line], placement: str | None) -> None:
    for line in lines:
        if item := account.item(line.item):
            item.placement = placement
