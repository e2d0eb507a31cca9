"""How the worklist is ranked by the rules of a policy, whose it is, and what waits for a decision."""

from dataclasses import replace
from decimal import Decimal

import pytest

from arrears.casework.worklist import ranking, why
from engine.domain.decisions.accounts import set_follow_up
from engine.domain.decisions.casework import assign_collector
from engine.domain.decisions.stops import open_dispute, resolve_dispute
from policies.worklist import Waiting, WorklistRules, points, scores
from projections.balances import open_rows
from projections.connection import reading
from projections.exceptions import exceptions
from projections.waiting import UNASSIGNED
from projections.worklist import Due, Slice, Worklist, worklist
from tests.stories import Story, day, moment, on_sqlite, shipped

NOTHING = Waiting({}, None, None, None, 0, None)


@pytest.mark.parametrize(
    ("waiting", "expected"),
    [
        ({}, 0),
        ({"open": {"EUR": Decimal("2499.99")}}, 9),
        ({"open": {"EUR": Decimal("2500.00")}}, 10),
        ({"open": {"EUR": Decimal("10000.00")}}, 40),
        ({"open": {"EUR": Decimal("99999.00")}}, 40),
        ({"open": {"EUR": Decimal("10.00"), "JPY": Decimal(500_000)}}, 20),
        ({"days_past_due": -3}, 0),
        ({"days_past_due": 2}, 0),
        ({"days_past_due": 3}, 1),
        ({"days_past_due": 89}, 29),
        ({"days_past_due": 90}, 30),
        ({"broken_days": 0}, 25),
        ({"broken_days": 29}, 25),
        ({"broken_days": 30}, 0),
        ({"follow_up_days": 0}, 20),
        ({"waiting_days": 9}, 9),
        ({"waiting_days": 11}, 10),
        ({"segment": "key-account"}, 15),
        ({"segment": "slow"}, -5),
        ({"segment": "other"}, 0),
    ],
)
def test_each_rule_gives_its_points_below_at_and_above_its_limit(
    waiting: dict[str, object], expected: int
) -> None:
    rules = WorklistRules.model_validate({
        "amount_full_in": {"JPY": "1000000"}, "segment_points": {"key-account": 15, "slow": -5},
    })  # fmt: skip
    assert points(rules, replace(NOTHING, **waiting)) == expected  # type: ignore[arg-type]


def test_the_points_say_what_they_are_for() -> None:
    waiting = Waiting({"EUR": Decimal(5000)}, 45, 1, 0, 2, "slow")
    assert [tuple(one) for one in scores(WorklistRules(segment_points={"slow": -5}), waiting)] == [
        (25, "a promise was broken yesterday"), (20, "5000.00 EUR owed"),
        (20, "to be looked at again, due today"), (15, "45 days past due"), (2, "waiting for 2 days"),
        (-5, "segment slow"),
    ]  # fmt: skip


def listed(story: Story, on: str, collector: str | None = None, part: Slice | None = None) -> Worklist:
    story.book.catch_up()
    at = moment(on)
    rank = ranking(story.book.engine.policies(), at)
    return worklist(story.book.database, at, rank=rank, collector=collector, part=part)


def numbers(found: Worklist) -> list[str]:
    return [due.number for due in found.rows]


def reasons(story: Story, due: Due, on: str) -> list[str]:
    return [one.why for one in why(story.book.engine.policies(), due, moment(on))]


def test_calls_follow_ups_and_broken_promises_share_one_list(story: Story) -> None:
    """A owes 5,000 and breaks a promise; B (which owes 100, not due for years) is only to be looked at."""
    story.invoice("INV-1", "5000.00", due="2026-01-10")
    story._execute(lambda account, _: set_follow_up(account, on=day("2026-01-20")), "B")
    story._b_before = story.facts("B")
    story.promise("1000.00", "INV-1", by="2026-01-15")
    story.until("2026-01-20")
    found = listed(story, "2026-01-20")
    waiting = [(due.number, due.entry.broken_on is not None, due.follow_up) for due in found.rows]
    assert waiting == [("A", True, None), ("B", False, 5)]
    assert reasons(story, found.rows[0], "2026-01-20")[0].startswith("a promise was broken")
    assert [due.points for due in found.rows] == sorted((due.points for due in found.rows), reverse=True)
    assert numbers(listed(story, "2026-01-20", part=Slice(1, 1))) == ["B"]
    assert listed(story, "2026-01-20", part=Slice(1, 1)).total == 2
    story.call("reached")
    assert numbers(listed(story, "2026-01-20")) == ["B"], "somebody has talked to A since"


