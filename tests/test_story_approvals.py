"""Approvals: what each role may decide alone, and what waits for a second person."""

import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arrears.commands import approvals, invoices, placements, promises
from arrears.commands.base import Request
from arrears.commands.carrying import carry_out
from arrears.imports.commands import Mode
from arrears.imports.importing import Import, bring_in
from arrears.imports.reading import read_rows
from arrears.telling.approvals import approvals_answer, approvals_page
from arrears.telling.asking import Question
from arrears.telling.sentences import sentence
from arrears.wiring import open_book
from engine.domain.account import Account
from engine.domain.decisions.contacts import line
from engine.domain.errors import (
    AskedByOthers,
    OwnRequest,
    RequestIsNot,
    RequestStandsNot,
    RuleBroken,
    WaitsAlready,
)
from engine.domain.facts.base import Fact
from engine.domain.facts.escalation import PlacementProposed
from engine.domain.facts.items import InvoiceWrittenOff
from policies.approvals import BeyondRole
from policies.book import PolicyBook
from projections.exceptions import exceptions
from tests.stories import Story, day, on_sqlite, shipped

LIMITS = """
[approvals]
lapse_after_days = 10

[approvals.collector]
write_off = { EUR = "50.00" }
waiver = { EUR = "10.00" }
plan_days = 90

[approvals.manager]
write_off = { EUR = "500.00", GBP = "100.00" }
waiver = "any"
plan_days = 180
placement = { EUR = "1000.00" }

[approvals.administrator]
write_off = "any"
plan_days = "any"
placement = "any"
"""
POLICY = shipped("notice-calls-agency", ("\n[contact]", f"{LIMITS}\n[contact]"))
ROLES = {"kim": "collector", "mira": "manager", "noor": "manager", "ada": "administrator"}


def ask(story: Story, name: str, command: type[Request], **given: Any) -> list[Any]:
    """What the request recorded that somebody made now, in their role, on account A."""
    book = story.book.speaking_for(name, ROLES[name])
    return list(carry_out(book, command.model_validate({"account": "A", **given})).facts)


def topics(facts: list[Any]) -> list[str]:
    return [fact.TOPIC for fact in facts]


def write_off(story: Story, name: str, invoice: str = "INV-1") -> list[Any]:
    return ask(story, name, invoices.WriteOff, invoice=invoice, reason="cannot be found")


def propose(story: Story, invoice: str) -> None:
    """A step of the ladder proposes the invoice for an agency."""

    def proposed(account: Account, _: PolicyBook) -> list[Fact]:
        lines = (line(account.open_items[invoice], "agency", story.today),)
        return [PlacementProposed(placement="PL", agency="harbour", step="agency", lines=lines)]

    story._execute(proposed)


@pytest.fixture
def owing(story: Story) -> Story:
    """INV-1 over 100.00 EUR is overdue since 10 January; it is noon of 1 February."""
    story.publish(POLICY)
    story.invoice("INV-1", due="2026-01-10")
    story.at("2026-02-01")
    return story


# --- limits -----------------------------------------------------------------------------------------------

ALONE, ASKED = "InvoiceWrittenOff", "ApprovalRequested"


@on_sqlite
@pytest.mark.parametrize(
    ("name", "amount", "currency", "recorded"),
    [
        ("kim", "49.99", "EUR", ALONE),
        ("kim", "50.00", "EUR", ALONE),
        ("kim", "50.01", "EUR", ASKED),
        ("kim", "0.01", "GBP", ASKED),  # a currency that is not named
        ("mira", "499.99", "EUR", ALONE),
        ("mira", "500.00", "EUR", ALONE),
        ("mira", "500.01", "EUR", ASKED),
        ("mira", "100.00", "GBP", ALONE),
        ("mira", "100.01", "GBP", ASKED),
        ("ada", "999999.00", "EUR", ALONE),
    ],
)
def test_a_write_off_up_to_the_limit_is_done_and_above_it_is_asked_for(
    owing: Story, name: str, amount: str, currency: str, recorded: str
) -> None:
    owing.invoice("INV-2", amount, due="2026-01-12", currency=currency)
    assert topics(write_off(owing, name, "INV-2")) == [recorded]
    assert ("INV-2" in owing.account.open_items) == (recorded == ASKED)


