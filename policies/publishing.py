"""Commands on the whole book: publish a policy, retire it, choose the default, adopt bucket edges."""

from collections.abc import Sequence
from datetime import date, datetime

from engine.domain.account import Account
from engine.domain.decisions.accounts import assign_policy
from engine.domain.errors import RuleBroken
from engine.domain.facts.accounts import PolicyAssigned
from engine.domain.facts.base import Fact
from engine.domain.facts.policy import BucketEdgesAdopted, PolicyPublished, PolicyRetired
from policies.book import PolicyBook
from policies.document import digest, parse


class BackDated(RuleBroken):
    sentence = (
        "'{policy}' cannot take effect on {effective_from}: the engine has decided things since, "
        "until {decided_until}"
    )


class DefaultStillInUse(RuleBroken):
    sentence = "policy '{policy}' is the default; choose another default before retiring it"


def publish(
    policies: PolicyBook,
    document: str,
    file: str,
    effective_from: datetime,
    decided_until: datetime | None,
) -> list[Fact]:
    """A new version of the policy in a document; the version now in force given again is nothing new.

    Raises PolicyInvalid, UnknownPolicy where a segment names none that is known, and BackDated where the
    engine has already decided something since then.
    """
    policy = parse(document, file)
    name = policy.name
    for segment in policy.segmenting.segments:
        if segment.policy not in (None, name):
            policies.check_assignable(segment.policy)
    held = policies.versions.get(name, [])
    if held and held[-1].sha256 == digest(document):
        return []
    _check_not_back_dated(name, effective_from, decided_until)
    return [PolicyPublished(
        policy=name, version=len(held) + 1, effective_from=effective_from, document=document,
        sha256=digest(document),
    )]  # fmt: skip


def _check_not_back_dated(policy: str, effective_from: datetime, decided_until: datetime | None) -> None:
    if decided_until is not None and effective_from < decided_until:
        raise BackDated(policy=policy, effective_from=effective_from, decided_until=decided_until)


def retire(policies: PolicyBook, name: str, effective_from: datetime) -> list[Fact]:
    """No account can be given the policy from now on; those that have it keep it."""
    policies.check_assignable(name)
    if policies.default_at(effective_from)[1] == name:
        raise DefaultStillInUse(policy=name)
    return [PolicyRetired(policy=name, effective_from=effective_from)]


def make_default(
    policies: PolicyBook, name: str, effective_from: datetime, decided_until: datetime | None
) -> list[Fact]:
    """Accounts without a policy of their own follow this one from that moment."""
    policies.check_assignable(name)
    if policies.default_at(effective_from)[1] == name:
        return []
    _check_not_back_dated(name, effective_from, decided_until)
    return [PolicyAssigned(policy=name, effective_from=effective_from)]


def assign(
    policies: PolicyBook,
    account: Account,
    name: str,
    effective_from: datetime,
    decided_until: datetime | None,
) -> list[Fact]:
    """The account follows the policy from that moment; nothing new if it already does.

    Raises UnknownPolicy, PolicyIsRetired, and BackDated where the engine has decided something on it since.
    """
    policies.check_assignable(name)
    facts = assign_policy(account, policy=name, effective_from=effective_from)
    if facts:
        _check_not_back_dated(name, effective_from, decided_until)
    return facts


def adopt_edges(policies: PolicyBook, edges: Sequence[int], adopted_on: date, reason: str) -> list[Fact]:
    """The book's aging has these bucket edges from that day on; nothing new where it has them already."""
    held = policies.edges_on(adopted_on)
    if held is not None and held.edges == tuple(edges):
        return []
    return [BucketEdgesAdopted(edges=tuple(edges), adopted_on=adopted_on, reason=reason)]
