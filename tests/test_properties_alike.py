"""Items that stand alike are decided on together: what is decided is what looking at each of them decides."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.accounts import Stamp
from engine.domain.account import Account
from engine.domain.decisions import items
from engine.domain.facts.base import Fact
from policies import view
from policies.alike import one_by_one
from policies.book import PolicyBook
from policies.due import decide, decide_or_wait, next_due_at
from policies.standings import look
from tests.histories import BEGIN, MOVES, OFTEN, History, Move, histories, openings
from tests.rehearsals import DAY, SHIPPED, Rehearsal, ladders, policies

INVOICES = ("invoice",) * 12
AFTER_DAYS = (3, 20, 38, 55)


def several(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    """Invoices of one day, some of them of one amount."""
    due_on = move.today + timedelta(move.days)
    return [
        fact
        for n in range(1 + move.pick % 5)
        for fact in items.raise_invoice(
            account, invoice=f"I-{move.number}" + f"-{n}" * (n > 0), amount=move.amount * (1 + n % 2),
            currency=move.currency, issued_on=min(move.today, due_on), due_on=due_on,
        )
    ]  # fmt: skip


class Compared(Rehearsal):
    """A book of which every wake-up is decided on together and one by one."""

    def wake(self, at: datetime) -> None:
        self.woken_at = at
        for account in self.work.accounts.values():
            while facts := self.decided(account, at):
                self.work.record(account, facts, Stamp("engine", at))

    def decided(self, account: Account, at: datetime) -> list[Fact]:
        asked: list[Callable[..., object]] = [decide, decide_or_wait, next_due_at, look]
        together = [ask(account, self.policies, at) for ask in asked]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(view, "alike", lambda account, _: one_by_one(account))
            assert together == [ask(account, self.policies, at) for ask in asked]
        return decide(account, self.policies, at)


def check(history: History, days: int, policies: PolicyBook = SHIPPED) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(MOVES, "invoice", several)
        compared = Compared(policies)
        compared.live(history, DAY)
        compared.sleep_until(history[-1].at + timedelta(days), DAY)


@pytest.mark.parametrize("what", sorted(set(OFTEN)))
def test_what_happens_to_one_of_five_alike_sets_it_apart(what: str) -> None:
    invoices = Move("invoice", "A", 1, BEGIN, 4, 10_000, 10)
    after = (Move(what, "A", days, BEGIN + timedelta(days), 2, 2_001, 5) for days in AFTER_DAYS)
    check((*openings(), invoices, *after), 30)


def test_before_they_are_due_the_larger_ones_may_be_demanded_and_the_smaller_not() -> None:
    """150.00 are unapplied, and invoices of 100.00 and of 200.00 fall due: each counts for itself alone."""
    before = Move("pay", "A", 1, BEGIN, 0, 15_000, 0)
    check((*openings(), before, Move("invoice", "A", 2, BEGIN, 4, 10_000, 10)), 45)


@settings(max_examples=12)
@given(histories(often=(*OFTEN, *INVOICES)), st.integers(0, 60))
def test_what_is_decided_together_is_what_is_decided_one_by_one(history: History, days: int) -> None:
    check(history, days)


@settings(max_examples=12)
@given(ladders(), histories(often=(*OFTEN, *INVOICES), accounts="A"), st.integers(0, 60))
def test_so_it_is_under_any_ladder(ladder: str, history: History, days: int) -> None:
    check(history, days, policies(ladder, default="drawn"))
