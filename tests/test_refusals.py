"""What is refused, and with which words: rules, days that have not come, and never a fault of ours."""

import ast
import string
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from arrears.cli.main import run
from engine.application import Command
from engine.domain.account import Account
from engine.domain.decisions.stops import open_dispute, place_hold, release_hold
from engine.domain.errors import DiffersFromRecorded, EndsBeforeItBegins, HoldOver, HoldsNoDay, RuleBroken
from engine.domain.facts.base import Fact
from policies.book import PolicyBook
from policies.publishing import BackDated, assign
from tests.postgres import PROJECT
from tests.stories import Story, day, moment, on_sqlite

# --- every sentence can be said ---------------------------------------------------------------------------


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for root in ("arrears", "engine", "policies", "projections", "tests"):
        for file in (PROJECT / root).rglob("*.py"):
            yield file, ast.parse(file.read_text(encoding="utf-8"))


def rules(kind: type[RuleBroken] = RuleBroken) -> Iterator[type[RuleBroken]]:
    for below in kind.__subclasses__():
        yield below
        yield from rules(below)


def raised(tree: ast.Module) -> Iterator[tuple[str, list[str | None], int]]:
    """Every call that makes an exception by name: the name, its keyword arguments, the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id, [keyword.arg for keyword in node.keywords], node.lineno


def test_every_rule_is_given_the_data_that_its_sentence_names() -> None:
    """A raiser that leaves out a field would end in a KeyError instead of a sentence."""
    named = {
        kind.__name__: {field for _, field, _, _ in string.Formatter().parse(kind.sentence) if field}
        for kind in rules()
        if "__init__" not in vars(kind)  # one that words its own fields is given others
    }
    seen = set()
    for file, tree in sources():
        for name, given, line in raised(tree):
            if name in named and None not in given:
                missing = {field.split(".")[0].split("[")[0] for field in named[name]} - {*given}
                assert not missing, f"{file}:{line}: {name} is not given {missing}"
                seen.add(name)
    assert len(seen) > 50


# --- a fault of ours is no refusal ------------------------------------------------------------------------


def test_a_fault_of_ours_stops_the_batch_and_stores_nothing(story: Story) -> None:
    story.open()
    before = story.facts()

    def wrong(_: Account, __: PolicyBook) -> list[Fact]:
        return [{"no": "fact"}["such"]]  # type: ignore[list-item]

    command = Command(story.account.id, wrong, story.book.stamp())
    with pytest.raises(KeyError):
        story.book.engine.execute_all([command], skip_refused=True)
    assert story.facts() == before


# --- back-dated assignments -------------------------------------------------------------------------------


@pytest.mark.parametrize(("effective", "refused"), [("2026-02-09T11:59", True), ("2026-02-09", False)])
def test_an_assignment_cannot_reach_back_behind_what_was_decided(
    story: Story, effective: str, refused: bool
) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-12")
    policies, decided = story.book.engine.policies(), story.book.decided_until(story.account.id)
    assert decided == moment("2026-02-09")
    if refused:
        with pytest.raises(BackDated):
            assign(policies, story.account, "gentle-to-firm", moment(effective), decided)
    else:
        assert assign(policies, story.account, "gentle-to-firm", moment(effective), decided)


@on_sqlite
def test_the_command_line_refuses_it_and_leaves_the_log_alone(
    story: Story, book_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-12")
    before = story.facts()
    words = ["policy", "assign", "A", "gentle-to-firm", "--from", "2026-02-01", "--book", book_url]
    assert run(words) == 3
    assert "cannot take effect" in capsys.readouterr().err
    assert story.facts() == before


def test_history_that_is_not_live_may_be_given_its_policy_of_then(story: Story) -> None:
    story.at("2026-03-01")
    with story.known_on("2026-01-05"):
        story.open()
        story.invoice("INV-1", due="2026-01-10")
    decided = story.book.decided_until(story.account.id)
    policies = story.book.engine.policies()
    assert decided is None
    assert assign(policies, story.account, "gentle-to-firm", moment("2026-01-05"), decided)


# --- holds that have not begun ----------------------------------------------------------------------------


def test_a_hold_that_has_not_begun_is_cancelled_and_stops_nothing(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-01")
    story.hold(start="2026-02-08")
    story.release()
    story.until("2026-02-10")
    assert story.contacts("2026-02-01") == ["2026-02-09 ReminderIssued notice INV-1"]


@pytest.mark.parametrize(
    ("today", "refused"), [("2026-02-07", False), ("2026-02-08", True), ("2026-02-09", True)]
)
@on_sqlite
def test_a_hold_that_has_begun_cannot_be_ended_before_its_beginning(
    story: Story, today: str, refused: bool
) -> None:
    story.hold(start="2026-02-08")
    given = {"hold": "hold", "released_on": day("2026-02-05"), "today": day(today)}
    if refused:
        with pytest.raises(EndsBeforeItBegins):
            release_hold(story.account, **given)  # type: ignore[arg-type]
    else:
        assert release_hold(story.account, **given)  # type: ignore[arg-type]


@on_sqlite
def test_a_hold_that_is_over_is_not_released_and_one_of_no_day_not_placed(story: Story) -> None:
    story.hold(start="2026-02-08", until="2026-02-20")
    assert release_hold(story.account, hold="hold", released_on=day("2026-02-19"))
    for late in ("2026-02-20", "2026-04-30"):
        with pytest.raises(HoldOver, match="free from 2026-02-20 on by itself"):
            release_hold(story.account, hold="hold", released_on=day(late))
    on = day("2026-03-01")
    with pytest.raises(HoldsNoDay, match="holds no day"):
        place_hold(story.account, hold="none", kind="manual", from_on=on, until_on=on)


@on_sqlite
def test_a_hold_or_dispute_that_is_recorded_otherwise_says_what_differs(story: Story) -> None:
    story.invoice("INV-1", "100.00", due="2026-01-10")
    story.hold(start="2026-02-08", until="2026-02-20")
    given: dict[str, Any] = {"hold": "hold", "kind": "insolvency", "from_on": day("2026-02-08")}
    assert place_hold(story.account, until_on=day("2026-02-20"), **given) == []
    with pytest.raises(DiffersFromRecorded, match=r"until 2026-02-20.*now given: .* until 2026-02-25"):
        place_hold(story.account, until_on=day("2026-02-25"), **given)
    disputed: dict[str, Any] = {"dispute": "D", "opened_on": day("2026-02-08")}
    story.dispute(name="D", on="2026-02-08", INV_1="60.00")
    with pytest.raises(DiffersFromRecorded, match=r"INV-1 \(60.00 of it\); now given: .*\(61.00 of it\)"):
        open_dispute(story.account, parts={"INV-1": Decimal("61.00")}, **disputed)


# --- payments of days that have not come ------------------------------------------------------------------


@pytest.mark.parametrize("how", [(), ("--backfill",)])
def test_a_file_of_payments_that_have_not_come_is_refused_with_file_and_line(
    how: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    invoices, payments = tmp_path / "invoices.csv", tmp_path / "payments.csv"
    invoices.write_text(
        "account,invoice,issued_on,due_on,amount,currency\nACME,INV-1,2026-01-05,2026-02-04,10.00,EUR\n"
    )
    payments.write_text(
        "account,payment,received_on,amount,currency,invoice\n"
        "ACME,PAY-1,2026-02-10,5.00,EUR,INV-1\nACME,PAY-2,2199-02-10,5.00,EUR,INV-1\n"
    )
    book = ["--book", f"sqlite:///{tmp_path}/x.db"]
    assert run(["import", "invoices", str(invoices), *how, *book]) == 0
    assert run(["import", "payments", str(payments), *how, *book]) == 2
    written = capsys.readouterr()
    said = " ".join((written.out + written.err).split())
    assert "payments.csv, line 3: received on 2199-02-10, which has not come yet" in said
    assert run(["report", "aging", "--as-of", "2026-03-01", "--format", "json", *book]) == 0
    assert '"total": "10.00"' in capsys.readouterr().out
