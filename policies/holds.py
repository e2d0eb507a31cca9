"""The terms that a policy gives a hold when it is placed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from engine.domain.account import Account
from engine.domain.errors import RuleBroken
from engine.domain.facts.stops import EFFECTS, Effect
from policies.book import PolicyBook
from policies.contact_limits import moratorium
from policies.contact_limits.permits import profiles_of
from policies.contact_limits.profile import Moratorium
from policies.document import Policy
from policies.hold_rules import HOLD_RULES


class UnknownHoldKind(RuleBroken):
    sentence = "policy '{policy}' knows no hold of kind '{kind}'; it knows: {known}"


class NotACrisis(RuleBroken):
    sentence = "a hold of kind '{kind}' does not wait for the end of a treatment; those that do: {crisis}"


class NotProtected(RuleBroken):
    sentence = (
        "no contact limit of policy '{policy}' that covers '{account}' says for how long a hold of kind "
        "'{kind}' protects after its entry on a register; give its days"
    )


@dataclass(frozen=True, slots=True)
class HoldTerms:
    """What a hold stops and until when (None: until it is released), as the policy has it."""

    stops: tuple[Effect, ...]
    until_on: date | None


@dataclass(frozen=True, slots=True)
class Protection:
    """The days of a statutory hold: its first, and the first one free again (None: not known yet)."""

    from_on: date
    until_on: date | None


def hold_terms(
    policies: PolicyBook, account: Account, kind: str, from_on: date, until_on: date | None, at: datetime
) -> HoldTerms:
    """The terms that the policy in force at that moment gives a hold; raises UnknownHoldKind, NoPolicy.

    A kind that a contact limit protects also stops the charges that the limit suspends.
    """
    policy = policies.in_force(account, at).policy
    rule = policy.hold.get(kind) or HOLD_RULES.get(kind)
    if rule is None:
        known = ", ".join(sorted({*HOLD_RULES, *policy.hold}))
        raise UnknownHoldKind(policy=policy.name, kind=kind, known=known)
    if until_on is None and rule.days is not None:
        until_on = from_on + timedelta(rule.days)
    protects = _moratorium(account, policy, kind)
    charges: tuple[Effect, ...] = ("interest", "fees") if protects and protects.suspends_charges else ()
    return HoldTerms(tuple(one for one in EFFECTS if one in (*rule.stops, *charges)), until_on)


def protection(
    policies: PolicyBook, account: Account, kind: str, entered_on: date, at: datetime
) -> Protection:
    """The days that the law gives a hold which was entered on a register that day; raises NotProtected,
    NoPolicy."""
    rule = _protecting(policies, account, kind, at)
    until = None if kind in rule.crisis_kinds else moratorium.ends_on(rule, entered_on) + timedelta(1)
    return Protection(moratorium.starts_on(rule, entered_on), until)


def protected_until(
    policies: PolicyBook, account: Account, kind: str, treatment_ended_on: date, at: datetime
) -> date:
    """The first day free again after a crisis treatment has ended; raises NotProtected, NoPolicy."""
    rule = _protecting(policies, account, kind, at)
    if kind not in rule.crisis_kinds:
        raise NotACrisis(kind=kind, crisis=", ".join(rule.crisis_kinds))
    return moratorium.crisis_lasts_until(rule, treatment_ended_on) + timedelta(1)


def _protecting(policies: PolicyBook, account: Account, kind: str, at: datetime) -> Moratorium:
    policy = policies.in_force(account, at).policy
    rule = _moratorium(account, policy, kind)
    if rule is None:
        raise NotProtected(policy=policy.name, account=account.number, kind=kind)
    return rule


def _moratorium(account: Account, policy: Policy, kind: str) -> Moratorium | None:
    """The rule of a contact limit that protects holds of that kind of the account."""
    rules = (profile.moratorium for profile in profiles_of(account, policy))
    return next((rule for rule in rules if rule and kind in rule.hold_kinds), None)
