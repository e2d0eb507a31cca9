"""May the debtor be called now? What time it is there, and what the limits say."""

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from arrears.wiring import Book
from engine.application import leave
from engine.domain.permit import Permit, Refusal
from policies.book import NoPolicy
from policies.contact_limits.case import Proposal
from policies.contact_limits.permits import within_hours

NO_POLICY = "no_policy"


@dataclass(frozen=True, slots=True)
class Leave:
    """The debtor's clock, and the leave for a call at that moment.

    `is_known`: whether it is their own clock, well enough to call by. `hours`: those in which the policy has
    contacts made, where it is outside them; a person may call then all the same.
    """

    at: datetime
    zone: ZoneInfo
    is_known: bool
    answer: Permit | Refusal
    hours: tuple[time, time] | None = None

    @property
    def local(self) -> datetime:
        """The moment where the debtor is."""
        return self.at.astimezone(self.zone)

    @property
    def is_given(self) -> bool:
        """Whether a call is allowed now."""
        return isinstance(self.answer, Permit)


def leave_to_call(book: Book, number: str) -> Leave:
    """The leave as things stand now; nothing is recorded or reserved. Raises AccountUnknown."""
    at, policies = book.clock(), book.engine.policies()
    with book.account(number) as account:
        debts = frozenset([account.debt]) if account.debt else frozenset[str]()
        try:
            policy = policies.in_force(account, at).policy
            answer = leave(account, policies, Proposal(at, "call", debts))
        except NoPolicy as fault:
            return Leave(at, book.zone, False, Refusal(NO_POLICY, str(fault), None))
        zone, is_known = policies.clock_of(account, policy.contact)
        is_within = within_hours(policy.contact, zone, at) == at
        hours = None if is_within else (policy.contact.send_at, policy.contact.send_until)
        return Leave(at, zone, is_known, answer, hours)
