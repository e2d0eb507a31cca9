"""Who may decide what alone: what goes beyond a role's limit waits for a second person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_UP, Decimal
from typing import Protocol

from engine.domain.account import Account, ApprovalRequest
from engine.domain.decisions.authority import (
    LEAVE_NEEDED,
    Asking,
    ask_leave,
    by_leave,
    give_leave,
    known_request,
    why_lapsed,
)
from engine.domain.errors import RuleBroken
from engine.domain.facts.authority import ApprovalWithdrawn, Matter
from engine.domain.facts.base import Authority, Fact
from engine.domain.facts.escalation import AccountPlaced
from engine.domain.facts.items import ChargeWaived, InvoiceWrittenOff
from engine.domain.facts.promises import RepaymentPlanAgreed, SettlementAgreed
from engine.domain.money import ZERO
from policies.approval_rules import ROLES, ApprovalRules, exceeded
from policies.because import because, by, decision_id
from policies.book import PolicyBook
from policies.calendar import ONE_DAY, local_moment
from policies.ladder import MIDNIGHT
from policies.view import View

STEP = "approvals"
SHARE = Decimal("0.01")


class BeyondRole(RuleBroken):
    sentence = (
        "a {role} may decide {limit} of this alone, and request '{request}' is for more; "
        "it can be approved by: {roles}"
    )


class BeyondRoleAlone(RuleBroken):
    sentence = (
        "a {role} may decide {limit} of this alone, and this {matter} is for {amount} {currency}: "
        "nobody is asked for it here; ask for it by itself, or take it over as history"
    )


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who decides, in the role they have, at a moment. `new_request`: the id of what they ask."""

    name: str
    role: str
    at: datetime
    today: date
    new_request: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """How large a decision is, by what its matter is limited by."""

    matter: Matter
    amount: Decimal
    currency: str
    items: tuple[str, ...]
    share_percent: Decimal | None = None
    days: int | None = None
    until: date | None = None
    """The first day that somebody was to pay by: after it the decision would come too late."""


def measures(facts: Iterable[Fact]) -> list[Measure]:
    """How large each of these decisions is; of several currencies each by itself."""
    return [one for fact in facts if isinstance(fact, LEAVE_NEEDED) for one in _measured(fact)]


def _measured(fact: Fact) -> list[Measure]:
    match fact:
        case InvoiceWrittenOff():
            return [Measure("write_off", fact.amount, fact.currency, (fact.invoice,))]
        case ChargeWaived():
            return [Measure("waiver", fact.amount, fact.currency, (fact.charge,))]
        case RepaymentPlanAgreed():
            days = [part.promised_on for part in fact.instalments]
            total = sum((part.amount for part in fact.instalments), ZERO)
            length = (max(days) - fact.agreed_on).days
            return [Measure("plan", total, fact.currency, fact.items, days=length, until=min(days))]
        case SettlementAgreed():
            share = (fact.discount * 100 / fact.claim).quantize(SHARE, ROUND_UP)
            return [Measure(
                "settlement", fact.discount, fact.currency, fact.items, share, until=fact.promised_on
            )]  # fmt: skip
        case AccountPlaced():
            return _placed(fact)
    return []


def _placed(fact: AccountPlaced) -> list[Measure]:
    currencies = dict.fromkeys(line.currency for line in fact.lines)
    sums = {
        code: sum((line.open for line in fact.lines if line.currency == code), ZERO) for code in currencies
    }
    names = tuple(line.item for line in fact.lines)
    return [Measure("placement", total, code, names) for code, total in sums.items()]


class Sized(Protocol):
    """What has a size that the limits are held against."""

    @property
    def matter(self) -> Matter: ...
    @property
    def amount(self) -> Decimal: ...
    @property
    def currency(self) -> str: ...
    @property
    def share_percent(self) -> Decimal | None: ...
    @property
    def days(self) -> int | None: ...


def _limit(rules: ApprovalRules, role: str, one: Sized) -> str | None:
    return exceeded(rules, role, one.matter, one.amount, one.currency, one.share_percent, one.days)


