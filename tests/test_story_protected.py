"""Stories of debtors whom a limit protects: breathing space by its register, disputes by ground, debts."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from arrears.commands.base import Here, Request
from arrears.commands.contacts import ReserveContact
from arrears.commands.stops import OpenDispute, PlaceHold, ReleaseHold
from arrears.wiring import whole
from engine.application import Command
from engine.domain.errors import ContactRefused, RuleBroken
from engine.domain.facts.contacts import CallOutcome
from engine.domain.facts.items import InterestCharged
from policies.holds import NotACrisis, NotProtected
from tests.stories import Story, day, on_sqlite, table
from tests.test_person_limits import Desk, desk

__all__ = ["desk"]

UK = """
name = "uk"
[contact]
limits = ["uk-consumer"]
[interest]
rate = "36.5"
[[steps]]
id = "letter"
days_past_due = 10
remind = { channel = "letter", template = "collection-notice" }
[[steps]]
id = "second"
days_past_due = 20
remind = { channel = "letter", template = "firm-reminder" }
"""


def told(story: Story, request: Request) -> None:
    """What a person records, as the command line and the server record it."""
    here = Here(story.now, story.book.zone, "a clerk")
    decide, asking = request.decide_known(here), request.asking(here)
    story.book.engine.execute(Command(story._ids["A"], decide, story.book.stamp(), asking))


def in_the_uk(story: Story, **details: Any) -> None:
    story.publish(whole(UK))
    story.open(**{"country": "GB", "timezone": "Europe/London", "kind": "consumer"} | details)
    story.follow("uk")
    story.invoice("INV-1", due="2026-01-10")


def hold(entered: str, kind: str = "breathing-space", **more: Any) -> PlaceHold:
    return PlaceHold(account="A", hold="H", kind=kind, entered_on=day(entered), **more)


def days_of(story: Story) -> tuple[date, date | None]:
    days = story.account.holds["H"].days
    return days.start, days.end


# --- breathing space --------------------------------------------------------------------------------------


def test_a_breathing_space_protects_from_the_day_after_its_entry_for_sixty_days(story: Story) -> None:
    in_the_uk(story)
    story.until("2026-01-20")
    story.at("2026-01-22")
    told(story, hold("2026-01-21"))
    assert days_of(story) == (day("2026-01-22"), day("2026-03-23"))
    story.until("2026-04-02")
    # 60 of its days do not count: the second letter, of 30 January, comes on 31 March.
    assert story.contacts() == table("""
        2026-01-20  ReminderIssued  letter  INV-1
        2026-03-31  ReminderIssued  second  INV-1
    """)
    charged = [fact for fact in story.facts() if isinstance(fact, InterestCharged)]
    borne = {(one.after, one.until): one.days for fact in charged for one in fact.days}
    assert not [span for span in borne if span[0] < day("2026-03-22") and span[1] >= day("2026-01-22")]
    assert sum(borne.values()) == 11 + 9  # 11 to 21 January, and 23 to 31 March


@on_sqlite
def test_a_crisis_protects_until_thirty_days_after_the_treatment(story: Story) -> None:
    in_the_uk(story)
    told(story, hold("2026-01-01", "mental-health-crisis"))
    assert days_of(story) == (day("2026-01-02"), None)
    story.at("2026-03-01")
    told(story, ReleaseHold(account="A", hold="H", treatment_ended_on=day("2026-02-28")))
    assert days_of(story)[1] == day("2026-03-31")  # protected through 30 March


@on_sqlite
def test_days_that_no_law_gives_are_asked_for(story: Story) -> None:
    in_the_uk(story)
    with pytest.raises(NotProtected, match="kind 'legal'"):
        told(story, hold("2026-01-01", "legal"))
    told(story, hold("2026-01-01"))
    with pytest.raises(NotACrisis):
        told(story, ReleaseHold(account="A", hold="H", treatment_ended_on=day("2026-01-01")))
    with pytest.raises(ValueError, match="either entered_on"):
        hold("2026-01-01", from_on=day("2026-01-01"))
    with pytest.raises(ValueError, match="either treatment_ended_on"):
        ReleaseHold(
            account="A", hold="H", treatment_ended_on=day("2026-01-01"), released_on=day("2026-01-01")
        )


@on_sqlite
def test_the_law_of_consumers_protects_no_firm(story: Story) -> None:
    in_the_uk(story, kind="business")
    with pytest.raises(NotProtected):
        told(story, hold("2026-01-01"))


@on_sqlite
def test_a_hold_that_a_limit_protects_stops_charges_whatever_the_policy_says(story: Story) -> None:
    story.publish(whole(UK + '[hold.breathing-space]\nstops = ["contact"]\n'))
    story.open(country="GB", timezone="Europe/London", kind="consumer")
    story.follow("uk")
    told(story, hold("2026-01-01"))
    assert story.account.holds["H"].stops == ("contact", "interest", "fees")


# --- disputes by their ground -----------------------------------------------------------------------------


def reserve(story: Story, *invoices: str) -> str:
    """The rule that refuses a call; empty: leave was given."""
    number = len(story.account.reserved)
    try:
        told(story, ReserveContact(account="A", contact=f"R-{number}", channel="call", invoices=invoices))
    except ContactRefused as refused:
        return str(refused.data["broken"])
    return ""


def dispute(story: Story, code: str, *invoices: str, **parts: Any) -> None:
    told(story, OpenDispute(account="A", dispute=f"D-{code}", code=code, invoices=invoices, **parts))


@on_sqlite
def test_only_a_ground_that_may_be_valid_suspends_recovery(story: Story) -> None:
    in_the_uk(story)
    story.invoice("INV-2", due="2026-01-10")
    story.at("2026-01-12")  # a Monday
    dispute(story, "late_delivery", "INV-1")
    assert (reserve(story, "INV-1"), reserve(story)) == ("", "")
    dispute(story, "amount_incorrect", "INV-1")
    story.at("2026-01-14")
    assert reserve(story, "INV-1") == "DISPUTED"
    assert reserve(story, "INV-2") == ""  # which nobody disputes


@on_sqlite
def test_a_contact_about_nothing_in_particular_is_refused_where_all_is_disputed(story: Story) -> None:
    in_the_uk(story)
    story.invoice("INV-2", due="2026-01-10")
    story.at("2026-01-12")
    dispute(story, "amount_incorrect", "INV-1")
    assert reserve(story) == ""
    dispute(story, "not_the_borrower", "INV-2")
    assert reserve(story) == "DISPUTED"


@on_sqlite
def test_the_rest_of_what_is_disputed_in_part_may_be_pursued(story: Story) -> None:
    in_the_uk(story)
    story.at("2026-01-12")
    told(
        story,
        OpenDispute(account="A", dispute="D", code="amount_incorrect", parts={"INV-1": Decimal("30.00")}),
    )
    assert reserve(story, "INV-1") == ""
    told(
        story,
        OpenDispute(account="A", dispute="E", code="amount_incorrect", parts={"INV-1": Decimal("70.00")}),
    )
    assert reserve(story, "INV-1") == "DISPUTED"


# --- debts ------------------------------------------------------------------------------------------------


@on_sqlite
def test_a_person_asks_for_leave_about_the_debt_of_the_account(desk: Desk) -> None:
    desk.found(A="card", B="medical")
    for number in range(7):
        desk.call("A", f"A-{number}", CallOutcome.NO_ANSWER)
    here = Here(desk.now, desk.book.zone, "a clerk")
    for account, is_free in (("A", False), ("B", True)):
        asked = ReserveContact(account=account, contact="next", channel="call")
        command = Command(
            desk.book.account_id(account), asked.decide_known(here), desk.book.stamp(), asked.asking(here)
        )
        if is_free:
            assert desk.book.engine.execute(command)
            continue
        with pytest.raises(RuleBroken, match="7 contacts count"):
            desk.book.engine.execute(command)
