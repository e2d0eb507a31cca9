"""A contact is looked at once more right before it leaves: does it still stand, and may it?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from engine.domain.account import Account
from engine.domain.facts.contacts import CallScheduled, Line, ReminderIssued
from policies.book import PolicyBook
from policies.contact_limits.permits import ERASED, limited
from policies.contact_limits.recorded import proposal_of
from policies.moot import why_settled
from policies.view import View

LONGEST_WAIT = timedelta(days=2)
"""What could leave only later is taken back: its dates would be stale, and the ladder decides anew."""


@dataclass(frozen=True, slots=True)
class PutOff:
    """It may leave, but not before that moment."""

    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class CalledOff:
    """It is not to leave at all; the ladder decides anew on what stands then."""

    reason: str


def look_again(
    account: Account, book: PolicyBook, reminder: ReminderIssued | CallScheduled, at: datetime
) -> PutOff | CalledOff | None:
    """What keeps the reminder, or a call, from being made now; None: nothing does. Raises NoPolicy.

    Where anything that it says has been paid, disputed, held, promised or lowered meanwhile it is called off
    as a whole, because it would ask for too much. Limits are judged at this moment, the reminder itself not
    counted; a limit without an end, or with one far off, calls it off, too.
    """
    if account.erased_on is not None:
        return CalledOff(ERASED)
    view = View(account, book, at)
    if _followed_up(account, reminder):
        return CalledOff("a later contact went further")
    if overtaken := next(_overtaken(view, reminder), None):
        return CalledOff(overtaken)
    if view.leaves_at > at:
        return PutOff(view.leaves_at, "the hours of contact")
    asked = replace(proposal_of(account, view.policy, reminder), at=at)
    refused = limited(account, book, view.policy, asked, without=(reminder.contact,))
    if refused is None:
        return None
    first = refused.first_allowed_at
    if first is None or first > at + LONGEST_WAIT:
        return CalledOff(f"{refused.rule}: {refused.why}")
    return PutOff(first, refused.rule)


def _followed_up(account: Account, reminder: ReminderIssued | CallScheduled) -> bool:
    """Whether the debtor was contacted about any of it since: two at once would contradict each other."""
    about = {line.item for line in reminder.lines}
    return any(
        later.at > reminder.happened_at
        and later.status in ("issued", "delivered", "made")
        and about & {line.item for line in later.lines}
        for later in account.contacts.values()
    )


def _overtaken(view: View, reminder: ReminderIssued | CallScheduled) -> Iterator[str]:
    """Why it would say what is not so any more."""
    for line in reminder.lines:
        if reason := why_settled(view, line) or _lowered(view, line):
            yield f"{line.item} is {reason}"
    items = [item for line in reminder.lines if (item := view.account.open_items.get(line.item))]
    for asked in reminder.demand:
        if (now := view.demand(asked.currency, items)) < asked.amount:
            yield f"{now} {asked.currency} can be demanded now, not {asked.amount}"


def _lowered(view: View, line: Line) -> str | None:
    now = view.account.open_items[line.item].undisputed
    return None if now >= line.open else f"open with {now} {line.currency} now, not {line.open}"
