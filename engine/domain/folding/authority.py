"""What waits for a second person's leave, and what became of it."""

from engine.domain.account import Account, ApprovalRequest, RequestStatus
from engine.domain.facts import authority
from engine.domain.facts.base import Fact
from engine.domain.folding.registry import applies

_ENDS: dict[type[Fact], RequestStatus] = {
    authority.ApprovalGiven: "approved",
    authority.ApprovalRefused: "refused",
    authority.ApprovalWithdrawn: "withdrawn",
}


@applies(authority.ApprovalRequested)
def _asked(account: Account, fact: authority.ApprovalRequested) -> None:
    account.requests[fact.request] = account.to_approve[fact.request] = ApprovalRequest(
        id=fact.request, matter=fact.matter, asked_by=fact.asked_by, role=fact.role, asked_on=fact.asked_on,
        lapses_on=fact.lapses_on, amount=fact.amount, currency=fact.currency,
        share_percent=fact.share_percent, days=fact.days, concerned=fact.concerned, wanted=fact.wanted,
    )  # fmt: skip


@applies(authority.ApprovalGiven, authority.ApprovalRefused, authority.ApprovalWithdrawn)
def _ended(account: Account, fact: authority.ApprovalEnd) -> None:
    account.to_approve.pop(fact.request, None)
    if request := account.requests.get(fact.request):
        request.status = _ENDS[type(fact)]
