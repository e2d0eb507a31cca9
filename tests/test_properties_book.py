"""Any history keeps the invariants: accounts, ledger, aging, tables agree; a refusal leaves nothing."""

from collections import defaultdict
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from engine.domain.account import Account
from engine.domain.money import ZERO
from projections.aging import aging
from projections.catch_up import catch_up, rebuild
from projections.check import differences
from projections.ledger import ledger_balances
from tests.histories import History, Move, histories
from tests.history_books import HistoryBook, at_once, for_any, new_book
from tests.report_log import contents

Sums = dict[tuple[str, str], Decimal]
"""Amounts by account and currency; what is zero is left out."""


def now_and_then(move: Move) -> bool:
    return move.pick % 3 == 0


def test_any_history_keeps_the_invariants(server: str | None) -> None:
    def holds(history: History) -> None:
        with new_book(server) as living:
            living.live(history, woken=now_and_then)
            for account_id in living.ids.values():
                account = living.account(account_id)
                assert by_field(account) == by_field(living.folded(account_id))
                check_items(account)
                check_receipts(account)
            check_balances(living)

    for_any(server, holds, histories(), sqlite=20)


def test_rebuilt_tables_are_the_live_ones_and_catch_ups_at_once_change_nothing(server: str | None) -> None:
    def holds(history: History, unseen: int) -> None:
        with new_book(server) as living:
            database, read = living.book.database, living.book.store.read
            living.live(history[: max(len(history) - unseen, 0)], woken=now_and_then)
            living.live(history[max(len(history) - unseen, 0) :], woken=lambda _: False)
            at_once(*[lambda: catch_up(database, read, page_size=3)] * 2)
            live = contents(database)
            assert differences(database, read, balances(living)) == []
            at_once(*[lambda: catch_up(database, read)] * 2)
            assert contents(database) == live
            rebuild(database, read, page_size=11)
            assert contents(database) == live

    for_any(server, holds, histories(), st.integers(1, 12), sqlite=8)


def by_field(account: Account) -> dict[str, Any]:
    return {field.name: getattr(account, field.name) for field in fields(account)}


def check_items(account: Account) -> None:
    """What is open is owed, what is closed is not, and each item's own sum comes out."""
    assert all(item.open > ZERO for item in account.open_items.values())
    assert all(item.open == ZERO and item.closed_on for item in account.closed_items.values())
    for item in (*account.open_items.values(), *account.closed_items.values()):
        paid = sum(item.paid_by.values(), ZERO)
        assert item.open + paid + item.written_off + item.waived == item.amount
        assert all(part >= ZERO for part in item.paid_by.values())


def check_receipts(account: Account) -> None:
    """Each receipt's amount is shared out to the cent; of one taken back nothing counts any more."""
    unapplied: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for receipt in (*account.receipts.values(), *account.credits.values()):
        allocated = sum(receipt.allocated.values(), ZERO)
        if receipt.reversed_on is None:
            assert allocated + receipt.unapplied + receipt.refunded == receipt.amount
        else:
            assert (allocated, receipt.unapplied) == (ZERO, ZERO)
        assert min(receipt.unapplied, *receipt.allocated.values(), ZERO) == ZERO
        unapplied[receipt.currency] += receipt.unapplied
    assert nonzero(unapplied) == nonzero(account.unapplied)


def check_balances(living: HistoryBook) -> None:
    """Account, open items less unapplied money, ledger and aging all say the same."""
    owed: Sums = {}
    for account_id in living.ids.values():
        account = living.account(account_id)
        for currency in account.balance:
            items = (i.open for i in account.open_items.values() if i.currency == currency)
            owed[account_id, currency] = sum(items, ZERO) - account.unapplied.get(currency, ZERO)
    living.book.catch_up()
    rows = aging(living.book.database, date.max, by="account")
    assert nonzero(balances(living)) == nonzero(owed)
    assert nonzero(balances(living)) == nonzero(ledger_balances(living.book.store.read_all(), date.max))
    assert nonzero(balances(living)) == nonzero({(r.account, r.currency): r.total for r in rows})


def balances(living: HistoryBook) -> Sums:
    return {
        (account_id, currency): amount
        for account_id in living.ids.values()
        for currency, amount in living.account(account_id).balance.items()
    }


def nonzero(sums: Any) -> dict[Any, Decimal]:
    return {key: amount for key, amount in sums.items() if amount}
