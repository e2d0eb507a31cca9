"""May we contact this debtor on this channel now?"""

from datetime import datetime, timedelta

from engine.domain.account import Account
from engine.domain.facts.contacts import Channel
from engine.domain.permit import Permit, Refusal
from policies.book import PolicyBook
from policies.calendar import local_day, local_moment
from policies.document import ContactRules

UNKNOWN_ZONE = "unknown_time_zone"
MIN_GAP = "min_gap_days"
ERASED = "erased"


def permit(
    account: Account, book: PolicyBook, rules: ContactRules, channel: Channel, at: datetime
) -> Permit | Refusal:
    """The leave to contact the account at a moment, or the rule that forbids it.

    Rules: nobody who was erased; no call where nobody knows what time it is for the debtor; `min_gap_days`
    between contacts.
    """
    if account.erased_on is not None:
        return Refusal(ERASED, f"the debtor was erased on {account.erased_on}", None)
    zone, may_call = book.clock_of(account, rules)
    if channel == "call" and not may_call:
        return Refusal(UNKNOWN_ZONE, "the debtor's time zone is not known", None)
    last = account.last_contact_at
    if last is not None:
        free_on = local_day(last, zone) + timedelta(rules.min_gap_days)
        free_at = local_moment(free_on, rules.send_at, zone)
        if at < free_at:
            why = f"the last contact was on {local_day(last, zone)}, less than {rules.min_gap_days} days ago"
            return Refusal(MIN_GAP, why, free_at, (last.isoformat(),))
    end_of_day = local_moment(local_day(at, zone) + timedelta(1), rules.send_at.min, zone)
    return Permit(account.id, account.version, channel, at, end_of_day)
