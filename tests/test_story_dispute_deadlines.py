"""A dispute and its deadline: the day before, the day, the day after; and who is told."""

import json
from datetime import date
from decimal import Decimal

import pytest

from arrears.cli.main import run
from engine.domain.decisions import stops
from projections.disputes import dispute_rows, summed
from projections.exceptions import exceptions
from tests.stories import Story, moment, on_sqlite, shipped, table

TELLS = ("[promise]", '[dispute]\nescalate_to = "disputes desk"\n\n[promise]')


def disputed(story: Story, deadline: str, name: str = "dispute", owner: str | None = "mira") -> None:
    story._do(
        stops.open_dispute, dispute=name, opened_on=story.today, items=["INV-1"], code="price", owner=owner,
        deadline=date.fromisoformat(deadline),
    )  # fmt: skip


def test_somebody_is_told_once_on_the_day_after_the_deadline(story: Story) -> None:
    story.publish(shipped("notice-calls-agency", TELLS))
    story.invoice("INV-1", due="2026-01-10")
    disputed(story, "2026-01-20")
    story.until("2026-01-20", hours=(1, 12))
    assert story.decisions("EscalationRaised") == []
    story.until("2026-02-20")
    told = table("2026-01-21 EscalationRaised dispute-deadline INV-1 disputes desk")
    assert story.decisions("EscalationRaised") == told
    assert story.account.open_items["INV-1"].fired.keys() == {"friendly-reminder"}


def test_nobody_is_told_of_what_was_settled_in_time_or_where_the_policy_names_nobody(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    disputed(story, "2026-01-20", "first")
    story.until("2026-01-25")
    assert story.decisions("EscalationRaised") == []
    story.resolve("first")
    story.publish(shipped("notice-calls-agency", TELLS))
    disputed(story, "2026-02-02", "second")
    story.at("2026-02-02")
    story.resolve("second")
    story.until("2026-02-05")
    assert story.decisions("EscalationRaised") == []


@on_sqlite
def test_the_report_of_disputes_on_both_clocks(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    story.invoice("INV-1", "100.00", due="2026-01-10")
    disputed(story, "2026-01-12")
    story.at("2026-01-05")
    story.invoice("INV-2", "80.00", due="2026-01-10")
    story.dispute(name="part", INV_2="30.00")
    story.at("2026-01-15")
    story.resolve("part")
    story.book.catch_up()

    database = story.book.database
    late, part = dispute_rows(database, date(2026, 1, 13))
    assert (late.dispute, late.owner, late.reason, late.days_open, late.days_late) == (
        "dispute", "mira", "price", 12, 1,
    )  # fmt: skip
    assert late.disputed == {"EUR": Decimal("100.00")}
    assert (part.disputed, part.deadline, part.days_late) == ({"EUR": Decimal("30.00")}, None, 0)
    assert [row.days_late for row in dispute_rows(database, date(2026, 1, 12))] == [0, 0]
    by_owner = summed(dispute_rows(database, date(2026, 1, 13)), "owner", date(2026, 1, 13))
    assert [(one.key, one.count, one.late) for one in by_owner] == [("mira", 1, 1), ("nobody", 1, 0)]

    # It ended on the 15th; what was known on the 14th had it open.
    assert [row.dispute for row in dispute_rows(database, date(2026, 1, 15))] == ["dispute"]
    known = dispute_rows(database, date(2026, 1, 15), moment("2026-01-14"))
    assert [row.dispute for row in known] == ["dispute", "part"]
    assert dispute_rows(database, date(2026, 1, 15), resolved=True)[1].outcome == "rejected"

    lists = [[one.kind for one in exceptions(database, moment(day))] for day in ("2026-01-12", "2026-01-13")]
    assert lists == [[], ["dispute_late"]]
    assert run(["--book", story.book.url, "--format", "json", "report", "disputes", "--by", "deadline"]) == 0
    assert [row["key"] for row in json.loads(capsys.readouterr().out)["rows"]] == ["past"]
    assert run(["--book", story.book.url, "report", "disputes", "--resolved"]) == 0
    assert "rejected" in capsys.readouterr().out
