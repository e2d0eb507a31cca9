"""Requests for a second person's leave: asked for, given, refused, taken back; and when one still stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from engine.domain.account import Account, ApprovalRequest, Item
from engine.domain.decisions.contacts import line
from engine.domain.errors import (
    AskedByOthers,
    OwnRequest,
    RequestErased,
    RequestIsNot,
    RequestStandsNot,
    RequestUnknown,
    WaitsAlready,
)
from engine.domain.facts.authority import (
    STAMP,
    ApprovalGiven,
    ApprovalRefused,
    ApprovalRequested,
    ApprovalWithdrawn,
    Concerned,
    Matter,
    as_text,
    from_text,
)
from engine.domain.facts.base import Authority, Erased, Fact
from engine.domain.facts.escalation import AccountPlaced
from engine.domain.facts.items import ChargeWaived, InvoiceWrittenOff
from engine.domain.facts.promises import RepaymentPlanAgreed, SettlementAgreed
from engine.domain.holding import stop_of
from engine.domain.money import ZERO

LEAVE_NEEDED = (InvoiceWrittenOff, ChargeWaived, SettlementAgreed, RepaymentPlanAgreed, AccountPlaced)
"""The kinds of facts that say by whose leave they were recorded."""

ERASED = "the debtor was erased"
_NOT_COMPARED = STAMP | {
    "plan",
    "settlement",
    "placement",
    "replaces",
    "reason",
    "authority",
    "lines",
    "left_out",
}
_DATES = {"written_off_on", "waived_on", "agreed_on", "placed_on", "withdrawn_on"}


@dataclass(frozen=True, slots=True)
class Asking:
    """What is to be approved, how large it is, and what the role that asks may decide (`limit`, in words)."""

    request: str
    asked_by: str
    role: str
    on: date
    lapses_on: date
    matter: Matter
    amount: Decimal
    currency: str
    items: tuple[str, ...]
    limit: str
    share_percent: Decimal | None = None
    days: int | None = None


def ask_leave(account: Account, asking: Asking, wanted: Sequence[Fact]) -> list[Fact]:
    """Asks for leave to record these facts; where the same waits already it is nothing new.

    Raises WaitsAlready where something else of the kind waits for one of the items.
    """
    if asking.request in account.requests:
        return []
    for known in account.to_approve.values():
        about = {each.item for each in known.concerned}
        if known.matter == asking.matter and not about.isdisjoint(asking.items):
            if isinstance(known.wanted, str) and _substance(from_text(known.wanted)) == _substance(wanted):
                return []
            raise WaitsAlready(request=known.id, asked_by=known.asked_by, items=", ".join(sorted(about)))
    given = {name: getattr(asking, name) for name in ("matter", "asked_by", "role", "lapses_on", "limit")}
    return [ApprovalRequested(
        request=asking.request, asked_on=asking.on, amount=asking.amount, currency=asking.currency,
        share_percent=asking.share_percent, days=asking.days, wanted=as_text(wanted),
        concerned=tuple(_concerned(account, item, asking.matter, asking.on) for item in asking.items),
        **given,
    )]  # fmt: skip


def _substance(wanted: Iterable[Fact]) -> list[dict[str, Any]]:
    """What is wanted, without names and dates that differ each time it is asked for."""
    return [fact.model_dump(exclude=set(_NOT_COMPARED | _DATES)) for fact in wanted]


def give_leave(account: Account, *, request: str, on: date, by: str, role: str) -> list[Fact]:
    """Records that a second person approves the request, and what it was for, from that day on.

    Given again it is nothing new. Raises RequestUnknown, RequestIsNot, OwnRequest, RequestErased, and
    RequestStandsNot where what it was about has changed.
    """
    known = known_request(account, request)
    if known.status == "approved":
        return []
    _check_waits(known)
    if by == known.asked_by:
        raise OwnRequest(request=request, by=by)
    if isinstance(known.wanted, Erased):
        raise RequestErased(request=request)
    if why := why_lapsed(account, known, on):
        raise RequestStandsNot(request=request, why=why)
    leave = Authority(
        asked_by=known.asked_by, role=known.role, request=request, approved_by=by, approver_role=role
    )
    given = ApprovalGiven(request=request, approved_by=by, role=role, approved_on=on)
    return [given, *(by_leave(_from_then(account, fact, on), leave) for fact in from_text(known.wanted))]


def by_leave(fact: Fact, leave: Authority) -> Fact:
    """The fact with by whose leave it is recorded, where its kind says so."""
    return fact.model_copy(update={"authority": leave}) if isinstance(fact, LEAVE_NEEDED) else fact


def _from_then(account: Account, fact: Fact, on: date) -> Fact:
    """What is given up or handed over counts from the day it was approved; what was agreed with the debtor
    from the day it was agreed."""
    match fact:
        case InvoiceWrittenOff():
            return fact.model_copy(update={"written_off_on": max(fact.written_off_on, on)})
        case ChargeWaived():
            return fact.model_copy(update={"waived_on": max(fact.waived_on, on)})
        case AccountPlaced():
            items = ((account.item(old.item), old.step) for old in fact.lines)
            lines = tuple(line(item, step, on) for item, step in items if item is not None)
            return fact.model_copy(update={"placed_on": max(fact.placed_on, on), "lines": lines})
    return fact


def refuse_leave(
    account: Account, *, request: str, on: date, by: str, reason: str | None = None
) -> list[Fact]:
    """Records that a second person refuses the request; refused again it is nothing new.

    Raises RequestUnknown, RequestIsNot, OwnRequest.
    """
    known = known_request(account, request)
    if known.status == "refused":
        return []
    _check_waits(known)
    if by == known.asked_by:
        raise OwnRequest(request=request, by=by)
    return [ApprovalRefused(request=request, refused_by=by, refused_on=on, reason=reason)]


def withdraw_request(
    account: Account, *, request: str, on: date, by: str, reason: str | None = None
) -> list[Fact]:
    """Takes a request back, which only who asked may do; taken back again it is nothing new.

    Raises RequestUnknown, RequestIsNot, AskedByOthers.
    """
    known = known_request(account, request)
    if known.status == "withdrawn":
        return []
    _check_waits(known)
    if by != known.asked_by:
        raise AskedByOthers(request=request, asked_by=known.asked_by)
    return [ApprovalWithdrawn(request=request, withdrawn_on=on, reason=reason)]


def known_request(account: Account, request: str) -> ApprovalRequest:
    """The account's request of that id; raises RequestUnknown."""
    known = account.requests.get(request)
    if known is None:
        raise RequestUnknown(account=account.number, request=request)
    return known


