"""When an invoice is due: the day given, or the terms of payment given, or those of the policy."""

from datetime import date, datetime

from engine.domain.account import Account
from engine.domain.errors import RuleBroken
from policies.book import NoPolicy, PolicyBook
from policies.business_days import CalendarRules, business_calendar
from policies.payment_terms import payment_terms


class DueDateMissing(RuleBroken):
    sentence = "invoice '{invoice}' needs a due date or terms of payment, such as net 30"


class DueDateDiffers(RuleBroken):
    sentence = (
        "invoice '{invoice}', issued {issued_on}, is said to be due {due_on}, but '{terms}' make it due "
        "{by_terms}"
    )


def due_date(
    policies: PolicyBook, account: Account, at: datetime, *, invoice: str, issued_on: date,
    due_on: date | None, terms: str | None,
) -> date:  # fmt: skip
    """The due date given, else by the terms given, else by those of the policy in force at that moment.

    An invoice that is there already and comes again with neither is due as it was. Raises DueDateMissing,
    UnknownTerms, and DueDateDiffers where a due date and terms do not agree.
    """
    if due_on is not None and terms is None:
        return due_on
    known = account.item(invoice)
    if known is not None and due_on is None and terms is None:
        return known.raised_due_on
    words, rules = _policy_terms(policies, account, at)
    if (said := terms or words) is None:
        raise DueDateMissing(invoice=invoice)
    by_terms = payment_terms(said).due_on(issued_on, business_calendar(rules, account))
    if due_on not in (None, by_terms):
        raise DueDateDiffers(
            invoice=invoice, issued_on=issued_on, due_on=due_on, terms=said, by_terms=by_terms
        )
    return by_terms


def _policy_terms(policies: PolicyBook, account: Account, at: datetime) -> tuple[str | None, CalendarRules]:
    try:
        policy = policies.in_force(account, at).policy
    except NoPolicy:
        return None, CalendarRules()
    return policy.payment_terms, policy.calendar