@on_sqlite
@pytest.mark.parametrize(
    ("name", "amount", "recorded"),
    [
        ("kim", "9.99", "ChargeWaived"),
        ("kim", "10.00", "ChargeWaived"),
        ("kim", "10.01", ASKED),
        ("mira", "800.00", "ChargeWaived"),
        ("ada", "0.01", ASKED),  # others are given a limit for it, and this role none
    ],
)
def test_a_waiver_is_limited_by_what_is_waived_not_by_the_charge(
    owing: Story, name: str, amount: str, recorded: str
) -> None:
    ask(owing, "mira", invoices.ChargeItem, charge="FEE-1", amount="900.00", currency="EUR")
    assert topics(ask(owing, name, invoices.WaiveCharge, charge="FEE-1", amount=amount)) == [recorded]


@on_sqlite
@pytest.mark.parametrize(
    ("name", "last_day", "recorded"),
    [
        ("kim", "2026-05-01", "RepaymentPlanAgreed"),  # 89 days after 1 February
        ("kim", "2026-05-02", "RepaymentPlanAgreed"),
        ("kim", "2026-05-03", ASKED),
        ("mira", "2026-07-31", "RepaymentPlanAgreed"),
        ("mira", "2026-08-01", ASKED),
        ("ada", "2029-01-01", "RepaymentPlanAgreed"),
    ],
)
def test_a_plan_is_limited_by_its_length(owing: Story, name: str, last_day: str, recorded: str) -> None:
    parts = ({"on": day("2026-02-20"), "amount": "50.00"}, {"on": day(last_day), "amount": "50.00"})
    assert topics(ask(owing, name, promises.AgreePlan, currency="EUR", instalments=parts)) == [recorded]


@on_sqlite
@pytest.mark.parametrize(
    ("name", "amount", "recorded"),
    [
        ("mira", "999.99", "AccountPlaced"),
        ("mira", "1000.00", "AccountPlaced"),
        ("mira", "1000.01", ASKED),
        ("ada", "70000.00", "AccountPlaced"),
    ],
)
def test_a_placement_is_limited_by_its_balance(owing: Story, name: str, amount: str, recorded: str) -> None:
    owing.invoice("INV-2", amount, due="2026-01-12")
    placed = ask(owing, name, placements.PlaceDirectly, agency="harbour", invoices=("INV-2",))
    assert topics(placed) == [recorded]


@pytest.mark.parametrize(
    ("mode", "role", "amount", "fault"),
    [
        ("live", "manager", "1000.00", ""),
        ("live", "manager", "1000.01", "a manager may decide 1000.00 EUR of this alone, and this placement"),
        ("live", "collector", "1.00", "a collector may decide nothing of this alone"),
        ("live", "administrator", "5000.00", ""),
        ("backfill", "collector", "5000.00", ""),
        ("played", "manager", "5000.00", ""),
    ],
)
def test_a_placement_in_a_file_is_held_against_the_role_of_who_imports_it_unless_it_is_history(
    owing: Story, tmp_path: Path, mode: Mode, role: str, amount: str, fault: str
) -> None:
    rows = {
        "invoices": "account,invoice,issued_on,due_on,currency,amount\n"
        f"N,I-9,2026-01-02,2026-02-02,EUR,{amount}",
        "placements": f"account,placement,placed_on,agency,invoices\nN,P-9,{owing.today},harbour,I-9",
    }
    for kind, text in rows.items():
        (tmp_path / kind).write_text(f"{text}\n")
    how = Import(mode, "mira", owing.now, owing.book.zone, role=role)
    for preview in (True, False):
        readings = [read_rows(tmp_path / kind, kind) for kind in rows]
        done = bring_in(owing.book.engine, readings, replace(how, preview=preview))
        assert [(one.line, one.says[: len(fault)]) for one in done.faults] == ([(2, fault)] if fault else [])
    assert done.stored["AccountPlaced"] == (not fault)


@on_sqlite
@pytest.mark.parametrize(("name", "alone"), [("kim", False), ("mira", True), ("ada", True)])
def test_a_policy_that_says_nothing_leaves_it_to_managers_and_administrators(
    story: Story, name: str, alone: bool
) -> None:
    story.invoice("INV-1", due="2026-01-10")
    assert topics(write_off(story, name)) == [ALONE if alone else ASKED]


def test_what_is_done_alone_says_in_which_role(owing: Story) -> None:
    [fact] = write_off(owing, "mira")
    assert fact.authority.model_dump(exclude_none=True) == {"asked_by": "mira", "role": "manager"}


# --- asked, approved, refused, taken back -----------------------------------------------------------------


