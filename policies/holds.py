"""The terms that a policy gives a hold when it is placed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from engine.domain.account import Account
from engine.domain.errors import RuleBroken
from engine.domain.facts.stops import Effect
from policies.book import PolicyBook
from policies.hold_rules import HOLD_RULES


class UnknownHoldKind(RuleBroken):
    sentence = "policy '{policy}' knows no hold of kind '{kind}'; it knows: {known}"


@dataclass(frozen=True, slots=True)
class HoldTerms:
    """What a hold stops and until when (None: until it is released), as the policy has it."""

    stops: tuple[Effect, ...]
    until_on: date | None


def hold_terms(
    policies: PolicyBook, account: Account, kind: str, from_on: date, until_on: date | None, at: datetime
) -> HoldTerms:
    """The terms that the policy in force at that moment gives a hold; raises UnknownHoldKind, NoPolicy."""
    policy = policies.in_force(account, at).policy
    rule = policy.hold.get(kind) or HOLD_RULES.get(kind)
    if rule is None:
        known = ", ".join(sorted({*HOLD_RULES, *policy.hold}))
        raise UnknownHoldKind(policy=policy.name, kind=kind, known=known)
    if until_on is None and rule.days is not None:
        until_on = from_on + timedelta(rule.days)
    return HoldTerms(rule.stops, until_on)
