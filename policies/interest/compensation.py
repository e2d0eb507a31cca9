"""Decisions on the fixed compensation: once for each invoice that is late, taken back where it was not."""

from datetime import date, datetime, timedelta

from engine.domain.account import Account, Item
from engine.domain.decisions.charges import lowered
from engine.domain.facts.base import Fact
from engine.domain.facts.items import FeeCharged, InterestAdjusted
from engine.domain.money import ZERO
from policies.because import because, by, decision_id
from policies.calendar import local_day
from policies.interest.accrual import fixed_sum
from policies.interest.bearing import Balance, starts_after, stopped
from policies.interest.rules import Fees
from policies.interest.terms import Terms
from policies.view import View

COMPENSATION = "compensation"
ONE_DAY = timedelta(1)


def first_late_day(account: Account, item: Item, rules: Fees, until: date) -> date | None:
    """The first day, up to that one, on which the invoice was late and no hold stopped fees."""
    principal, stops = Balance(item.moves), stopped(account, item, "fees")
    after = starts_after(item, rules.grace_days)
    ends = {after, *principal.days, *(free - ONE_DAY for _, free in stops)}
    for end_of in sorted(day for day in ends if after <= day < until):
        day = end_of + ONE_DAY
        if principal.at(end_of) > ZERO and not any(start <= day < free for start, free in stops):
            return day
    return None


def owed(
    account: Account, item: Item, terms: Terms, until: date, *, on_demand: bool
) -> tuple[date, FeeCharged] | None:
    """The compensation that a late invoice is owed and has not been charged, by the rules of its first late
    day: that day, and the fee as of that day. None: none by the end of `until`."""
    rules = terms.on(min(item.due_on + ONE_DAY, until)).fees or terms.on(until).fees
    if rules is None or item.id in account.compensated:
        return None
    day = first_late_day(account, item, rules, until)
    held = terms.on(day).fees if day is not None else None
    if day is None or held is None or held.table.currency != item.currency:
        return None
    debt = Balance(item.moves).at(day - ONE_DAY)
    amount = fixed_sum(debt, held.table.bands)
    if amount == ZERO or (held.on_demand and not on_demand):
        return None
    return day, FeeCharged(
        charge=f"{item.id}/compensation/{day}", amount=amount, currency=item.currency, charged_on=day,
        due_on=day + held.due_days * ONE_DAY, invoice=item.id, debt=debt,
        reason=f"fixed compensation: {held.table.source}" if held.table.source else "fixed compensation",
    )  # fmt: skip


def compensation(view: View, item: Item) -> tuple[datetime, list[Fact]] | None:
    """The compensation due for the invoice by now, or one taken back since the invoice was not late."""
    if item.id in view.account.compensated:
        return _taken_back(view, item) if item.id in view.account.to_settle else None
    found = owed(view.account, item, view.terms, view.today, on_demand=False)
    if found is None:
        return None
    day, fee = found
    due_at = max(view.terms.begins(day), item.known_at)
    if view.account.live_on is not None:
        due_at = max(due_at, view.terms.begins(view.account.live_on))
    return (due_at, [_charged(view, item, fee, due_at)]) if due_at <= view.at else None


def _charged(view: View, item: Item, fee: FeeCharged, due_at: datetime) -> Fact:
    decision = decision_id(view, COMPENSATION, [f"{item.id}#{item.cycle}"], due_at)
    on = local_day(due_at, view.zone)
    figures = {"invoice": item.id, "due on": item.due_on, "debt": f"{fee.debt} {fee.currency}"}
    return fee.model_copy(update={
        "charged_on": on, "due_on": on + (fee.due_on - fee.charged_on),
        "by": by(view), "because": because(view, COMPENSATION, due_at, decision, figures),
    })  # fmt: skip


def _taken_back(view: View, item: Item) -> tuple[datetime, list[Fact]] | None:
    """What is known now says that the invoice was not late when it was charged for being late."""
    fee = view.account.item(view.account.compensated[item.id])
    assert fee is not None
    rules = view.terms.on(fee.issued_on).fees
    if rules is None or first_late_day(view.account, item, rules, fee.issued_on) is not None:
        return None
    due_at = view.terms.begins(fee.issued_on)
    decision = decision_id(view, COMPENSATION, [fee.id], due_at, "taken back")
    figures = {"invoice": item.id, "due on": item.due_on, "charged": f"{fee.amount} {fee.currency}"}
    return due_at, [InterestAdjusted(
        adjustment=f"{fee.id}/taken-back", invoice=item.id, amount=-fee.amount,
        currency=fee.currency, adjusted_on=fee.issued_on, due_on=fee.issued_on,
        lowered=lowered(view.account, [fee.id], fee.amount, fee.issued_on),
        reason="the invoice was not late after all: no compensation",
        by=by(view), because=because(view, COMPENSATION, due_at, decision, figures),
    )]  # fmt: skip


def next_compensation(view: View, item: Item) -> datetime | None:
    """The moment after `view.at` at which the invoice is late enough, if nothing comes."""
    if item.kind != "invoice" or item.id in view.account.compensated:
        return None
    rules = view.terms.on(max(item.due_on + ONE_DAY, view.today)).fees
    if rules is None or rules.on_demand:
        return None
    ends = [free for _, free in stopped(view.account, item, "fees") if free < date.max]
    days = [starts_after(item, rules.grace_days) + ONE_DAY, *ends]
    moments = (view.terms.begins(day) for day in days)
    return min((moment for moment in moments if moment > view.at), default=None)