def test_nothing_happens_before_a_second_person_approves_and_both_are_on_the_fact(owing: Story) -> None:
    [asked] = write_off(owing, "kim")
    assert owing.account.open_items["INV-1"].open == Decimal("100.00")
    owing.at("2026-02-03")
    leave, written_off = ask(owing, "mira", approvals.Grant)
    assert (leave.TOPIC, written_off.TOPIC) == ("ApprovalGiven", "InvoiceWrittenOff")
    assert written_off.authority.model_dump() == {
        "asked_by": "kim", "role": "collector", "request": asked.request,
        "approved_by": "mira", "approver_role": "manager",
    }  # fmt: skip
    assert written_off.written_off_on == day("2026-02-03"), "it counts from the day it was approved"
    assert "INV-1" in owing.account.closed_items
    assert not owing.account.to_approve


def test_asked_and_approved_again_is_nothing_new(owing: Story) -> None:
    [asked] = write_off(owing, "kim")
    owing.at("2026-02-02")
    assert write_off(owing, "kim") == []
    assert ask(owing, "mira", approvals.Grant, request=asked.request)
    assert ask(owing, "mira", approvals.Grant, request=asked.request) == []
    assert ask(owing, "ada", approvals.Grant, request=asked.request) == []
    with pytest.raises(RequestIsNot, match="approved"):
        ask(owing, "ada", approvals.Refuse, request=asked.request)


def test_nobody_decides_their_own_request_whatever_their_role_has_become(owing: Story) -> None:
    write_off(owing, "kim")
    promoted = owing.book.speaking_for("kim", "administrator")
    for decision in (approvals.Grant, approvals.Refuse):
        with pytest.raises(OwnRequest):
            carry_out(promoted, decision(account="A"))
    assert owing.account.to_approve


def test_who_approves_must_be_allowed_it_alone(owing: Story) -> None:
    owing.invoice("INV-2", "500.01", due="2026-01-12")
    write_off(owing, "kim", "INV-2")
    with pytest.raises(BeyondRole, match="can be approved by: administrator"):
        ask(owing, "mira", approvals.Grant)
    assert owing.account.to_approve
    assert topics(ask(owing, "ada", approvals.Grant)) == ["ApprovalGiven", "InvoiceWrittenOff"]


def test_a_refused_request_leaves_all_as_it_is_and_may_be_made_anew(owing: Story) -> None:
    [asked] = write_off(owing, "kim")
    refused = ask(owing, "mira", approvals.Refuse, reason="they can pay this")
    assert topics(refused) == ["ApprovalRefused"]
    assert ask(owing, "mira", approvals.Refuse, request=asked.request) == []
    with pytest.raises(RequestIsNot, match="refused"):
        ask(owing, "mira", approvals.Grant, request=asked.request)
    assert topics(write_off(owing, "kim")) == [ASKED]


def test_only_who_asked_takes_it_back(owing: Story) -> None:
    write_off(owing, "kim")
    with pytest.raises(AskedByOthers):
        ask(owing, "mira", approvals.Retract)
    assert topics(ask(owing, "kim", approvals.Retract)) == ["ApprovalWithdrawn"]
    assert not owing.account.to_approve


def test_something_else_about_the_same_waits_until_the_first_is_decided(owing: Story) -> None:
    ask(owing, "mira", invoices.ChargeItem, charge="FEE-1", amount="40.00", currency="EUR")
    ask(owing, "kim", invoices.WaiveCharge, charge="FEE-1", amount="20.00")
    with pytest.raises(WaitsAlready):
        ask(owing, "kim", invoices.WaiveCharge, charge="FEE-1", amount="30.00")


def test_a_proposed_placement_above_the_limit_waits_for_a_second_person_too(owing: Story) -> None:
    owing.invoice("INV-2", "1000.01", due="2026-01-10")
    propose(owing, "INV-2")
    assert topics(ask(owing, "mira", placements.ApprovePlacement)) == [ASKED]
    owing.at("2026-02-04")
    _, placed = ask(owing, "ada", approvals.Grant)
    assert (placed.placed_on, placed.authority.asked_by) == (day("2026-02-04"), "mira")
    assert [(line.item, line.days_past_due) for line in placed.lines] == [("INV-2", 25)]


def test_a_proposal_that_is_declined_takes_the_request_with_it(owing: Story) -> None:
    owing.invoice("INV-2", "1000.01", due="2026-01-10")
    propose(owing, "INV-2")
    ask(owing, "mira", placements.ApprovePlacement)
    owing.decline()
    with pytest.raises(RequestStandsNot, match="INV-2 is placed otherwise: with nobody"):
        ask(owing, "ada", approvals.Grant)


# --- what lapses ------------------------------------------------------------------------------------------