@on_sqlite
def test_the_policy_of_an_account_ranks_it(story: Story) -> None:
    story.publish(
        shipped("notice-calls-agency").replace("[contact]", "[worklist]\nfollow_up_points = 500\n\n[contact]")
    )
    story._execute(lambda account, _: set_follow_up(account, on=story.today))
    [due] = listed(story, "2026-01-02").rows
    assert (due.points, reasons(story, due, "2026-01-02")[0]) == (501, "to be looked at again, due yesterday")


def test_a_worklist_is_split_by_collector(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    for account in "AB":
        story._execute(lambda known, _: set_follow_up(known, on=story.today), account)
    story._execute(lambda known, _: assign_collector(known, collector="mira", assigned_on=story.today))
    story._b_before = story.facts("B")
    found = {who: numbers(listed(story, "2026-01-02", who)) for who in ("mira", "noor", UNASSIGNED)}
    assert found == {"mira": ["A"], "noor": [], UNASSIGNED: ["B"]}


def test_what_is_open_now_is_read_from_the_items_and_is_the_same(story: Story) -> None:
    """The fast way, from the items, and the way for any day, from the postings."""
    story.invoice("INV-1", "100.00", due="2026-01-10")
    story.invoice("INV-2", "50.00", due="2026-01-12")
    story.pay("170.00")
    story.bounce("payment-1")
    story.pay("120.00", payment="P-9")
    story.credit("80.00", "INV-2")
    story.book.catch_up()
    with reading(story.book.database) as connection:
        now = {tuple(row) for row in open_rows(connection, day("2026-02-01"))}
    with reading(story.book.database, moment("2099-01-01")) as connection:
        by_postings = {tuple(row) for row in open_rows(connection, day("2026-02-01"))}
    assert now == by_postings
    assert len(now) == 2, "unapplied money of A, and an invoice of B"


# --- what waits for a decision ----------------------------------------------------------------------------


def exceptional(story: Story, on: str) -> list[tuple[str, str]]:
    story.book.catch_up()
    return [(one.kind, one.detail) for one in exceptions(story.book.database, moment(on))]


@pytest.mark.parametrize(
    ("on", "is_late"), [("2026-02-09", False), ("2026-02-10", False), ("2026-02-11", True)]
)
def test_a_dispute_is_late_the_day_after_its_deadline(story: Story, on: str, is_late: bool) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story._execute(lambda account, _: open_dispute(
        account, dispute="D-1", opened_on=story.today, owner="mira", deadline=day("2026-02-10")
    ))  # fmt: skip
    assert exceptional(story, on) == ([("dispute_late", "D-1, to be settled by mira")] if is_late else [])
    story.at(on)
    story._execute(lambda account, _: resolve_dispute(
        account, dispute="D-1", resolved_on=story.today, outcome="rejected"
    ))  # fmt: skip
    assert exceptional(story, on) == []


def test_money_that_is_set_against_nothing_is_an_exception(story: Story) -> None:
    story.invoice("INV-1", "100.00", due="2026-01-10")
    story.pay("130.00")
    assert exceptional(story, "2026-01-02") == [("unapplied", "30.00 EUR")]
    story.bounce("payment-1")
    assert exceptional(story, "2026-01-02") == []


PLACING = """
name = "notice-calls-agency"

[[steps]]
id = "agency"
days_past_due = 5
place = { agency = "harbour" }
"""


def test_a_placement_waits_until_a_manager_has_decided(story: Story) -> None:
    story.publish(PLACING)
    story.invoice("INV-1", "100.00", due="2026-01-02")
    story.until("2026-01-08")
    [(kind, detail)] = exceptional(story, "2026-01-08")
    assert (kind, detail.endswith("for harbour")) == ("placement_waits", True)
    story.decline()
    assert exceptional(story, "2026-01-08") == []