def within_authority(
    policies: PolicyBook, account: Account, facts: Sequence[Fact], person: Person
) -> list[Fact]:
    """The facts that somebody wants to record, by their own leave; or, beyond what their role may decide
    alone, the request for a second person's and nothing else. Raises NoPolicy, WaitsAlready."""
    if not measures(facts):
        return list(facts)
    rules = policies.in_force(account, person.at).policy.approvals
    if beyond := _beyond(rules, facts, person):
        one, limit = beyond
        return ask_leave(account, _asking(rules, person, one, limit), facts)
    return _by_own_leave(facts, person)


def by_own_authority(
    policies: PolicyBook, account: Account, facts: Sequence[Fact], person: Person
) -> list[Fact]:
    """The same facts, by the leave of who records them, where nobody else can be asked: raises
    BeyondRoleAlone for what goes beyond their role. Raises NoPolicy."""
    if not measures(facts):
        return list(facts)
    if beyond := _beyond(policies.in_force(account, person.at).policy.approvals, facts, person):
        one, limit = beyond
        raise BeyondRoleAlone(
            role=person.role, limit=limit, matter=one.matter, amount=one.amount, currency=one.currency
        )
    return _by_own_leave(facts, person)


def _beyond(rules: ApprovalRules, facts: Sequence[Fact], person: Person) -> tuple[Measure, str] | None:
    """The first of these decisions that somebody's role may not decide alone, with what it may."""
    found = ((one, _limit(rules, person.role, one)) for one in measures(facts))
    return next(((one, limit) for one, limit in found if limit is not None), None)


def _by_own_leave(facts: Sequence[Fact], person: Person) -> list[Fact]:
    leave = Authority(asked_by=person.name, role=person.role)
    return [by_leave(fact, leave) for fact in facts]


def _asking(rules: ApprovalRules, person: Person, one: Measure, limit: str) -> Asking:
    last = person.today + timedelta(rules.lapse_after_days)
    return Asking(
        request=person.new_request, asked_by=person.name, role=person.role, on=person.today,
        lapses_on=min(last, one.until or last), matter=one.matter, amount=one.amount, currency=one.currency,
        items=one.items, limit=limit, share_percent=one.share_percent, days=one.days,
    )  # fmt: skip


def approve(policies: PolicyBook, account: Account, request: str, person: Person) -> list[Fact]:
    """What was asked for, by leave of a second person; raises BeyondRole where their role may not decide it
    either, and what `give_leave` raises."""
    known = known_request(account, request)
    facts = give_leave(account, request=request, on=person.today, by=person.name, role=person.role)
    rules = policies.in_force(account, person.at).policy.approvals
    sizes: list[Sized] = [*measures(facts)] or [known]
    limit = next((found for one in sizes if (found := _limit(rules, person.role, one))), None)
    if facts and limit is not None:
        roles = ", ".join(approvers(rules, known)) or "nobody"
        raise BeyondRole(role=person.role, limit=limit, request=request, roles=roles)
    return facts


def approvers(rules: ApprovalRules, request: Sized) -> list[str]:
    """The roles that may approve the request, by the rules as they now are."""
    return [role for role in ROLES if _limit(rules, role, request) is None]


# --- what lapses of itself --------------------------------------------------------------------------------


def lapsed_requests(view: View) -> list[Fact]:
    """Takes back each request whose time is over, or of which something has changed."""
    waiting = sorted(view.account.to_approve.values(), key=lambda request: request.id)
    return [
        _lapsed(view, request, why)
        for request in waiting
        if (why := why_lapsed(view.account, request, view.today)) is not None
    ]


def next_lapse(view: View) -> datetime | None:
    """The next moment at which the time of a request is over."""
    days = [request.lapses_on + ONE_DAY for request in view.account.to_approve.values()]
    return min((local_moment(on, MIDNIGHT, view.zone) for on in days), default=None)


def _lapsed(view: View, request: ApprovalRequest, why: str) -> Fact:
    due_at = local_moment(request.asked_on, MIDNIGHT, view.zone)
    names = [each.item for each in request.concerned]
    figures = {
        "asked by": request.asked_by, "asked on": request.asked_on, "waits until": request.lapses_on,
        "amount": f"{request.amount} {request.currency}",
    }  # fmt: skip
    decision = decision_id(view, STEP, names, due_at, request.id)
    return ApprovalWithdrawn(
        request=request.id, withdrawn_on=view.today, reason=why, by=by(view),
        because=because(view, STEP, due_at, decision, figures),
    )  # fmt: skip