CHANGES: dict[str, tuple[Callable[[Story], None], str]] = {
    "paid": (lambda story: story.pay("100.00"), "nothing is open of INV-1 any more"),
    "paid in part": (lambda story: story.pay("40.00"), "INV-1 stands at 60.00 EUR, not 100.00"),
    "credited": (lambda story: story.credit("1.00", "INV-1"), "INV-1 stands at 99.00 EUR, not 100.00"),
    "disputed": (lambda story: story.dispute("INV-1"), "INV-1 is disputed: dispute"),
    "held": (lambda story: story.hold(), "INV-1 is held: hold, insolvency"),
    "promised": (lambda story: story.promise("100.00", by="2026-03-01"), "INV-1 is promised: promise"),
    "erased": (lambda story: story.erase(), "the debtor was erased"),
}


@on_sqlite
@pytest.mark.parametrize("change", CHANGES)
def test_a_request_lapses_where_what_it_was_about_has_changed(owing: Story, change: str) -> None:
    happens, why = CHANGES[change]
    write_off(owing, "kim")
    happens(owing)
    with pytest.raises(RuleBroken) as refused:
        ask(owing, "mira", approvals.Grant)
    assert why in str(refused.value) or change == "erased"
    owing.tick("2026-02-02")
    [(fact, because)] = owing.decided("ApprovalWithdrawn")
    lapsed: Any = fact
    assert change == "erased" or lapsed.reason == why
    assert because.step == "approvals"
    assert not owing.account.to_approve


def test_a_request_that_nobody_decides_lapses_after_its_days(owing: Story) -> None:
    write_off(owing, "kim")
    owing.until("2026-02-11")
    assert owing.account.to_approve
    owing.tick("2026-02-12T00:00")
    assert not owing.account.to_approve
    assert owing.decisions("ApprovalWithdrawn") == [
        "2026-02-12 ApprovalWithdrawn approvals nobody decided by 2026-02-11"
    ]


@on_sqlite
@pytest.mark.parametrize(
    ("on", "approved"), [("2026-02-10", True), ("2026-02-11", True), ("2026-02-12", False)]
)
def test_on_its_last_day_it_may_still_be_approved(owing: Story, on: str, approved: bool) -> None:
    write_off(owing, "kim")
    owing.at(on)
    if approved:
        assert ask(owing, "mira", approvals.Grant)
    else:
        with pytest.raises(RequestStandsNot, match="nobody decided by 2026-02-11"):
            ask(owing, "mira", approvals.Grant)


def test_money_for_a_plan_that_waits_does_not_end_the_request(owing: Story) -> None:
    parts = ({"on": day("2026-02-20"), "amount": "50.00"}, {"on": day("2026-06-20"), "amount": "50.00"})
    ask(owing, "kim", promises.AgreePlan, plan="PLAN", currency="EUR", instalments=parts)
    owing.at("2026-02-04")
    owing.pay("50.00")
    owing.tick("2026-02-05")
    _, plan = ask(owing, "mira", approvals.Grant)
    assert plan.agreed_on == day("2026-02-01"), "the debtor agreed to it then"
    owing.until("2026-02-28")
    assert owing.decisions("PromiseKept") == ["2026-02-25 PromiseKept PLAN/1 50.00"]


# --- together ---------------------------------------------------------------------------------------------


def test_of_two_who_approve_at_once_one_is_on_the_fact(owing: Story, book_url: str) -> None:
    write_off(owing, "kim")
    books = [open_book(book_url, None, name, clock=lambda: owing.now) for name in ("mira", "noor")]
    try:
        with ThreadPoolExecutor(2) as pool:
            spoken = [book.speaking_for(book.by, "manager") for book in books]
            [request] = owing.account.to_approve
            made = list(pool.map(lambda one: carry_out(
                one, approvals.Grant(account="A", request=request)
            ).facts, spoken))  # fmt: skip
    finally:
        for book in books:
            book.close()
    assert sorted(map(len, made)) == [0, 2]
    assert [fact.TOPIC for fact in owing.facts()].count("InvoiceWrittenOff") == 1


# --- what waits -------------------------------------------------------------------------------------------


