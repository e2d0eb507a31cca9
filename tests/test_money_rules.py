"""Rules that keep money where it belongs: given facts, when a command, then facts or a refusal."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from engine.domain.account import Account
from engine.domain.decisions import items, payments, promises
from engine.domain.errors import BeforeItsIssue, EndsBeforeItBegins, NotAnInvoice, NumberTaken, RuleBroken
from engine.domain.evolve import fold
from engine.domain.facts.base import Fact
from engine.domain.facts.items import InvoiceCorrected, WriteOffReversed
from engine.domain.facts.promises import Instalment, PromiseTerms
from policies.promises import verdicts

JANUARY, FEBRUARY, MARCH = date(2026, 1, 10), date(2026, 2, 10), date(2026, 3, 10)
TERMS = PromiseTerms.model_validate({"tolerance": "0", "deadline": MARCH, "judge_at": "2026-03-12T00:00Z"})
EUR: dict[str, Any] = {"currency": "EUR"}


def money(amount: int) -> dict[str, Any]:
    return {"amount": Decimal(amount), **EUR}


def owing(amount: int = 100, invoice: str = "INV") -> Account:
    account = Account("account-a")
    return when(
        account, items.raise_invoice, invoice=invoice, issued_on=JANUARY, due_on=FEBRUARY, **money(amount)
    )


def when(account: Account, command: Callable[..., list[Fact]], **given: Any) -> Account:
    return fold(account, command(account, **given))


def paid(account: Account, amount: int, payment: str = "P", *invoices: str) -> Account:
    given = {"payment": payment, "received_on": MARCH, "designated": invoices, **money(amount)}
    return when(account, payments.receive_payment, **given)


def test_a_lower_claim_leaves_less_to_write_off_before_it_frees_what_was_paid() -> None:
    """100, of which 40 was paid and 60 written off; corrected to 80, nothing of the 40 is too much."""
    account = when(paid(owing(), 40), items.write_off, invoice="INV", written_off_on=MARCH)
    facts = items.correct_invoice(account, invoice="INV", effective_on=JANUARY, amount=Decimal(80))
    fold(account, facts)

    assert [type(fact) for fact in facts] == [WriteOffReversed, InvoiceCorrected]
    assert account.unapplied == {"EUR": 0}
    item = account.closed_items["INV"]
    assert [int(part) for part in (item.amount, item.written_off, item.open)] == [80, 40, 0]
    assert account.balance == {"EUR": 0}


def test_an_item_named_twice_is_paid_once() -> None:
    account = paid(owing(), 200, "P", "INV", "INV")
    assert (account.unapplied, account.closed_items["INV"].open) == ({"EUR": Decimal(100)}, Decimal(0))


def test_a_credit_note_cannot_take_the_number_of_a_payment() -> None:
    with pytest.raises(NumberTaken, match="'P' is already the number of a payment"):
        payments.issue_credit_note(paid(owing(), 50), credit="P", issued_on=MARCH, **money(50))


@pytest.mark.parametrize(
    ("command", "given", "rule"),
    [
        (items.correct_invoice, {"effective_on": date(2026, 1, 9), "amount": Decimal(80)}, BeforeItsIssue),
        (items.write_off, {"written_off_on": date(2026, 1, 9)}, BeforeItsIssue),
    ],
)
def test_nothing_happens_to_an_invoice_before_its_issue(
    command: Callable[..., list[Fact]], given: dict[str, Any], rule: type[RuleBroken]
) -> None:
    with pytest.raises(rule):
        command(owing(), invoice="INV", **given)


def test_a_write_off_is_not_reversed_before_it_was_made() -> None:
    account = when(owing(), items.write_off, invoice="INV", written_off_on=MARCH)
    with pytest.raises(EndsBeforeItBegins):
        items.reverse_write_off(account, invoice="INV", reversed_on=date(2026, 3, 9))


def test_a_charge_is_not_corrected_as_an_invoice() -> None:
    account = when(owing(), items.charge, charge="F", charged_on=MARCH, due_on=MARCH, **money(10))
    with pytest.raises(NotAnInvoice):
        items.correct_invoice(account, invoice="F", effective_on=MARCH, amount=Decimal(5))


def promised(account: Account, amount: int, *invoices: str) -> Account:
    given = {"promise": "PR", "made_on": FEBRUARY, "promised_on": MARCH, "terms": TERMS, **money(amount)}
    return when(account, promises.make_promise, items=invoices, **given)


def test_a_plan_cannot_take_the_name_of_a_promise() -> None:
    parts = [Instalment(promised_on=on, amount=Decimal(50), terms=TERMS) for on in (MARCH, date(2026, 4, 10))]
    with pytest.raises(NumberTaken):
        promises.agree_plan(
            promised(owing(), 100, "INV"),
            plan="PR",
            agreed_on=FEBRUARY,
            instalments=parts,
            items=["INV"],
            **EUR,
        )


def credited(account: Account, amount: int, issued_on: date) -> Account:
    given = {"credit": "C", "issued_on": issued_on, "designated": ["INV"], **money(amount)}
    return when(account, payments.issue_credit_note, **given)


@pytest.mark.parametrize(
    ("owed", "credit", "credited_on", "pay", "verdict"),
    [
        (1000, 100, MARCH, 0, "PromiseBroken"),  # 900 are still open: a credit is no money
        (1000, 60, MARCH, 40, "PromisePartlyKept"),
        (100, 60, MARCH, 40, "PromiseKept"),  # all that was left to be paid
        (100, 100, MARCH, 0, "moot"),
        (
            100,
            100,
            date(2026, 3, 12),
            0,
            "PromiseBroken",
        ),  # credited on the day of judgement: too late for it
    ],
)
def test_credits_count_for_a_promise_only_in_what_they_leave_to_be_paid(
    owed: int, credit: int, credited_on: date, pay: int, verdict: str
) -> None:
    account = credited(promised(owing(owed), 100, "INV"), credit, credited_on)
    if pay:
        paid(account, pay, "P", "INV")
    found = verdicts(account, "EUR", lambda _: date(2026, 3, 11))["PR"]

    assert ("moot" if found.moot else found.kind.TOPIC) == verdict


def test_money_meant_for_another_invoice_keeps_no_promise() -> None:
    account = when(
        owing(), items.raise_invoice, invoice="J", issued_on=JANUARY, due_on=FEBRUARY, **money(100)
    )
    paid(promised(account, 100, "INV"), 100, "P", "J", "INV")
    found = verdicts(account, "EUR", lambda _: MARCH)["PR"]

    assert (found.kind.TOPIC, found.received) == ("PromiseBroken", Decimal(0))
