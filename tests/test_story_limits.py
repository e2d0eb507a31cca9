"""The day of a contact: below, at and above; and 29 February."""

import pytest

from tests.stories import Story, day_before, on_sqlite, table

NOTICE = ["ReminderIssued notice INV-1"]


@on_sqlite
@pytest.mark.parametrize(
    ("woken_at", "sent"),
    [
        ("2026-02-08T23:59", []),  # day 29
        ("2026-02-09T08:59", []),  # day 30, before nine
        ("2026-02-09T09:00", NOTICE),
        ("2026-02-10T00:00", NOTICE),  # day 31, late
    ],
)
def test_the_notice_of_day_30_on_days_29_30_and_31(story: Story, woken_at: str, sent: list[str]) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.tick("2026-01-07")
    story.tick(woken_at)
    assert [line[11:] for line in story.contacts(since="2026-02-01T00:00")] == sent


def test_daily_wake_ups_send_the_notice_on_day_30_and_never_again(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-15", hours=(3, 9, 21))
    assert [f"{why.acted_at:%Y-%m-%d %H:%M}" for _, why in story.decided("ReminderIssued")] == [
        "2026-01-07 09:00",
        "2026-02-09 09:00",
    ]


@on_sqlite
@pytest.mark.parametrize(
    ("due", "first"),
    [
        ("2028-03-03", "2028-02-29 ReminderIssued friendly-reminder INV-1"),
        ("2028-01-30", "2028-02-29 ReminderIssued notice INV-1"),
        ("2028-02-29", "2028-03-30 ReminderIssued notice INV-1"),
        ("2027-01-30", "2027-03-01 ReminderIssued notice INV-1"),
    ],
)
def test_29_february(story: Story, due: str, first: str) -> None:
    story.at(day_before(first[:10]))
    story.invoice("INV-1", due=due)
    story.until(first[:10])
    assert story.contacts() == [first]


def test_a_promise_for_29_february(story: Story) -> None:
    story.at("2028-02-10")
    story.invoice("INV-1", due="2028-01-30")
    story.promise("100.00", by="2028-02-29")
    story.until("2028-03-03")
    # A Tuesday: grace on 1 March, posting on the 2nd.
    assert story.decisions("PromiseBroken") == table("2028-03-03 PromiseBroken promise 0")
