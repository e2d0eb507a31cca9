"""The terms that a policy gives a dispute when it is opened."""

from datetime import date, datetime

from engine.domain.account import Account
from engine.domain.errors import RuleBroken
from policies.book import PolicyBook
from policies.business_days import business_calendar


class UnknownReasonCode(RuleBroken):
    sentence = "policy '{policy}' knows no reason '{code}' for a dispute; it knows: {known}"


def dispute_deadline(
    policies: PolicyBook, account: Account, code: str | None, opened_on: date, deadline: date | None,
    at: datetime,
) -> date | None:  # fmt: skip
    """The day given by which a dispute is to be settled, else the policy's; raises UnknownReasonCode."""
    policy = policies.in_force(account, at).policy
    rules = policy.dispute
    if code is not None and rules.reasons and code not in rules.reasons:
        raise UnknownReasonCode(policy=policy.name, code=code, known=", ".join(rules.reasons))
    if deadline is not None or rules.settle_business_days is None:
        return deadline
    return business_calendar(policy.calendar, account).add(opened_on, rules.settle_business_days)
