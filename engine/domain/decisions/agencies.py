"""Commands on what others do for us: traces that end, and money that an agency passes on."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from engine.domain.account import Account, Placement
from engine.domain.decisions.items import positive
from engine.domain.decisions.payments import receive_payment
from engine.domain.errors import (
    CollectedBeforePlaced,
    CommissionTooHigh,
    DiffersFromRecorded,
    NeverPlaced,
    NoTrace,
    PlacementUnknown,
)
from engine.domain.facts.base import Fact
from engine.domain.facts.escalation import AgencyRemittanceReceived, TraceFailed, TraceRequested
from engine.domain.money import ZERO, money, unit


def request_trace(account: Account, *, trace: str) -> list[Fact]:
    """Asks somebody to find out where the debtor is; while one trace is under way there is no second."""
    return [] if account.trace is not None else [TraceRequested(trace=trace, step="")]


def fail_trace(account: Account, *, failed_on: date, reason: str | None = None) -> list[Fact]:
    """Records that the trace under way did not find the debtor; raises NoTrace."""
    if account.trace is None:
        if account.trace_failed:
            return []
        raise NoTrace(account=account.number)
    return [TraceFailed(trace=account.trace, failed_on=failed_on, reason=reason)]


def commission_of(placement: Placement, gross: Decimal, currency: str) -> Decimal:
    """The agency's part of what it collected, by the terms of the placement, rounded half up."""
    percent = placement.terms.commission_percent if placement.terms else ZERO
    return (gross * percent / 100).quantize(unit(currency), ROUND_HALF_UP)


def record_remittance(
    account: Account,
    *,
    remittance: str,
    placement: str,
    gross: Decimal,
    currency: str,
    received_on: date,
    remitted_on: date,
    commission: Decimal | None = None,
) -> list[Fact]:
    """Credits the debtor with all that the agency received, on the day it did, and notes what it kept.

    Without a commission given it is worked out by the placement's terms. The same remittance given again is
    nothing new. Raises PlacementUnknown, NeverPlaced, CollectedBeforePlaced, CommissionTooHigh,
    DiffersFromRecorded.
    """
    known = account.placements.get(placement)
    if known is None:
        raise PlacementUnknown(account=account.number, placement=placement)
    gross = positive("a remittance", gross, currency)
    kept = money(commission, currency) if commission is not None else commission_of(known, gross, currency)
    _check(known, gross, kept, currency, received_on)
    fact = AgencyRemittanceReceived(
        remittance=remittance, placement=placement, agency=known.agency, payment=f"remittance-{remittance}",
        gross=gross, commission=kept, currency=currency, received_on=received_on, remitted_on=remitted_on,
    )  # fmt: skip
    if _is_recorded(account, fact):
        return []
    paid = receive_payment(
        account, payment=fact.payment, amount=gross, currency=currency, received_on=received_on,
        designated=[line.item for line in known.lines if line.currency == currency],
    )  # fmt: skip
    return [*paid, fact]


def _check(known: Placement, gross: Decimal, kept: Decimal, currency: str, received_on: date) -> None:
    if known.since is None:
        raise NeverPlaced(placement=known.id, status=known.status)
    if received_on < known.since:
        raise CollectedBeforePlaced(placement=known.id, received_on=received_on, since=known.since)
    if not ZERO <= kept <= gross:
        raise CommissionTooHigh(commission=kept, gross=gross, currency=currency)


def _is_recorded(account: Account, fact: AgencyRemittanceReceived) -> bool:
    recorded = account.remittances.get(fact.remittance)
    if recorded is None:
        return False
    was = (recorded.placement, recorded.gross, recorded.commission, recorded.currency, recorded.received_on)
    now = (fact.placement, fact.gross, fact.commission, fact.currency, fact.received_on)
    if was != now:
        raise DiffersFromRecorded(
            kind="remittance", id=fact.remittance, recorded=_content(*was), given=_content(*now)
        )
    return True


def _content(placement: str, gross: Decimal, commission: Decimal, currency: str, on: date) -> str:
    return f"{gross} {currency} on {on} less {commission} for {placement}"
