"""Business days, deadlines that roll, terms of payment, parts of a plan, and days that the clocks change."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.account import Account
from engine.domain.wishes import Inconvenient, Standing
from policies.business_days import BusinessCalendar, CalendarRules, business_calendar
from policies.calendar import local_day, local_moment, next_at
from policies.contact_limits.case import Case, Proposal
from policies.contact_limits.judging import first_allowed
from policies.contact_limits.profile import Profile, Rule
from policies.due_dates import DueDateDiffers, DueDateMissing, due_date
from policies.instalments import Every, equal_instalments, equal_parts
from policies.months import add_months, month_end
from policies.payment_terms import UnknownTerms, payment_terms
from tests.stories import Story, day, moment, on_sqlite, shipped

PLAIN = BusinessCalendar()


def calendar(country: str | None = None, region: str | None = None, /, **rules: Any) -> BusinessCalendar:
    account = Account("account-a", country=country, region=region)
    return business_calendar(CalendarRules.model_validate(rules), account)


@pytest.mark.parametrize(
    ("on", "is_business", "known"),
    [
        ("2026-04-02", True, calendar("DE")),
        ("2026-04-03", False, calendar("DE")),  # Good Friday
        ("2026-04-03", True, calendar("US")),
        ("2026-04-03", True, calendar()),  # nobody knows where
        ("2026-04-04", False, calendar()),  # a Saturday
        ("2026-01-06", False, calendar("DE", "BY")),  # Epiphany in Bavaria
        ("2026-01-06", True, calendar("DE", "BE")),
        ("2026-01-06", True, calendar("DE", "XX")),  # an unknown region has its country's
        ("2026-04-06", False, calendar("GB")),  # Easter Monday, in England and so where no region is known
        ("2026-08-31", False, calendar("GB")),  # and the summer bank holiday
        ("2026-04-06", True, calendar("GB", "SCT")),
        ("2026-08-03", False, calendar("GB", "SCT")),
        ("2026-07-03", False, calendar("US")),  # Independence Day, observed
        ("2026-05-08", False, calendar("IL")),  # a Friday, in Israel the weekend
        ("2026-05-10", True, calendar("IL")),  # and a Sunday
        ("2026-04-03", False, calendar("US", holidays_of="policy", country="DE")),
        ("2026-07-03", True, calendar("US", holidays_of="policy", country="DE")),
        ("2026-04-03", False, calendar("US", holidays_of="both", country="DE")),
        ("2026-07-03", False, calendar("US", holidays_of="both", country="DE")),
        ("2026-12-24", False, calendar("DE", closed_on=["2026-12-24"])),
        ("2026-04-04", True, calendar("DE", open_on=["2026-04-04"])),
        ("2026-04-03", False, calendar(weekend=["friday"])),
        ("2026-04-04", True, calendar(weekend=["friday"])),
    ],
)
def test_business_days_of_policy_and_debtor(on: str, is_business: bool, known: BusinessCalendar) -> None:
    assert known.is_business_day(day(on)) is is_business


@pytest.mark.parametrize(
    ("roll", "deadline", "falls_on"),
    [
        ("none", "2026-02-28", "2026-02-28"),
        ("following", "2026-02-27", "2026-02-27"),  # a Friday stays
        ("following", "2026-02-28", "2026-03-02"),
        ("following", "2026-03-01", "2026-03-02"),
        ("modified-following", "2026-02-28", "2026-02-27"),  # Monday lies in March
        ("modified-following", "2026-03-01", "2026-03-02"),
        ("modified-following", "2026-02-14", "2026-02-16"),
        ("following", "2026-04-03", "2026-04-07"),  # Good Friday to the Tuesday after Easter
        ("modified-following", "2028-12-30", "2028-12-29"),
        ("following", "2028-12-30", "2029-01-02"),
    ],
)
def test_a_deadline_rolls(roll: str, deadline: str, falls_on: str) -> None:
    assert calendar("DE", roll=roll).rolled(day(deadline)) == day(falls_on)


@pytest.mark.parametrize(
    ("terms", "issued", "due"),
    [
        ("net 30", "2026-01-31", "2026-03-02"),
        ("Net 30 days", "2026-01-01", "2026-01-31"),
        ("30 days", "2028-02-01", "2028-03-02"),
        ("2/10 net 30", "2026-01-01", "2026-01-31"),
        ("2% 10, net 30", "2026-01-01", "2026-01-31"),
        ("due on receipt", "2026-01-31", "2026-01-31"),
        ("net 1 month", "2026-01-31", "2026-02-28"),
        ("2 months", "2026-12-31", "2027-02-28"),
        ("net 3 business days", "2026-04-03", "2026-04-08"),
        ("EOM", "2026-02-01", "2026-02-28"),
        ("end of the month", "2028-02-29", "2028-02-29"),
        ("net 30 EOM", "2026-01-05", "2026-03-02"),  # 31 January + 30
        ("net 30 EOM", "2028-01-31", "2028-03-01"),
        ("EOM + 10", "2026-01-05", "2026-02-10"),
        ("10 days after end of month", "2026-01-31", "2026-02-10"),
        ("net 30 then EOM", "2026-01-05", "2026-02-28"),  # day 30 is 4 February
        ("30 days, then end of month", "2026-01-31", "2026-03-31"),  # day 30 is 2 March
        ("15 MFI", "2026-01-31", "2026-02-15"),
        ("15th prox", "2026-12-01", "2027-01-15"),
        ("31st of the following month", "2026-01-10", "2026-02-28"),
    ],
)
def test_terms_of_payment_give_the_due_date(terms: str, issued: str, due: str) -> None:
    assert payment_terms(terms).due_on(day(issued), PLAIN) == day(due)


@pytest.mark.parametrize("terms", ["", "soon", "net", "net thirty", "net -1", "32 MFI", "0 MFI", "net 1000"])
def test_other_words_are_no_terms(terms: str) -> None:
    with pytest.raises(UnknownTerms, match="expected terms such as 'net 30'"):
        payment_terms(terms)


def test_a_due_date_by_terms_rolls_as_the_policy_says() -> None:
    assert payment_terms("net 30 EOM").due_on(day("2026-03-10"), calendar(roll="following")) == day(
        "2026-04-30"
    )
    assert payment_terms("net 31 EOM").due_on(day("2026-03-10"), calendar("DE", roll="following")) == day(
        "2026-05-04"  # 1 May is a holiday, then a weekend
    )


# --- parts of a plan --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "count", "currency", "parts"),
    [
        ("100", 3, "EUR", ["33.33", "33.33", "33.34"]),
        ("100", 4, "EUR", ["25.00"] * 4),
        ("0.05", 2, "EUR", ["0.02", "0.03"]),
        ("1000", 3, "JPY", ["333", "333", "334"]),
        ("1", 3, "KWD", ["0.333", "0.333", "0.334"]),
    ],
)
def test_equal_parts_add_up_and_the_last_has_the_remainder(
    total: str, count: int, currency: str, parts: list[str]
) -> None:
    assert [str(part) for part in equal_parts(Decimal(total), count, currency)] == parts


@pytest.mark.parametrize(
    ("first", "every", "days"),
    [
        ("2026-01-31", "month", ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]),
        ("2028-01-31", "month", ["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"]),
        ("2026-01-30", "month", ["2026-01-30", "2026-02-28", "2026-03-30", "2026-04-30"]),
        ("2026-02-28", "month", ["2026-02-28", "2026-03-28", "2026-04-28", "2026-05-28"]),
        ("2026-02-28", "month-end", ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
        ("2025-11-30", "quarter", ["2025-11-30", "2026-02-28", "2026-05-30", "2026-08-30"]),
        ("2026-03-27", "week", ["2026-03-27", "2026-04-03", "2026-04-10", "2026-04-17"]),
        ("2026-03-27", "two-weeks", ["2026-03-27", "2026-04-10", "2026-04-24", "2026-05-08"]),
    ],
)
def test_instalments_are_worked_out_from_the_first(first: str, every: Every, days: list[str]) -> None:
    parts = equal_instalments(Decimal(100), 4, day(first), every, "EUR")
    assert [str(on) for on, _ in parts] == days


@given(st.dates(date(1990, 1, 1), date(2190, 1, 1)), st.integers(0, 60))
def test_months_are_clipped_from_the_anchor_and_never_run_over(anchor: date, months: int) -> None:
    found = add_months(anchor, months)
    assert (found.year * 12 + found.month) - (anchor.year * 12 + anchor.month) == months
    assert found.day == min(anchor.day, month_end(found).day)


# --- the days on which clocks change ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "on", "at", "utc"),
    [
        ("America/New_York", "2026-03-07", "09:00", "2026-03-07T14:00"),
        ("America/New_York", "2026-03-08", "09:00", "2026-03-08T13:00"),
        ("America/New_York", "2026-03-08", "02:30", "2026-03-08T07:30"),  # there is none: 03:30 there
        ("America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30"),  # the first of two
        ("America/New_York", "2026-11-01", "09:00", "2026-11-01T14:00"),
        ("Europe/London", "2026-03-29", "00:00", "2026-03-29T00:00"),
        ("Europe/London", "2026-03-30", "00:00", "2026-03-29T23:00"),
        ("Africa/Cairo", "2026-04-24", "00:00", "2026-04-23T22:00"),  # there is no midnight: 01:00 there
        ("America/Havana", "2026-11-01", "00:00", "2026-11-01T04:00"),  # the first of two midnights
    ],
)
def test_a_local_time_on_the_days_that_clocks_change(zone: str, on: str, at: str, utc: str) -> None:
    assert local_moment(day(on), time.fromisoformat(at), ZoneInfo(zone)) == moment(utc)


ZONES = sorted(available_timezones() - {"localtime"})


@given(st.sampled_from(ZONES), st.dates(date(2020, 1, 1), date(2035, 1, 1)), st.times())
def test_a_local_time_lies_on_its_own_day_wherever_clocks_change(zone: str, on: date, at: time) -> None:
    known, at = ZoneInfo(zone), at.replace(fold=0)
    found = local_moment(on, at, known)
    assert local_day(found, known) == on
    assert next_at(found, at, known) == found


AUTUMN_NIGHT = [
    # New York, 1 November 2026, when 01:00 to 02:00 is there twice; inconvenient from 22:00 to 01:30
    ("05:29", "05:30"),  # the first 01:29
    ("05:30", None),
    ("05:59", None),
    ("06:00", "06:30"),  # the second 01:00
    ("06:29", "06:30"),
    ("06:30", None),
]


@pytest.mark.parametrize(("at", "until"), AUTUMN_NIGHT)
def test_inconvenient_hours_that_come_twice_are_kept_twice(at: str, until: str | None) -> None:
    profile = Profile(
        title="", applies=(), does_not_apply=(), inconvenient=Rule(rule="NIGHT", source="a request")
    )
    asked = Standing(inconvenient=(Inconvenient(time(22), time(1, 30)),))
    new_york = ZoneInfo("America/New_York")
    case = Case(Proposal(moment(f"2026-11-01T{at}"), "email"), standing=asked, zones=(new_york,))
    expected = moment(f"2026-11-01T{until}") if until else case.at
    assert first_allowed([profile], case) == expected


@on_sqlite
def test_a_promise_is_judged_at_midnight_of_the_debtor_across_the_change(story: Story) -> None:
    story.open(country="US", timezone="America/New_York")
    story.invoice("INV-1", due="2026-01-10")
    story.at("2026-03-05")
    story.promise("100.00", by="2026-03-05")
    # Grace: Friday the 6th; posting lag: Monday the 9th. Clocks went forward on the 8th: midnight at 04:00.
    assert story.account.promises["promise"].terms.judge_at == moment("2026-03-10T04:00")
    story.tick("2026-03-10T03:59")
    assert not [line for line in story.decisions() if "Promise" in line]
    story.tick("2026-03-10T04:00")
    assert [line.split()[1] for line in story.decisions() if "Promise" in line] == ["PromiseBroken"]


@on_sqlite
@pytest.mark.parametrize(
    ("roll", "deadline"),
    [("none", "2026-02-28"), ("following", "2026-03-02"), ("modified-following", "2026-02-27")],
)
def test_the_day_promised_rolls_as_the_policy_says(story: Story, roll: str, deadline: str) -> None:
    calendar = f'[calendar]\nroll = "{roll}"\n\n[contact]'
    no_grace = ("grace_business_days = 1", "grace_business_days = 0")
    story.publish(shipped("notice-calls-agency", ("[contact]", calendar), no_grace))
    story.invoice("INV-1", due="2026-01-10")
    story.at("2026-02-10")
    story.promise("100.00", by="2026-02-28")  # a Saturday
    assert story.account.promises["promise"].terms.deadline == day(deadline)


def test_moments_are_utc() -> None:
    assert local_moment(day("2026-07-01"), time(9), ZoneInfo("Asia/Tokyo")) == datetime(
        2026, 7, 1, tzinfo=UTC
    )


# --- the due date of an invoice ---------------------------------------------------------------------------


def test_an_invoice_is_due_by_day_terms_or_policy(story: Story) -> None:
    calendar = 'payment_terms = "net 30 EOM"\n\n[calendar]\nroll = "following"\n\n[contact]'
    story.open(country="DE")
    story.invoice("INV-1", due="2026-01-10")
    given: dict[str, Any] = {"invoice": "INV", "issued_on": day("2026-01-05")}
    policies = story.book.engine.policies()
    with pytest.raises(DueDateMissing):
        due_date(policies, story.account, story.now, due_on=None, terms=None, **given)
    story.publish(shipped("notice-calls-agency", ("[contact]", calendar)))
    policies = story.book.engine.policies()
    for due_on, terms, expected in (
        (None, None, "2026-03-02"),
        (None, "net 40", "2026-02-16"),  # day 40 is Saturday the 14th
        ("2026-02-14", None, "2026-02-14"),
        ("2026-02-16", "net 40", "2026-02-16"),
    ):
        on = day(due_on) if due_on else None
        found = due_date(policies, story.account, story.now, due_on=on, terms=terms, **given)
        assert found == day(expected)
    with pytest.raises(DueDateDiffers, match="'net 40' make it due 2026-02-16"):
        due_date(policies, story.account, story.now, due_on=day("2026-02-14"), terms="net 40", **given)
    known: dict[str, Any] = {"invoice": "INV-1", "issued_on": day("2026-01-01")}
    found = due_date(policies, story.account, story.now, due_on=None, terms=None, **known)
    assert found == day("2026-01-10")
