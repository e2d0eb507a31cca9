"""Interest of an account that has accrued and is not charged yet, in one answer."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from arrears.telling.rows import by_currency, exact
from arrears.wiring import Book
from engine.domain.account import Account
from engine.domain.facts.items import FeeCharged, InterestDays
from engine.domain.money import ZERO
from policies.interest.charging import Charging
from policies.interest.on_demand import accruing, compensations, terms_of
from policies.interest.statutory import longest_term_days
from policies.interest.terms import ONE_DAY

Row = dict[str, Any]


def interest_answer(book: Book, number: str, until: date | None = None) -> Row:
    """What has accrued up to the end of that day (by default yesterday), and compensation that is owed.

    Raises AccountUnknown, NoPolicy.
    """
    last = until or book.today - ONE_DAY
    account = book.folded(number)
    rules = terms_of(account, book.engine.policies(), book.clock())
    found, fees = list(accruing(account, rules, last)), list(compensations(account, rules, last))
    return {
        "account": number, "until": last,
        "totals": {name: by_currency(sums) for name, sums in _totals(found, fees).items()},
        "invoices": [_invoice(one) for one in found],
        "compensation": [_fee(fee) for fee in fees], "notes": _long_terms(account, found),
    }  # fmt: skip


def _invoice(one: Charging) -> Row:
    currency = one.item.currency
    return {
        "invoice": one.item.id, "currency": currency, "from": one.after + ONE_DAY, "to": one.until,
        "accrued": exact(one.new, currency), "adjustment": exact(one.difference, currency),
        "days": [_days(one, days) for days in one.days],
        "adjusted_periods": [period.model_dump(mode="json") for period in one.periods],
    }  # fmt: skip


def _days(one: Charging, days: InterestDays) -> Row:
    currency = one.item.currency
    return {
        "invoice": one.item.id, "from": days.after + ONE_DAY, "to": days.until, "days": days.days,
        "day_count": days.day_count, "currency": currency, "principal": exact(days.principal, currency),
        "rate_percent": str(days.rate_percent), "source": days.source, "interest": str(days.interest),
    }  # fmt: skip


def _fee(fee: FeeCharged) -> Row:
    return {
        "invoice": fee.invoice, "currency": fee.currency, "amount": exact(fee.amount, fee.currency),
        "debt": exact(fee.debt or ZERO, fee.currency), "late_on": fee.charged_on, "reason": fee.reason,
    }  # fmt: skip


def _long_terms(account: Account, found: Sequence[Charging]) -> list[str]:
    """Terms of business debtors for which interest may run from an earlier day than the due date."""
    longest = longest_term_days("b2b") if account.kind == "business" else None
    return [
        f"{one.item.id}: its term of {(one.item.due_on - one.item.issued_on).days} days is longer than "
        f"{longest}; that must have been agreed expressly (Directive 2011/7/EU, art. 3(5))"
        for one in found
        if longest is not None and (one.item.due_on - one.item.issued_on).days > longest
    ]


def _totals(found: Sequence[Charging], fees: Sequence[FeeCharged]) -> dict[str, dict[str, Decimal]]:
    accrued: dict[str, Decimal] = {}
    for one in found:
        accrued[one.item.currency] = accrued.get(one.item.currency, ZERO) + one.new + one.difference
    owed: dict[str, Decimal] = {}
    for fee in fees:
        owed[fee.currency] = owed.get(fee.currency, ZERO) + fee.amount
    return {"interest": accrued, "compensation": owed}
