"""One contact for all that is due, days between contacts, and the clock of the debtor."""

import pytest

from tests.stories import Story, day_before, on_sqlite, shipped, table

NO_CALL = ('unknown_zone = "book"', 'unknown_zone = "no-call"')


def test_two_invoices_due_on_one_day_share_one_contact_each_at_its_own_step(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-03")
    story.invoice("INV-2", due="2026-01-10")
    story.until("2026-02-09")
    story.call("no_answer")
    story.until("2026-02-14")
    story.call("no_answer")
    story.until("2026-02-25")
    # INV-2 had its notice with the call of the 9th; its own call waits for three days after the other's.
    assert story.decisions(since="2026-02-01T00:00") == table("""
        2026-02-02  ReminderIssued     notice       INV-1
        2026-02-09  CallScheduled      first-call   INV-1 INV-2@notice
        2026-02-14  CallScheduled      second-call  INV-1
        2026-02-16  ContactDeferred    first-call   INV-2 min_gap_days
        2026-02-17  CallScheduled      first-call   INV-2
        2026-02-19  PlacementProposed  agency       INV-1
    """)
    assert [(id, item.placement is None) for id, item in story.account.open_items.items()] == [
        ("INV-1", False),
        ("INV-2", True),
    ]


def test_what_falls_due_within_the_gap_is_gathered_into_the_next_contact(story: Story) -> None:
    for number, due in (("INV-1", "2026-01-10"), ("INV-2", "2026-01-11"), ("INV-3", "2026-01-12")):
        story.invoice(number, due=due)
    story.until("2026-02-15")
    assert story.decisions(since="2026-02-01T00:00") == table("""
        2026-02-09  ReminderIssued   notice  INV-1
        2026-02-10  ContactDeferred  notice  INV-2 min_gap_days
        2026-02-11  ContactDeferred  notice  INV-3 min_gap_days
        2026-02-12  ReminderIssued   notice  INV-2 INV-3
    """)


def test_what_was_deferred_is_not_sent_in_the_night_before_its_hour(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.invoice("INV-2", due="2026-01-11")
    story.until("2026-02-11")
    story.at("2026-02-12T02:59")
    story.note()
    story.until("2026-02-12", hours=(3, 9))
    [*_, (notice, why)] = story.decided("ReminderIssued")
    assert [line["item"] for line in notice.model_dump()["lines"]] == ["INV-2"]
    assert f"{why.acted_at:%Y-%m-%d %H:%M}" == "2026-02-12 09:00"


def test_a_contact_asks_for_each_currency_by_itself(story: Story) -> None:
    story.invoice("INV-1", "100.00", due="2026-01-10")
    story.invoice("INV-2", "5000", currency="JPY", due="2026-01-10")
    story.until("2026-01-20")
    story.pay("30.00", "INV-9")
    story.until("2026-02-09")
    [*_, (notice, _)] = story.decided("ReminderIssued")
    demand = {part["currency"]: str(part["amount"]) for part in notice.model_dump()["demand"]}
    assert demand == {"EUR": "70.00", "JPY": "5000"}


# --- the debtor's clock -----------------------------------------------------------------------------------

NINE_O_CLOCK = [
    # zone, due on, the notice thirty days later at 09:00 there
    ("America/New_York", "2026-02-05", "2026-03-07T14:00"),
    ("America/New_York", "2026-02-06", "2026-03-08T13:00"),  # daylight saving began that night
    ("America/New_York", "2026-10-01", "2026-10-31T13:00"),
    ("America/New_York", "2026-10-02", "2026-11-01T14:00"),  # and ended
    ("Asia/Tokyo", "2026-02-05", "2026-03-07T00:00"),
    ("Pacific/Auckland", "2026-02-05", "2026-03-06T20:00"),  # the 7th there, the 6th in UTC
    ("Europe/Berlin", "2026-02-27", "2026-03-29T07:00"),  # daylight saving began that night
    (None, "2026-02-05", "2026-03-07T09:00"),  # nobody knows: the book's clock
]


@on_sqlite
@pytest.mark.parametrize(("zone", "due", "sent"), NINE_O_CLOCK)
def test_contacts_go_out_at_nine_where_the_debtor_is(
    story: Story, zone: str | None, due: str, sent: str
) -> None:
    story.open(timezone=zone)
    story.at(f"{day_before(sent)}T00:00")
    story.invoice("INV-1", due=due)
    story.until(sent[:10], hours=range(24))
    [(_, why)] = story.decided("ReminderIssued")
    assert f"{why.acted_at:%Y-%m-%dT%H:%M}" == sent


def test_a_zone_for_a_country_holds_for_business_debtors(story: Story) -> None:
    zones = 'zone_by_country = { JP = "Asia/Tokyo" }'
    story.publish(shipped("notice-calls-agency", (NO_CALL[0], f"{NO_CALL[1]}\n{zones}")))
    story.open(country="JP", kind="business")
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-16")
    assert story.contacts(since="2026-02-01T00:00") == table("""
        2026-02-09  ReminderIssued  notice      INV-1
        2026-02-16  CallScheduled   first-call  INV-1
    """)


def test_no_call_where_nobody_knows_what_time_it_is_for_the_debtor(story: Story) -> None:
    story.publish(shipped("notice-calls-agency", NO_CALL))
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-20")
    story.learn(timezone="Asia/Tokyo")
    story.until("2026-02-25")
    assert story.decisions(since="2026-02-01T00:00") == table("""
        2026-02-09  ReminderIssued  notice      INV-1
        2026-02-16  StepWithheld    first-call  INV-1 unknown_time_zone
        2026-02-20  CallScheduled   first-call  INV-1
    """)