def _check_waits(known: ApprovalRequest) -> None:
    if known.status != "waiting":
        raise RequestIsNot(request=known.id, status=known.status)


# --- whether it still stands ------------------------------------------------------------------------------


def why_lapsed(account: Account, request: ApprovalRequest, on: date) -> str | None:
    """Why the request does not stand any more on that day: its time is over, or what it was about changed."""
    if account.erased_on is not None:
        return ERASED
    if on > request.lapses_on:
        return f"nobody decided by {request.lapses_on}"
    changes = (_change(account, each, request, on) for each in request.concerned)
    return next((why for why in changes if why is not None), None)


def _change(account: Account, then: Concerned, request: ApprovalRequest, on: date) -> str | None:
    if then.item not in account.open_items:
        return f"nothing is open of {then.item} any more"
    now = _concerned(account, then.item, request.matter, request.asked_on, on)
    if now.owed != then.owed:
        return f"{then.item} stands at {now.owed} {now.currency}, not {then.owed}"
    if now.placement != then.placement:
        return f"{then.item} is placed otherwise: {now.placement or 'with nobody'}"
    return f"{then.item} is {now.stop}" if now.stop and now.stop != then.stop else None


def _concerned(
    account: Account, item_id: str, matter: Matter, since: date, on: date | None = None
) -> Concerned:
    item = account.item(item_id)
    assert item is not None, f"no request can name the item {item_id} before it was raised"
    placement = account.placements.get(item.placement or "")
    return Concerned(
        item=item_id, currency=item.currency, owed=item.open + _paid_since(account, item, matter, since),
        stop=stop_of(account, item, on or since),
        placement=f"{placement.id}, {placement.status}" if placement else None,
    )  # fmt: skip


def _paid_since(account: Account, item: Item, matter: Matter, since: date) -> Decimal:
    """What the debtor pays on what was agreed with them takes nothing from it."""
    if matter not in ("plan", "settlement"):
        return ZERO
    parts = ((account.receipts.get(receipt), part) for receipt, part in item.paid_by.items())
    return sum((part for receipt, part in parts if receipt and receipt.received_on >= since), ZERO)
