"""Facts from outside, as a replay keeps them: what they answer, and what of them was ours to work out."""

from collections.abc import Iterable
from datetime import date, time
from decimal import Decimal

from engine.domain.account import Account
from engine.domain.facts.base import Fact
from engine.domain.facts.contacts import CallMade, CallScheduled, ReminderIssued
from engine.domain.facts.escalation import AccountPlaced, PlacementProposed
from engine.domain.facts.promises import (
    Instalment,
    PromiseMade,
    PromiseTerms,
    RepaymentPlanAgreed,
    SettlementAgreed,
)
from engine.domain.facts.stops import HoldPlaced
from engine.replay.money import money_as_it_would_be
from policies.calendar import local_moment
from policies.contact_limits.recorded import flagged
from policies.holds import UnknownHoldKind, hold_terms
from policies.promises import missed_instalment_ends_plan, promise_terms
from policies.supposing import SupposedPolicies

MIDNIGHT = time(0)


Promising = PromiseMade | SettlementAgreed | RepaymentPlanAgreed
MAKING = (ReminderIssued, CallScheduled, PlacementProposed, AccountPlaced)


def named(fact: Fact) -> set[str]:
    """The contacts and placements that the fact makes or answers."""
    said = fact.__dict__  # asking a fact for a field that it does not have is slow
    ids = {said.get("contact"), said.get("placement"), *said.get("answers", ())}
    return {one for one in ids if one is not None}


def made_by(decisions: Iterable[Fact]) -> set[str]:
    """The contacts and placements that these decisions made."""
    return {one for fact in decisions if isinstance(fact, MAKING) for one in named(fact)}


def is_orphaned(fact: Fact, account: Account, taken_out: set[str]) -> bool:
    """Whether the fact answers a decision that was taken out and, up to now, has not been made again."""
    asked = named(fact) & taken_out
    return not asked <= account.contacts.keys() | account.placements.keys()


def as_it_would_be(fact: Fact, account: Account, policies: SupposedPolicies) -> list[Fact]:
    """The fact with what our own rules added to it worked out again; none where nothing is left of it.

    A call that was made settles every call then waiting, as `record_call` has it; a promise is given the
    terms of the policy that governs it, a hold stops what that policy says its kind does, and money goes to
    what is open now. Contacts are flagged where they break its limits.
    """
    return [_on_our_terms(one, account, policies) for one in money_as_it_would_be(fact, account, policies)]


def _on_our_terms(fact: Fact, account: Account, policies: SupposedPolicies) -> Fact:
    if isinstance(fact, CallMade):
        waiting = [c.id for c in account.calls_due.values() if c.at <= fact.called_at]
        answers = dict.fromkeys((*fact.answers, *waiting))
        return flagged(account, policies, fact.model_copy(update={"answers": tuple(answers)}))
    if isinstance(fact, ReminderIssued):
        return flagged(account, policies, fact)
    if isinstance(fact, PromiseMade):
        terms = _terms(fact, fact.amount, fact.promised_on, account, policies)
        return fact.model_copy(update={"terms": terms or fact.terms})
    if isinstance(fact, SettlementAgreed):
        settled_on = _terms(fact, fact.amount, fact.promised_on, account, policies)
        none = settled_on and settled_on.model_copy(update={"tolerance": fact.terms.tolerance})
        return fact.model_copy(update={"terms": none or fact.terms})
    if isinstance(fact, RepaymentPlanAgreed):
        parts = tuple(_instalment(fact, part, account, policies) for part in fact.instalments)
        ends = _ends_plan(fact, account, policies)
        return fact.model_copy(update={"instalments": parts, "missed_instalment_ends_plan": ends})
    if isinstance(fact, HoldPlaced):
        return _hold(fact, account, policies)
    return fact


def _hold(fact: HoldPlaced, account: Account, policies: SupposedPolicies) -> HoldPlaced:
    at = local_moment(fact.from_on, MIDNIGHT, policies.zone)
    if not policies.governs(account, at):
        return fact
    try:
        terms = hold_terms(policies, account, fact.kind, fact.from_on, fact.until_on, at)
    except UnknownHoldKind:
        return fact
    return fact.model_copy(update={"stops": terms.stops})


def made_under(fact: Promising, account: Account, policies: SupposedPolicies) -> bool:
    """Whether the given document governs the account on the day the promise was made."""
    return policies.governs(account, local_moment(fact.happened_on, MIDNIGHT, policies.zone))


def _ends_plan(plan: RepaymentPlanAgreed, account: Account, policies: SupposedPolicies) -> bool:
    if not made_under(plan, account, policies):
        return plan.missed_instalment_ends_plan
    at = local_moment(plan.agreed_on, MIDNIGHT, policies.zone)
    return missed_instalment_ends_plan(policies, account, at)


def _instalment(
    plan: RepaymentPlanAgreed, part: Instalment, account: Account, policies: SupposedPolicies
) -> Instalment:
    terms = _terms(plan, part.amount, part.promised_on, account, policies)
    return part.model_copy(update={"terms": terms or part.terms})


def _terms(
    fact: Promising, amount: Decimal, promised_on: date,
    account: Account, policies: SupposedPolicies,
) -> PromiseTerms | None:  # fmt: skip
    """The terms that the given document gives the promise; None where another policy governs it."""
    if not made_under(fact, account, policies):
        return None
    at = local_moment(fact.happened_on, MIDNIGHT, policies.zone)
    return promise_terms(policies, account, amount, fact.currency, promised_on, at)
