"""The check: tables against a fresh fold of the log, aging against the ledger and against folded accounts."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, update

from engine.domain.account import Account
from engine.domain.decisions.items import (
    charge,
    correct_invoice,
    raise_invoice,
    reverse_write_off,
    waive_charge,
    write_off,
)
from engine.domain.decisions.payments import (
    allocate_unapplied,
    issue_credit_note,
    receive_payment,
    refund_payment,
    reverse_payment,
)
from engine.domain.errors import RuleBroken
from engine.domain.evolve import evolve
from engine.domain.facts.base import Fact
from engine.domain.facts.items import PaymentReversed
from engine.domain.money import ZERO
from projections import tables
from projections.aging import aging
from projections.catch_up import catch_up, rebuild
from projections.check import BalanceDiffers, RowDiffers, differences
from projections.connection import writing
from projections.figures.kept import refresh
from projections.ledger import ledger_balances, ledger_effect
from projections.postings import postings
from tests.report_log import ADA, BEN, Book, Log, book_at, day, invoice, opened, payment


@pytest.fixture
def book(book_url: str) -> Iterator[Book]:
    with book_at(book_url) as book:
        book.add(ADA, opened("A-1"), invoice("I-1", "100.00", "2026-05-31"))
        book.add(ADA, payment("P-1", "130.00", "2026-05-20", ("I-1", "100.00")))
        book.add(BEN, opened("B-1"), invoice("I-1", "70.00", "2026-05-31"))
        yield book


def test_a_sound_book_has_no_differences(book: Book) -> None:
    balances = {(ADA, "EUR"): Decimal("-30.00"), (BEN, "EUR"): Decimal("70.00")}
    assert differences(book.database, book.log.read, balances) == []


def test_facts_after_the_tables_position_are_no_difference(book: Book) -> None:
    book.log.add(BEN, invoice("I-2", "1.00", "2026-05-31"))
    assert differences(book.database, book.log.read) == []


def test_figures_are_compared_as_far_as_they_were_worked_out(book: Book) -> None:
    refresh(book.database, UTC)
    assert differences(book.database, book.log.read) == []
    book.add(ADA, PaymentReversed.model_validate({
        "payment": "P-1", "amount": "130.00", "currency": "EUR", "reversed_on": "2026-05-20",
        "reopened": [{"item": "I-1", "amount": "100.00", "on": "2026-05-20"}], "unapplied": "30.00",
    }))  # fmt: skip
    assert differences(book.database, book.log.read) == []
    refresh(book.database, UTC)
    assert differences(book.database, book.log.read) == []
    with writing(book.database) as connection:
        connection.execute(update(tables.figures).where(tables.figures.c.measure == "sales").values(amount=1))
    found = differences(book.database, book.log.read)
    assert {one.table for one in found if isinstance(one, RowDiffers)} == {"figures"}


def test_an_empty_book_has_no_differences(book_url: str) -> None:
    with book_at(book_url) as book:
        assert differences(book.database, book.log.read) == []


def test_a_changed_row_is_found_and_named(book: Book) -> None:
    with writing(book.database) as connection:
        of_ben = tables.balances.c.account == BEN
        connection.execute(update(tables.balances).where(of_ben).values(open_minor=7100))
    row, balance = differences(book.database, book.log.read)
    assert isinstance(row, RowDiffers)
    assert str(row).startswith("balances ('account-ben', 'I-1', 'EUR', ")
    assert str(row).endswith(": open_minor is 7100, the log says 7000")
    assert isinstance(balance, BalanceDiffers)
    assert str(balance) == (
        "account-ben EUR: aging says 71.00, the ledger 70.00, a difference of 1.00"
    )  # fmt: skip


def test_missing_and_unknown_rows_are_found(book: Book) -> None:
    with writing(book.database) as connection:
        connection.execute(delete(tables.item_terms).where(tables.item_terms.c.account == ADA))
        connection.execute(insert(tables.contact_items).values(position=1, line=0, item="I-1"))
    missing, unknown = sorted(map(str, differences(book.database, book.log.read)), key=len)[::-1]
    assert missing.startswith("item_terms (3,): the row is missing; the log says {'position': 3")
    assert unknown.startswith("contact_items (1, 0): the log knows nothing of the row {'position': 1")


def test_a_posting_changed_by_hand_is_found_though_no_balance_rests_on_it(book: Book) -> None:
    with writing(book.database) as connection:
        kind = tables.postings.c.kind == "payment"
        connection.execute(update(tables.postings).where(kind).values(amount_minor=-12_000))
    [row] = differences(book.database, book.log.read)
    assert isinstance(row, RowDiffers)
    assert row.table == "postings"


def test_a_folded_account_that_disagrees_is_named(book: Book) -> None:
    balances = {(ADA, "EUR"): Decimal("-30.00"), ("account-cid", "JPY"): Decimal(5)}
    assert [str(found) for found in differences(book.database, book.log.read, balances)] == [
        "account-ben EUR: aging says 70.00, the account 0, a difference of 70.00",
        "account-cid JPY: aging says 0, the account 5, a difference of -5",
    ]


def test_what_moves_no_money_in_or_out_has_no_effect_on_the_ledger() -> None:
    assert ledger_effect(opened("A-1")) is None


# --- any commands whatever --------------------------------------------------------------------------------

START = day("2028-02-20")
Step = tuple[str, str, int, int, int]
"""The command, the account, which of the known items or receipts, cents, and days after the start."""


def a_command(
    account: Account, command: str, number: int, pick: int, amount: Decimal, on: date
) -> list[Fact]:
    """The facts of that command on the account; `number` makes new names, `pick` takes one of the old."""
    currency = "EUR" if pick else "KWD"
    items = [*account.open_items, *account.closed_items]
    receipts = [*account.receipts, *account.credits]
    item, receipt = (names[pick % len(names)] if names else "nothing" for names in (items, receipts))
    due_on = on + timedelta(days=7 + pick)
    commands: dict[str, Callable[[], list[Fact]]] = {
        "invoice": lambda: raise_invoice(
            account, invoice=f"I-{number}", amount=amount, currency=currency, issued_on=on, due_on=due_on
        ),
        "charge": lambda: charge(
            account, charge=f"F-{number}", amount=amount, currency=currency, charged_on=on, due_on=due_on
        ),
        "pay": lambda: receive_payment(
            account, payment=f"P-{number}", amount=amount, currency=currency, received_on=on
        ),
        "pay by name": lambda: receive_payment(
            account, payment=f"P-{number}", amount=amount, currency=currency, received_on=on,
            designated=(f"I-{number + pick}", item),
        ),
        "credit": lambda: issue_credit_note(
            account, credit=f"C-{number}", amount=amount, currency=currency, issued_on=on, designated=(item,)
        ),
        "correct": lambda: correct_invoice(account, invoice=item, effective_on=on, amount=amount),
        "move due date": lambda: correct_invoice(account, invoice=item, effective_on=on, due_on=due_on),
        "allocate": lambda: allocate_unapplied(account, receipt=receipt, allocated_on=on),
        "reverse": lambda: reverse_payment(account, payment=receipt, reversed_on=on),
        "refund": lambda: refund_payment(account, payment=receipt, amount=None, refunded_on=on),
        "waive": lambda: waive_charge(account, charge=item, waived_on=on),
        "write off": lambda: write_off(account, invoice=item, written_off_on=on),
        "reverse write-off": lambda: reverse_write_off(account, invoice=item, reversed_on=on),
    }  # fmt: skip
    return commands[command]()


COMMANDS = (
    "invoice", "charge", "pay", "pay by name", "credit", "correct", "move due date", "allocate", "reverse",
    "refund", "waive", "write off", "reverse write-off",
)  # fmt: skip

STEPS = st.lists(
    st.tuples(
        st.sampled_from(COMMANDS),
        st.sampled_from([ADA, ADA, BEN]),
        st.integers(0, 5),
        st.integers(1, 2_000),
        st.integers(0, 20),
    ),
    min_size=5,
    max_size=25,
)
OWING: list[Step] = [("invoice", ADA, 1, 1_500, 0), ("pay", ADA, 1, 900, 0), ("invoice", BEN, 1, 700, 0)]


def played(steps: list[Step]) -> tuple[Log, dict[str, Account]]:
    """The log that the commands make, each known an hour after the one before, and the accounts as folded."""
    log, accounts = Log(), {stream: Account(stream) for stream in (ADA, BEN)}
    for number, (command, stream, pick, cents, days) in enumerate(OWING + steps):
        account = accounts[stream]
        amount = Decimal(cents) / 100
        try:
            facts = a_command(account, command, number, pick, amount, START + timedelta(days=days))
        except RuleBroken:
            continue
        for fact in facts:
            evolve(account, fact)
            log.add(stream, fact, known=known_after(number))
    return log, accounts


def known_after(number: int) -> str:
    return f"{datetime(2028, 3, 1) + timedelta(hours=number)}"  # noqa: DTZ001 - the log reads it as UTC


def figures(rows: list[Any]) -> dict[tuple[str, str], Decimal]:
    return {(row.account, row.currency): row.total for row in rows if row.total}


def nonzero(balances: dict[tuple[str, str], Decimal]) -> dict[tuple[str, str], Decimal]:
    return {key: amount for key, amount in balances.items() if amount}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=25)
@given(steps=STEPS)
def test_any_commands_keep_the_invariants(book_url: str, steps: list[Step]) -> None:
    """Aging equals the ledger on every day and at every knowledge, what is open and unapplied is that of the
    folded account, and the rebuilt tables are those of a fresh fold."""
    log, accounts = played(steps)
    with book_at(book_url) as book:
        rebuild(book.database, log.read, page_size=4)
        balances = {
            (stream, currency): amount
            for stream, account in accounts.items()
            for currency, amount in account.balance.items()
        }
        assert differences(book.database, log.read, balances) == []
        dates = {posting.effective_on for one in log.facts for posting in postings(one.fact)}
        for as_of in sorted(dates | {START, date.max}):
            ledger = nonzero(ledger_balances(log.facts, as_of))
            rows = aging(book.database, as_of, by="account")
            assert figures(rows) == ledger
            assert all(amount >= ZERO for row in rows for amount in row.buckets.values())
        for known_at in {one.fact.known_at for one in log.facts[::3]}:
            known = [one for one in log.facts if one.fact.known_at <= known_at]
            as_known = aging(book.database, date.max, known_at, by="account")
            assert figures(as_known) == nonzero(ledger_balances(known, date.max))
        for row in aging(book.database, date.max, by="account"):
            account = accounts[row.account or ""]
            assert row.unapplied == account.unapplied.get(row.currency, ZERO)
            assert sum(row.buckets.values()) == sum(
                item.open for item in account.open_items.values() if item.currency == row.currency
            )


@settings(max_examples=20)
@given(steps=STEPS, cuts=st.lists(st.integers(0, 40), max_size=5))
def test_tables_brought_up_bit_by_bit_are_those_of_a_fresh_fold(steps: list[Step], cuts: list[int]) -> None:
    log, _ = played(steps)
    with book_at("sqlite://") as book:
        for cut in [*sorted(cuts), len(log.facts)]:
            book.log.facts = log.facts[:cut]
            catch_up(book.database, book.log.read, page_size=3)
        assert differences(book.database, log.read) == []
