"""Stories of limits: what is put off, until when, and what goes out at night, on holidays, in two zones."""

from typing import Any

import pytest

from arrears.wiring import whole
from engine.domain.decisions import contacts
from engine.domain.facts.contacts import ContactDeferred, ReminderIssued, StepWithheld
from projections.contacts import contact_counts, contact_list
from projections.exceptions import exceptions
from tests.stories import Story, moment, on_sqlite, shipped, table

EU = """
name = "eu"
[contact]
limits = ["eu-business"]
[[steps]]
id = "call"
days_past_due = 10
call = { script = "first" }
"""
REG_F = """
name = "us"
[contact]
limits = ["us-consumer-third-party"]
[[steps]]
id = "notice"
days_past_due = 5
remind = { channel = "letter", template = "validation", purpose = "validation-notice" }
[[steps]]
id = "call"
days_past_due = 10
call = { script = "first" }
[[steps]]
id = "text"
days_past_due = 20
remind = { channel = "sms", template = "a-text", opt_out_notice = true }
[[steps]]
id = "threat"
days_past_due = 30
remind = { channel = "letter", template = "we-will-sue", threatens_suit = true }
"""
US: dict[str, Any] = {"timezone": "America/New_York", "country": "US", "kind": "consumer"}


def under(story: Story, document: str, name: str, **details: Any) -> None:
    story.publish(whole(document))
    story.open(**details)
    story.follow(name)


def prefer(story: Story, **given: Any) -> None:
    story._do(contacts.change_preferences, changed_at=story.now, **given)


def deferred(story: Story) -> list[ContactDeferred]:
    return [fact for fact in story.facts() if isinstance(fact, ContactDeferred)]


def withheld(story: Story) -> list[StepWithheld]:
    return [fact for fact in story.facts() if isinstance(fact, StepWithheld)]


# --- weekdays, holidays, zones ----------------------------------------------------------------------------

DAYS = [
    # country, region, due on (the call is due ten days later), when it may be made
    ("DE", None, "2026-04-28", "2026-05-08T07:00"),  # a Friday
    ("DE", None, "2026-04-29", "2026-05-11T07:00"),  # a Saturday, so on Monday
    ("DE", None, "2026-05-04", "2026-05-15T07:00"),  # Ascension Day
    ("DE", None, "2026-05-25", "2026-06-04T07:00"),  # Corpus Christi is none of the whole country's
    ("DE", "BY", "2026-05-25", "2026-06-05T07:00"),  # it is one in Bavaria
    ("DE", None, "2026-12-15", "2026-12-28T08:00"),  # Christmas and a weekend, in winter time
]


@on_sqlite
@pytest.mark.parametrize(("country", "region", "due", "called"), DAYS)
def test_weekdays_and_holidays_of_country_and_region(
    story: Story, country: str, region: str | None, due: str, called: str
) -> None:
    where = {"country": country, "region": region, "timezone": "Europe/Berlin", "kind": "business"}
    under(story, EU, "eu", **where)
    story.invoice("INV-1", due=due)
    story.at(f"{due}T00:00")
    story.until(called[:10], hours=(3, 7, 8, 12))
    [(scheduled, why)] = story.decided("CallScheduled")
    assert (getattr(scheduled, "call_from", None) or why.acted_at) == moment(called)
    assert all(fact.rule == "BUSINESS_HOURS" and fact.source == "house policy" for fact in deferred(story))


@on_sqlite
def test_with_several_possible_zones_the_time_suits_all(story: Story) -> None:
    under(story, REG_F, "us", **(US | {"timezone": None}))
    prefer(story, zones=("America/New_York", "America/Los_Angeles"))
    story.invoice("INV-1", due="2026-01-05")
    story.until("2026-01-14")
    story.at("2026-01-15T14:00")  # nine in New York, six in Los Angeles
    story.tick("2026-01-15T14:00")
    [put_off] = deferred(story)
    assert (put_off.rule, put_off.until) == ("INCONVENIENT_TIME", moment("2026-01-15T16:00:01"))
    assert "America/Los_Angeles" in put_off.counted[0]
    story.tick("2026-01-15T16:00")
    assert not story.decided("CallScheduled")
    story.tick("2026-01-15T16:00:01")
    assert len(story.decided("CallScheduled")) == 1


@on_sqlite
def test_no_call_where_the_zone_is_not_known(story: Story) -> None:
    under(story, REG_F, "us", country="US", kind="consumer")
    story.invoice("INV-1", due="2026-01-05")
    story.until("2026-01-16")
    assert {fact.reason for fact in withheld(story)} <= {"UNKNOWN_TIME_ZONE", "unknown_time_zone"}
    assert not story.decided("CallScheduled")


@on_sqlite
@pytest.mark.parametrize(
    ("woken", "leaves"),
    [
        ("2026-03-08T12:59", None),  # 08:59 of the day on which daylight saving began: not due yet
        ("2026-03-08T13:00", "2026-03-08T13:00"),
        ("2026-03-09T03:00", "2026-03-09T13:00"),  # eleven at night
        ("2026-03-08T23:59", "2026-03-08T23:59"),  # one minute before eight in the evening
        ("2026-03-09T00:00", "2026-03-09T13:00"),  # eight: the policy's hours are over
    ],
)
def test_what_is_decided_at_night_leaves_in_the_morning(story: Story, woken: str, leaves: str | None) -> None:
    story.publish(shipped("thirty-sixty-ninety") + "\n")
    story.open(timezone="America/New_York")
    story.follow("thirty-sixty-ninety")
    story.invoice("INV-1", due="2026-02-06")
    story.tick(woken)
    sent = [fact for fact, _ in story.decided("ReminderIssued") if isinstance(fact, ReminderIssued)]
    assert [fact.leaves_at or fact.issued_at for fact in sent] == ([moment(leaves)] if leaves else [])


