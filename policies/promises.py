"""How promises are judged: the terms pinned when one is made, and what came for it."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_DOWN, Decimal
from zoneinfo import ZoneInfo

from engine.domain.account import Account, Item, Promise, Receipt
from engine.domain.facts.promises import (
    Judgement,
    PromiseBroken,
    PromiseKept,
    PromisePartlyKept,
    PromiseTerms,
)
from engine.domain.money import ZERO, unit
from policies.book import PolicyBook
from policies.calendar import add_business_days, local_moment
from policies.document import PromiseRules

HUNDRED = Decimal(100)


def promise_terms(
    policies: PolicyBook, account: Account, amount: Decimal, currency: str, promised_on: date, at: datetime
) -> PromiseTerms:
    """The terms that the policy in force at that moment gives a promise of the account; raises NoPolicy."""
    policy = policies.in_force(account, at).policy
    zone, _ = policies.clock_of(account, policy.contact)
    return terms(policy.promise, account, amount, currency, promised_on, zone)


def terms(
    rules: PromiseRules, account: Account, amount: Decimal, currency: str, promised_on: date, zone: ZoneInfo
) -> PromiseTerms:
    """The terms of a promise made now: tolerance, last day in time, and the moment of judgement (UTC).

    It is judged when grace and posting lag, in business days where the debtor is, have passed there.
    """
    percent = (amount * rules.tolerance_percent / HUNDRED).quantize(unit(currency), ROUND_DOWN)
    fixed = rules.tolerance.quantize(unit(currency), ROUND_DOWN)
    deadline = add_business_days(promised_on, rules.grace_business_days, account.country, account.region)
    posted = add_business_days(deadline, rules.posting_lag_business_days, account.country, account.region)
    return PromiseTerms(
        grace_business_days=rules.grace_business_days,
        posting_lag_business_days=rules.posting_lag_business_days,
        tolerance=max(percent, fixed),
        deadline=deadline,
        judge_at=local_moment(posted + timedelta(1), time(0), zone),
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a promise comes to; `moot`: all it was for was credited, written off or disputed."""

    kind: type[Judgement]
    received: Decimal
    needed: Decimal
    counted: tuple[tuple[str, Decimal], ...]
    moot: bool

    def differs_from(self, promise: Promise) -> bool:
        """Whether a promise judged before would be judged differently now."""
        return (self.received, dict(self.counted)) != (promise.received, promise.counted)


def judge(account: Account, promise: Promise, until: date) -> Verdict:
    """The verdict on a promise by the money received within [made, deadline], each cent counted once.

    Credits and disputes count up to the day `until`; what they leave to be paid is all that is needed.
    """
    needed = min(promise.amount, _payable(account, promise, until))
    counted = _count(account, promise, needed)
    received = sum((part for _, part in counted), ZERO)
    if received >= needed - promise.terms.tolerance and received > ZERO:
        kind: type[Judgement] = PromiseKept
    else:
        kind = PromisePartlyKept if received > ZERO else PromiseBroken
    moot = received == ZERO and (needed == ZERO or _all_disputed(account, promise, until))
    return Verdict(kind, received, needed, counted, moot)


def _count(account: Account, promise: Promise, needed: Decimal) -> tuple[tuple[str, Decimal], ...]:
    counted = []
    for receipt in account.receipts.values():
        if not _serves(receipt, promise) or needed <= ZERO:
            continue
        part = min(_free(account, promise, receipt), needed)
        if part > ZERO:
            counted.append((receipt.id, part))
            needed -= part
    return tuple(counted)


def _serves(receipt: Receipt, promise: Promise) -> bool:
    """Money received in time in the promise's currency, and not taken back."""
    if receipt.currency != promise.currency or receipt.reversed_on is not None:
        return False
    return promise.made_on <= receipt.received_on <= promise.terms.deadline


def _free(account: Account, promise: Promise, receipt: Receipt) -> Decimal:
    """What of the payment serves the promise and no other promise has counted.

    Money that the payer designated serves what it was set against.
    """
    amount = receipt.amount - receipt.refunded
    if receipt.designated:
        amount = sum((receipt.allocated.get(item, ZERO) for item in promise.items), ZERO)
    others = (p.counted.get(receipt.id, ZERO) for p in account.promises.values() if p is not promise)
    return min(amount, receipt.amount - receipt.refunded - sum(others, ZERO))


def _payable(account: Account, promise: Promise, until: date) -> Decimal:
    """What was left to be paid on the promise's items since it was made, credits up to that day taken off."""
    items = (item for item in map(account.item, promise.items) if item is not None)
    return sum((item.open + _paid_since(account, item, promise, until) for item in items), ZERO)


def _paid_since(account: Account, item: Item, promise: Promise, until: date) -> Decimal:
    """What came on the item after the promise was made: payments, and credits after `until`."""
    total = ZERO
    for receipt_id, part in item.paid_by.items():
        receipt = account.receipt(receipt_id)
        if receipt is None or receipt.received_on < promise.made_on:
            continue
        if receipt.kind == "payment" or receipt.received_on > until:
            total += part
    return total


def _all_disputed(account: Account, promise: Promise, until: date) -> bool:
    """Whether every item of the promise was under a dispute opened by that day."""
    items = [item for item in map(account.item, promise.items) if item is not None]
    return all(any(account.disputes[d].opened_on <= until for d in item.disputes) for item in items)


def rejudged_at(promise: Promise, trigger: date, zone: ZoneInfo) -> datetime:
    """When a judged promise is judged again: on the day of what changed it, never before the first time."""
    moment = local_moment(trigger, time(0), zone)
    return max(moment, promise.judged_at or moment)
