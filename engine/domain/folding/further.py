"""Going further: raising, tracing, placement."""

from collections.abc import Iterable
from datetime import datetime

from engine.domain.account import Account, Failures, Placement, Remittance
from engine.domain.facts import contacts, escalation
from engine.domain.folding.contacts import acted_at, fire, send_again
from engine.domain.folding.registry import applies
from engine.domain.placing import items_with


@applies(escalation.EscalationRaised)
def _raised_to(account: Account, fact: escalation.EscalationRaised) -> None:
    if fact.dispute is not None:
        account.disputes[fact.dispute].raised = True
    else:
        fire(account, fact.lines, acted_at(fact), None)


@applies(escalation.DebtorUnreachable)
def _unreachable(account: Account, _: escalation.DebtorUnreachable) -> None:
    account.unreachable = True


@applies(escalation.TraceRequested)
def _trace(account: Account, fact: escalation.TraceRequested) -> None:
    account.trace = fact.trace
    fire(account, fact.lines, acted_at(fact), None)


@applies(escalation.TraceFailed)
def _not_found(account: Account, _: escalation.TraceFailed) -> None:
    account.trace, account.trace_failed = None, True


@applies(escalation.DebtorLocated)
def _located(account: Account, fact: escalation.DebtorLocated) -> None:
    account.trace, account.unreachable, account.mail_returned = None, False, False
    account.last_outcome, account.trace_failed, account.failures = None, False, Failures()
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
        not_taken(account, proposed.lines, {each.item for each in fact.left_out}, acted_at(fact))
    account.placements[fact.placement] = Placement(
        fact.placement, fact.agency, fact.lines, "placed", fact.placed_on, fact.terms
    )
    if fact.because:
        fire(account, fact.lines, acted_at(fact), None)
    _set_placement(account, fact.lines, fact.placement)


@applies(escalation.PlacementRecalled)
def _recalled(account: Account, fact: escalation.PlacementRecalled) -> None:
    placement = account.placements.get(fact.placement)
    if placement is None:  # in a replay: a proposal that is not made there
        return
    under = items_with(account, placement)
    taken_back = [item for item in under if not fact.items or item.id in fact.items]
    for item in taken_back:
        item.placement = None
    if len(taken_back) == len(under):
        placement.status = "declined" if fact.declined else "recalled"


@applies(escalation.AgencyRemittanceReceived)
def _remitted(account: Account, fact: escalation.AgencyRemittanceReceived) -> None:
    account.remitted.add(fact.payment)
    account.remittances[fact.remittance] = Remittance(
        fact.remittance, fact.placement, fact.payment, fact.gross, fact.commission, fact.currency,
        fact.received_on, fact.remitted_on,
    )  # fmt: skip


def not_taken(account: Account, lines: Iterable[contacts.Line], names: set[str], at: datetime) -> None:
    """The steps of these items count as not taken, and may fall due again from that moment."""
    for line in lines:
        item = account.item(line.item)
        if item is not None and line.item in names and line.step in item.fired:
            del item.fired[line.step]
            item.called_off[line.step] = at


def _set_placement(account: Account, lines: Iterable[contacts.Line], placement: str | None) -> None:
    for line in lines:
        if item := account.item(line.item):
            item.placement = placement