def test_what_waits_is_reported_with_who_may_approve_it_until_it_is_decided(owing: Story) -> None:
    owing.invoice("INV-2", "900.00", due="2026-01-12")
    [small], [large] = write_off(owing, "kim"), write_off(owing, "kim", "INV-2")
    owing.tick("2026-02-04")
    asked = Question(owing.book, owing.today, None)
    rows = approvals_answer(asked)["rows"]
    assert [(row["request"], row["may_be_approved_by"], row["waiting_days"]) for row in rows] == [
        (small.request, ["manager", "administrator"], 3), (large.request, ["administrator"], 3),
    ]  # fmt: skip
    assert [row["request"] for row in approvals_answer(asked, "mira", "manager")["rows"]] == [small.request]
    assert approvals_answer(asked, "kim", "administrator")["rows"] == [], "nobody approves their own"
    waiting = [one for one in exceptions(owing.book.database, owing.now) if one.kind == "approval_waits"]
    assert [(one.since, one.waiting_days) for one in waiting] == [(day("2026-02-01"), 3)] * 2
    assert "a write-off of 900.00 EUR, asked for by kim" in waiting[1].detail

    ask(owing, "ada", approvals.Grant, request=large.request)
    ask(owing, "mira", approvals.Refuse, request=small.request)
    assert approvals_answer(asked)["rows"] == []
    assert len(approvals_answer(Question(owing.book, day("2026-02-03"), None))["rows"]) == 2, "as of then"


def test_a_page_of_what_waits_goes_on_behind_the_last(owing: Story) -> None:
    for number in range(2, 5):
        owing.invoice(f"INV-{number}", "60.00", due="2026-01-12")
        write_off(owing, "kim", f"INV-{number}")
    asked = Question(owing.book, owing.today, None)
    first = approvals_page(asked, None, 2)
    rest = approvals_page(asked, first[-1][0], 2)
    assert [row["items"] for _, row in (*first, *rest)] == [["INV-2"], ["INV-3"], ["INV-4"]]


def test_a_request_is_told_in_a_sentence(owing: Story) -> None:
    [asked] = write_off(owing, "kim")
    assert sentence(asked, UTC) == (
        "kim (collector) asked on 2026-02-01 for approval of a write-off of 100.00 EUR, on INV-1; alone a "
        f"collector may decide 50.00 EUR. It waits until 2026-02-11 ({asked.request})."
    )
    _, fact = ask(owing, "mira", approvals.Grant)
    assert ", asked for by kim and approved by mira: cannot be found." in sentence(fact, UTC)


# --- whoever does what ------------------------------------------------------------------------------------

LARGEST = {"kim": Decimal("50.00"), "mira": Decimal("500.00"), "noor": Decimal("500.00")}
"""What each may write off alone; ada anything."""
DEEDS = st.one_of(
    st.tuples(st.just("write-off"), st.sampled_from(sorted(ROLES)), st.integers(1, 4)),
    st.tuples(st.just("grant"), st.sampled_from(sorted(ROLES)), st.integers(0, 3)),
    st.tuples(st.just("refuse"), st.sampled_from(sorted(ROLES)), st.integers(0, 3)),
    st.tuples(st.just("pay"), st.just("kim"), st.integers(1, 4)),
    st.tuples(st.just("tick"), st.just("kim"), st.integers(1, 15)),
)


@settings(max_examples=25)
@given(deeds=st.lists(DEEDS, min_size=3, max_size=12))
def test_without_approval_nothing_above_the_limit_of_who_asked_is_ever_recorded(deeds: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        told = Story(f"sqlite:///{folder}/book.db")
        told.publish(POLICY)
        for number, amount in enumerate(("50.00", "50.01", "500.00", "500.01"), start=1):
            told.invoice(f"INV-{number}", amount, due="2026-01-10")
        told.at("2026-02-01")
        for deed in deeds:
            with suppress(RuleBroken):
                _do(told, *deed)
        facts = [fact for fact in told.facts() if isinstance(fact, InvoiceWrittenOff)]
        told.close()
    for fact in facts:
        leave = fact.authority
        assert leave is not None
        decided = leave.approved_by or leave.asked_by
        assert decided == "ada" or fact.amount <= LARGEST[decided]
        assert leave.approved_by != leave.asked_by
        alone = leave.asked_by == "ada" or fact.amount <= LARGEST[leave.asked_by]
        assert alone == (leave.approved_by is None)


def _do(told: Story, deed: str, who: str, number: int) -> None:
    if deed == "write-off":
        write_off(told, who, f"INV-{number}")
    elif deed == "pay":
        told.pay("1.00", f"INV-{number}")
    elif deed == "tick":
        told.tick(f"{told.today + timedelta(number)}T12:00")
    elif waiting := list(told.account.to_approve):
        command = approvals.Grant if deed == "grant" else approvals.Refuse
        ask(told, who, command, request=waiting[number % len(waiting)])
