"""Interest asked for: what has accrued up to a day, shown or charged at once; and money in."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

from engine.domain.account import Account, Item
from engine.domain.allocation import OLDEST_FIRST, AllocationOrder
from engine.domain.decisions import payments
from engine.domain.errors import RuleBroken
from engine.domain.facts.base import Fact
from engine.domain.facts.items import FeeCharged, InterestCharged
from engine.domain.money import ZERO
from engine.domain.settling import settlement_of
from policies.book import PolicyBook
from policies.interest.bearing import Bearing
from policies.interest.charging import Charging, charges, charging
from policies.interest.compensation import owed
from policies.interest.rates import RateUnknown
from policies.interest.terms import ONE_DAY, Terms, terms


class NoInterest(RuleBroken):
    sentence = "no policy of account '{account}' charges interest or fees by {until}"


def terms_of(account: Account, policies: PolicyBook, at: datetime) -> Terms:
    """The account's rules on interest and fees, on the debtor's clock at that moment."""
    rules = policies.in_force(account, at).policy.contact
    return terms(account, policies, policies.clock_of(account, rules)[0])


def accruing(account: Account, rules: Terms, until: date) -> Iterator[Charging]:
    """What each invoice is to be charged by the end of that day; those that bear nothing new are left out.

    Raises RateUnknown.
    """
    for item in _invoices(account):
        found = charging(Bearing(account, item, rules), until, adjusting=True)
        if found.new > ZERO or found.periods:
            yield found


def compensations(account: Account, rules: Terms, until: date) -> Iterator[FeeCharged]:
    """The fixed compensation that invoices are owed by the end of that day and have not been charged."""
    for item in _invoices(account):
        if item.due_on < until and (found := owed(account, item, rules, until, on_demand=True)):
            yield found[1]


def _invoices(account: Account) -> list[Item]:
    closed = (account.closed_items[name] for name in account.to_settle if name in account.closed_items)
    every = (item for item in (*account.open_items.values(), *closed) if item.kind == "invoice")
    found = [item for item in every if settlement_of(account, item.id) is None]
    return sorted(found, key=lambda item: (item.due_on, item.issued_on, item.id))


def charge_now(account: Account, policies: PolicyBook, *, until: date, on: date, at: datetime) -> list[Fact]:
    """Charges all interest up to the end of `until`, and compensation not charged yet, as of the day `on`.

    Raises RateUnknown, and NoInterest where no policy charges anything.
    """
    rules = terms_of(account, policies, at)
    if not any(span.interest or span.fees for _, _, span in rules.between(date.min, until)):
        raise NoInterest(account=account.number, until=until)
    facts: list[Fact] = []
    for fee in compensations(account, rules, until):
        due_on = on + (fee.due_on - fee.charged_on)
        facts.append(fee.model_copy(update={"charged_on": on, "due_on": due_on}))
    for found in accruing(account, rules, until):
        facts += charges(account, found, on, _due_on(rules, on))
    return facts


def _due_on(rules: Terms, on: date) -> date:
    interest = rules.on(on).interest
    return on + (interest.due_days if interest else 0) * ONE_DAY


# --- money in ---------------------------------------------------------------------------------------------


def allocation_order(account: Account, policies: PolicyBook, at: datetime) -> AllocationOrder:
    """The order in which the account's policy sets money against what is owed."""
    if not policies.has_policy(account, at):
        return OLDEST_FIRST
    return policies.in_force(account, at).policy.allocation


def receive(
    account: Account, policies: PolicyBook, at: datetime, *, payment: str, amount: Decimal, currency: str,
    received_on: date, designated: Sequence[str] = (), reference: str | None = None,
) -> list[Fact]:  # fmt: skip
    """Records money by the policy's order. The United States Rule first pays interest accrued to that day,
    and so that is charged with it; money is never refused for want of a rate."""
    order = allocation_order(account, policies, at)
    accrued: list[InterestCharged] = []
    if order == "us-rule" and payment not in account.receipts:
        accrued = _accrued(account, policies, received_on, currency, at)
    return [*accrued, *payments.receive_payment(
        account, payment=payment, amount=amount, currency=currency, received_on=received_on,
        designated=designated, reference=reference, order=order, accrued=accrued,
    )]  # fmt: skip


def _accrued(
    account: Account, policies: PolicyBook, until: date, currency: str, at: datetime
) -> list[InterestCharged]:
    rules, facts = terms_of(account, policies, at), list[InterestCharged]()
    for item in _invoices(account):
        try:
            found = charging(Bearing(account, item, rules), until, adjusting=False)
        except RateUnknown:
            continue
        if item.currency == currency:
            made = charges(account, found, until, _due_on(rules, until))
            facts += [fact for fact in made if isinstance(fact, InterestCharged)]
    return facts