def test_a_book_woken_only_at_night_sends_all_the_same(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.invoice("INV-2", due="2026-01-20")
    story.until("2026-02-10", hours=(3,))
    story.pay("100.00", "INV-1")
    story.until("2026-02-25", hours=(3,))
    assert story.contacts(since="2026-02-01T00:00") == table("""
        2026-02-10  ReminderIssued  notice      INV-1
        2026-02-20  ReminderIssued  notice      INV-2
    """)
    sent = [fact for fact, _ in story.decided("ReminderIssued") if isinstance(fact, ReminderIssued)]
    assert all(fact.leaves_at and fact.leaves_at.hour == 9 for fact in sent)


def test_a_letter_that_has_not_left_is_taken_back_when_it_is_paid(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.tick("2026-01-07")
    story.tick("2026-02-10T03:00")
    story.at("2026-02-10T04:00")
    story.pay("100.00", "INV-1")
    story.tick("2026-02-10T04:01")
    assert story.decisions(since="2026-02-01T00:00") == table("""
        2026-02-10  ReminderIssued     notice  INV-1
        2026-02-10  ReminderCancelled  notice  paid
    """)


# --- the debtor's wishes and rights -----------------------------------------------------------------------


@on_sqlite
def test_what_was_asked_withholds_by_rule_and_source_until_it_is_taken_back(story: Story) -> None:
    under(story, REG_F, "us", **US)
    story.invoice("INV-1", due="2026-01-05")
    story.until("2026-01-12", hours=(15,))
    prefer(story, cease=True)
    story.until("2026-01-16", hours=(15,))
    [stopped] = withheld(story)
    assert (stopped.reason, stopped.counted) == ("CEASE_COMMUNICATION", ("request of 2026-01-12",))
    assert stopped.source == "12 CFR 1006.6(c)"
    prefer(story, cease=False)
    story.until("2026-01-17", hours=(15,))
    assert [line.split()[2] for line in story.contacts()] == ["notice", "call"]


@on_sqlite
@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"refuse": ("sms",)}, "CHANNEL_REFUSED"),
        ({"represented": True, "attorney": "Example & Partners"}, "ATTORNEY_REPRESENTED"),
    ],
)
def test_a_refused_channel_and_an_attorney(story: Story, given: dict[str, Any], rule: str) -> None:
    under(story, REG_F, "us", **US)
    story.invoice("INV-1", due="2026-01-05")
    story.until("2026-01-15", hours=(15,))
    story.call("no_answer")
    prefer(story, **given)
    story.until("2026-01-26", hours=(15,))
    assert [fact.reason for fact in withheld(story)] == [rule]


@on_sqlite
def test_no_suit_is_threatened_in_the_dispute_period(story: Story) -> None:
    under(story, REG_F, "us", **US)
    story.invoice("INV-1", due="2026-01-05")
    story.until("2026-01-15", hours=(15,))
    story.call("no_answer")
    story.until("2026-02-04", hours=(15,))
    [put_off] = [fact for fact in deferred(story) if fact.step == "threat"]
    # Sent on the 10th, a Saturday; received five business days later, on the 16th; thirty days more.
    assert put_off.rule == "DISPUTE_PERIOD_OVERSHADOWED"
    assert f"{put_off.until:%Y-%m-%d}" == "2026-02-16"


@on_sqlite
def test_a_time_barred_debt_is_not_threatened_and_every_letter_says_so(story: Story) -> None:
    under(story, REG_F, "us", **US)
    story.invoice("INV-1", due="2026-01-05")
    prefer(story, time_barred=("INV-1",))
    story.until("2026-01-15", hours=(15,))
    story.call("no_answer")
    story.until("2026-03-10", hours=(15,))
    sent = [fact for fact, _ in story.decided("ReminderIssued", "CallScheduled")]
    assert [getattr(fact, "time_barred", None) for fact in sent] == [("INV-1",)] * 3
    assert [(fact.reason, fact.counted) for fact in withheld(story)] == [("TIME_BARRED", ("INV-1",))]


# --- what happened anyway ---------------------------------------------------------------------------------


@on_sqlite
def test_a_call_that_no_limit_allowed_is_recorded_and_flagged(story: Story) -> None:
    under(story, REG_F, "us", **US)
    story.at("2026-02-02T15:00")
    story.call("reached")
    story.at("2026-02-05T15:00")
    story.call("no_answer")
    story.at("2026-02-12T02:30")  # half past nine in the evening
    story.call("no_answer")
    calls = [fact.model_dump() for fact in story.facts() if fact.TOPIC == "CallMade"]
    assert [[broken["rule"] for broken in call["breaches"]] for call in calls] == [
        [],
        ["REGF_7_DAYS_AFTER_CONVERSATION"],
        ["VALIDATION_NOTICE_OVERDUE", "INCONVENIENT_TIME"],
    ]
    story.book.catch_up()
    rows = contact_list(story.book.database, moment("2026-02-01").date(), moment("2026-02-28").date())
    assert [bool(row.breaches) for row in rows] == [False, True, True]
    assert [(one.count, one.breaches) for one in contact_counts(rows)] == [(3, 2)]
    found = exceptions(story.book.database, moment("2026-02-20"))
    assert [one.kind for one in found] == ["limit_broken", "limit_broken"]
    assert found[0].detail == "REGF_7_DAYS_AFTER_CONVERSATION"
