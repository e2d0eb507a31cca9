"""The decision that a debtor cannot be reached, by a rule over what became of calls, letters and e-mails."""

from engine.domain.facts.base import Fact
from engine.domain.facts.escalation import DebtorUnreachable
from policies.because import because, by, decision_id
from policies.calendar import local_day
from policies.view import View

STEP = "unreachable"


def found_unreachable(view: View) -> list[Fact]:
    """The decision that the debtor cannot be reached, where one of the policy's rules says so."""
    account, since = view.account, view.account.failures.last_at
    if account.unreachable or since is None:
        return []
    for rule in view.policy.unreachable:
        parts = list(rule.compared(account))
        if all(holds for holds, _ in parts):
            reason = "; ".join(words for _, words in parts)
            decision = decision_id(view, STEP, (), since, reason)
            return [DebtorUnreachable(
                found_on=local_day(since, view.zone), reason=reason, by=by(view),
                because=because(view, STEP, since, decision, {"rule": reason}),
            )]  # fmt: skip
    return []
