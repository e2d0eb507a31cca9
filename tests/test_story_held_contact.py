"""Contact under a hold: refused before it is made, flagged where it was made all the same."""

from datetime import timedelta
from typing import Any

import pytest

from arrears.wiring import whole
from engine.application import Command
from engine.domain.decisions import contacts
from engine.domain.errors import ContactRefused
from engine.domain.facts.contacts import CallMade, ReminderIssued
from policies.contact_limits.case import Proposal
from tests.stories import Story, on_sqlite

STEP = """
[[steps]]
id = "call"
days_past_due = 60
call = { script = "first" }
"""


def reserve(story: Story, name: str, *items: str, purpose: str = "collect") -> None:
    asking = Proposal(story.now, "call", items=frozenset(items), purpose=purpose)
    story.book.engine.execute(Command(
        story._ids["A"],
        lambda account, _: contacts.reserve_contact(
            account, contact=name, channel="call", reserved_at=story.now,
            until=story.now + timedelta(hours=8), purpose=purpose,
        ),
        story.book.stamp(), asking,
    ))  # fmt: skip


def flags(story: Story, kind: Any) -> list[list[str]]:
    return [[one.rule for one in fact.breaches] for fact in story.facts() if isinstance(fact, kind)]


def test_leave_is_refused_by_name_from_the_first_day_of_the_hold_to_its_last(story: Story) -> None:
    story.open(country="GB", timezone="Europe/London")
    story.invoice("INV-1", due="2026-01-10")
    story.hold(start="2026-01-15", until="2026-01-18", kind="breathing-space", name="space")
    for day, is_held in (("14", False), ("15", True), ("17", True), ("18", False)):
        story.at(f"2026-01-{day}T10:00")
        if not is_held:
            reserve(story, f"on-{day}")
            continue
        with pytest.raises(ContactRefused, match=r"breathing-space.*until 2026-01-18") as refused:
            reserve(story, f"on-{day}")
        assert "2026-01-18" in str(refused.value.data["first_allowed"])
        reserve(story, f"answer-{day}", purpose="reply")


@on_sqlite
def test_the_hold_is_named_though_a_limit_keeps_the_contact_longer(story: Story) -> None:
    story.publish(whole('name = "uk"\n[contact]\nlimits = ["uk-consumer"]\n' + STEP))
    story.open(kind="consumer", country="GB", timezone="Europe/London")
    story.follow("uk")
    story.invoice("INV-1", due="2026-01-10")
    story.hold(start="2026-01-15", until="2026-01-18", kind="breathing-space", name="space")
    story.at("2026-01-16T13:00")
    with pytest.raises(ContactRefused, match=r"a hold \(breathing-space\) stops contact") as refused:
        reserve(story, "a-call")
    assert refused.value.data["broken"] == "held"
    assert "2026-01-19" in str(refused.value.data["first_allowed"])  # the 18th is a Sunday


@on_sqlite
def test_what_was_done_under_a_hold_is_recorded_and_flagged(story: Story) -> None:
    story.open(country="GB", timezone="Europe/London")
    story.invoice("INV-1", due="2026-01-10")
    story.at("2026-01-12")
    story.call("no_answer")
    story.hold(kind="breathing-space")
    story.at("2026-01-13")
    story.call("no_answer")
    story.remind("", "INV-1")
    assert flags(story, CallMade) == [[], ["held"]]
    assert flags(story, ReminderIssued) == [["held"]]


@on_sqlite
def test_a_hold_on_one_invoice_leaves_contact_about_another(story: Story) -> None:
    story.open(country="GB", timezone="Europe/London")
    story.invoice("INV-1", due="2026-01-10")
    story.invoice("INV-2", due="2026-01-10")
    story.hold("INV-1", kind="legal")
    reserve(story, "about-the-other", "INV-2")
    reserve(story, "about-anything")
    with pytest.raises(ContactRefused):
        reserve(story, "about-this", "INV-1")
    story.hold("INV-2", kind="legal", name="second")
    with pytest.raises(ContactRefused):
        reserve(story, "nothing-left")
