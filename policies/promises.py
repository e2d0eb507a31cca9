"""How promises are judged: the terms pinned when one is made, and what came for it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_DOWN, Decimal
from zoneinfo import ZoneInfo

from engine.domain.account import Account, Dispute, Item, Promise
from engine.domain.facts.promises import (
    Judgement,
    PromiseBroken,
    PromiseKept,
    PromisePartlyKept,
    PromiseTerms,
)
from engine.domain.money import ZERO, money, unit
from engine.domain.serving import age, money_in, set_against, take
from policies.book import PolicyBook
from policies.business_days import BusinessCalendar, business_calendar
from policies.calendar import local_moment
from policies.promise_rules import PromiseRules

HUNDRED = Decimal(100)


def promise_terms(
    policies: PolicyBook, account: Account, amount: Decimal, currency: str, promised_on: date, at: datetime
) -> PromiseTerms:
    """The terms that the policy in force at that moment gives a promise of the account; raises NoPolicy."""
    policy = policies.in_force(account, at).policy
    zone, _ = policies.clock_of(account, policy.contact)
    calendar = business_calendar(policy.calendar, account)
    given = terms(policy.promise, calendar, amount, currency, promised_on, zone)
    return given.model_copy(update={"policy": policy.name})


def settlement_terms(
    policies: PolicyBook, account: Account, amount: Decimal, currency: str, promised_on: date, at: datetime
) -> PromiseTerms:
    """The same for a settlement, of which all is to be paid: no tolerance adds to what is given up."""
    given = promise_terms(policies, account, amount, currency, promised_on, at)
    return given.model_copy(update={"tolerance": money(ZERO, currency)})


def missed_instalment_ends_plan(policies: PolicyBook, account: Account, at: datetime) -> bool:
    """Whether a plan agreed at that moment ends with its first missed instalment; raises NoPolicy."""
    return policies.in_force(account, at).policy.promise.broken.cancels_plan


def terms(
    rules: PromiseRules, calendar: BusinessCalendar, amount: Decimal, currency: str, promised_on: date,
    zone: ZoneInfo,
) -> PromiseTerms:  # fmt: skip
    """The terms of a promise made now: tolerance, last day in time, and the moment of judgement (UTC).

    The promised day rolls as the calendar says; the promise is judged when grace and posting lag, in business
    days, have passed where the debtor is.
    """
    percent = (amount * rules.tolerance_percent / HUNDRED).quantize(unit(currency), ROUND_DOWN)
    fixed = rules.tolerance.quantize(unit(currency), ROUND_DOWN)
    deadline = calendar.add(calendar.rolled(promised_on), rules.grace_business_days)
    posted = calendar.add(deadline, rules.posting_lag_business_days)
    return PromiseTerms(
        grace_business_days=rules.grace_business_days,
        posting_lag_business_days=rules.posting_lag_business_days,
        tolerance=max(percent, fixed),
        deadline=deadline,
        judge_at=local_moment(posted + timedelta(1), time(0), zone),
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a promise comes to; `moot`: all it was for was credited, written off, disputed or paid before."""

    kind: type[Judgement]
    received: Decimal
    needed: Decimal
    counted: tuple[tuple[str, Decimal], ...]
    moot: bool

    def differs_from(self, promise: Promise) -> bool:
        """Whether a promise judged before would be judged differently now; by new terms it is judged anew."""
        return promise.terms_changed or (self.received, dict(self.counted)) != (
            promise.received,
            promise.counted,
        )


def verdicts(account: Account, currency: str, until: Callable[[Promise], date]) -> dict[str, Verdict]:
    """The verdict on each promise in a currency that stands, by money received within [made, deadline].

    Each cent serves one promise: that of the item which the payer named, else the oldest. Credits and
    disputes count up to the day `until` of each; what they leave to be paid is all that is needed. Money for
    a settlement is only what was set against its items, and no dispute makes less of it enough.
    """
    standing = [p for p in account.promises.values() if p.currency == currency and p.status != "withdrawn"]
    received, found = money_in(account, currency), dict[str, Verdict]()
    older: list[Promise] = []
    for promise in sorted(standing, key=age):
        served = _served_since(account, promise, ((each, found[each.id]) for each in older))
        payable = min(promise.amount, _payable(account, promise, until(promise), served))
        needed, at_most = payable, None
        if promise.discount is not None:
            needed = min(promise.amount, _claimed(account, promise, until(promise), served))
            at_most = set_against(account, promise.items)
        counted = take(received, promise.items, promise.made_on, promise.terms.deadline, needed, at_most)
        found[promise.id] = _verdict(promise, needed, counted, nothing_payable=payable <= ZERO)
        older.append(promise)
    return found


def _served_since(account: Account, promise: Promise, older: Iterable[tuple[Promise, Verdict]]) -> Decimal:
    """What came since the promise was made and served older promises of the same items."""
    served = ZERO
    for other, verdict in older:
        if not set(other.items).isdisjoint(promise.items):
            parts = (part for name, part in verdict.counted if _came_since(account, name, promise))
            served += sum(parts, ZERO)
    return served


def _came_since(account: Account, payment: str, promise: Promise) -> bool:
    return account.receipts[payment].received_on >= promise.made_on


def _verdict(
    promise: Promise, needed: Decimal, counted: Mapping[str, Decimal], *, nothing_payable: bool
) -> Verdict:
    received = sum(counted.values(), ZERO)
    kind: type[Judgement] = PromisePartlyKept if received > ZERO else PromiseBroken
    if received > ZERO and received >= needed - promise.terms.tolerance:
        kind = PromiseKept
    moot = received == ZERO and nothing_payable
    return Verdict(kind, received, needed, tuple(counted.items()), moot)


def _payable(account: Account, promise: Promise, until: date, served_older: Decimal) -> Decimal:
    """What was left to be paid on the promise's items since it was made, and no older promise has paid.

    Credits and disputes up to that day are taken off.
    """
    items = [item for item in map(account.item, promise.items) if item is not None]
    paid = sum((_paid_since(account, item, promise, until) for item in items), ZERO)
    left = sum((_undisputed_on(account, item, until) for item in items), ZERO)
    return left + max(paid - served_older, ZERO)


def _claimed(account: Account, promise: Promise, until: date, served_older: Decimal) -> Decimal:
    """What was left of a settlement's claim since it was agreed, disputed or not, with what it gave up."""
    items = [item for item in map(account.item, promise.items) if item is not None]
    paid = sum((_paid_since(account, item, promise, until) for item in items), ZERO)
    left = sum((item.open + promise.given_up.get(item.id, ZERO) for item in items), ZERO)
    return left + max(paid - served_older, ZERO)


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


def _undisputed_on(account: Account, item: Item, on: date) -> Decimal:
    """What of the item's open amount was under no dispute on that day."""
    disputed = ZERO
    for dispute in account.disputes.values():
        if item.id in dispute.items and _runs(dispute, on):
            part = item.disputes.get(dispute.id, dispute.parts.get(item.id))
            disputed += item.open if part is None else part
    return max(item.open - disputed, ZERO)


def _runs(dispute: Dispute, on: date) -> bool:
    return dispute.opened_on <= on and (dispute.resolved_on is None or on < dispute.resolved_on)


def rejudged_at(promise: Promise, trigger: date, zone: ZoneInfo) -> datetime:
    """When a judged promise is judged again: on the day of what changed it, never before the first time, nor
    before its terms have it judged."""
    moment = max(local_moment(trigger, time(0), zone), promise.terms.judge_at)
    return max(moment, promise.judged_at or moment)
