"""Promises judged after any history come out as a naive second reading of the rules says."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from engine.domain.account import Account, Promise
from engine.domain.money import ZERO
from policies.book import PolicyBook
from policies.due import decide
from policies.promises import verdicts
from tests.histories import OFTEN, History, histories
from tests.history_books import for_any, new_book

ABOUT_PROMISES = [
    *OFTEN, *("promise", "plan", "renegotiate", "withdraw", "pay", "pay_as_promised", "pay_by_name") * 4,
    *("reverse", "refund", "allocate") * 2,
]  # fmt: skip
Served = dict[str, dict[str, Decimal]]


def naive(account: Account, needed: dict[str, Decimal]) -> Served:
    """Which money serves which promise, found pair by pair: the best pair that is left, again and again."""
    want, served = dict(needed), dict[str, dict[str, Decimal]]()
    have: dict[tuple[str, str | None], Decimal] = {}
    for payment in account.receipts.values():
        if payment.reversed_on is None and payment.designated:
            have |= {(payment.id, item): part for item, part in payment.allocated.items()}
        elif payment.reversed_on is None:
            have[payment.id, None] = payment.amount - payment.refunded
    order = {name: place for place, name in enumerate(account.receipts)}

    def rank(pair: tuple[str, tuple[str, str | None]]) -> tuple[object, ...]:
        promise, (payment, item) = account.promises[pair[0]], pair[1]
        money = (item is None, account.receipts[payment].received_on, order[payment], order_of(payment, item))
        return promise.promised_on, promise.made_on, promise.id, *money

    def order_of(payment: str, item: str | None) -> int:
        return list(account.receipts[payment].allocated).index(item) if item else 0

    while pairs := [
        (name, source)
        for name in want
        for source in have
        if want[name] > ZERO and have[source] > ZERO and fits(account, account.promises[name], *source)
    ]:
        name, source = min(pairs, key=rank)
        part = min(want[name], have[source])
        want[name] -= part
        have[source] -= part
        counted = served.setdefault(name, {})
        counted[source[0]] = counted.get(source[0], ZERO) + part
    return served


def fits(account: Account, promise: Promise, payment: str, item: str | None) -> bool:
    receipt = account.receipts[payment]
    in_time = promise.made_on <= receipt.received_on <= promise.terms.deadline
    return in_time and receipt.currency == promise.currency and (item is None or item in promise.items)


def check_shares(account: Account) -> None:
    """What the share-out gives each promise is what the naive reading gives it."""
    for currency in {promise.currency for promise in account.promises.values()}:
        found = verdicts(account, currency, lambda promise: promise.terms.deadline)
        counted = {name: dict(verdict.counted) for name, verdict in found.items() if verdict.counted}
        assert counted == naive(account, {name: verdict.needed for name, verdict in found.items()})


def check_each_cent_once(account: Account) -> None:
    """Over all judgements that stand no payment was counted for more than it was."""
    used: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for promise in account.promises.values():
        for payment, part in promise.counted.items():
            if promise.status != "withdrawn":
                used[payment] += part
    for payment, part in used.items():
        receipt = account.receipts[payment]
        assert receipt.reversed_on is None
        assert part <= receipt.amount - receipt.refunded


def test_money_serves_promises_as_a_naive_second_reading_says(server: str | None) -> None:
    def holds(history: History) -> None:
        with new_book(server) as living:
            living.live(history, woken=lambda move: move.pick % 3 == 0)
            policies: PolicyBook = living.book.engine.policies()
            end = history[-1].at + timedelta(60)
            living.book.tick(end)
            for account_id in living.ids.values():
                account = living.account(account_id)
                check_shares(account)
                check_each_cent_once(account)
                assert not decide(account, policies, end)

    for_any(server, holds, histories(often=ABOUT_PROMISES), sqlite=40)
