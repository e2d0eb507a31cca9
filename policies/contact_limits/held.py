"""Contact that a hold of the account stops, by whomever it is to be made."""

from datetime import date, time

from engine.domain.account import Account, Hold
from engine.domain.holding import hold_on
from policies.book import PolicyBook
from policies.calendar import local_day, local_moment
from policies.contact_limits.case import Breach, Proposal
from policies.document import Policy

HELD = "held"
ANSWERS = ("reply", "opt-out-confirmation")
"""Whoever asks gets an answer, whatever rests."""


def held(account: Account, book: PolicyBook, policy: Policy, proposal: Proposal) -> Breach | None:
    """The hold that stops this contact; None: none does.

    One about named items is stopped where one of them is held; one that names none, where all are.
    """
    if not account.holds or proposal.purpose in ANSWERS:
        return None
    zone, _ = book.clock_of(account, policy.contact)
    hold = _hold(account, proposal, local_day(proposal.at, zone))
    if hold is None:
        return None
    until = f"until {hold.days.end}" if hold.days.end else "until it is released"
    end = local_moment(hold.days.end, time(0), zone) if hold.days.end else None
    return Breach(HELD, "the policy", f"a hold ({hold.kind}) stops contact {until}", end, (hold.id,))


def _hold(account: Account, proposal: Proposal, on: date) -> Hold | None:
    whole = hold_on(account, None, on, "contact")
    if whole is not None:
        return whole
    holds = [hold_on(account, item, on, "contact") for item in sorted(proposal.items or account.open_items)]
    stopped = [hold for hold in holds if hold is not None]
    enough = bool(stopped) if proposal.items else len(stopped) == len(holds)
    return stopped[0] if stopped and enough else None
