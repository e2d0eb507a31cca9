"""Stories of interest: charged on its days, set right when news comes late, and never demanded by itself."""

from decimal import Decimal

import pytest

from engine.domain.decisions.items import correct_invoice
from engine.domain.facts.items import FeeCharged, InterestAdjusted, InterestCharged
from policies.interest.on_demand import charge_now, receive
from policies.interest.rates import RateUnknown
from tests.replays import controlled, supposed
from tests.stories import Story, day, on_sqlite

pytestmark = on_sqlite
CHARGES = ("InterestCharged", "InterestAdjusted", "FeeCharged")
POLICY = """
name = "house"
{top}
[contact]
unknown_zone = "book"
[interest]
{interest}
{more}
[[steps]]
id = "letter"
days_past_due = 10
remind = {{ channel = "letter", template = "a-letter" }}
"""


def house(interest: str, top: str = "", more: str = "") -> str:
    return POLICY.format(interest=interest, top=top, more=more)


def follow(story: Story, document: str, kind: str = "business") -> None:
    story.publish(document, "2026-01-01")
    story.open(kind=kind)
    story.follow("house")


def charged(story: Story) -> list[str]:
    """One line for each charge: the day, the kind, the amount, and for which days."""
    lines = []
    for fact, why in story.decided(*CHARGES):
        assert isinstance(fact, InterestCharged | InterestAdjusted | FeeCharged)
        days = f" {fact.after} {fact.until}" if isinstance(fact, InterestCharged) else ""
        lines.append(f"{why.due_at:%Y-%m-%d} {fact.TOPIC} {fact.amount}{days}")
    return lines


def test_interest_is_charged_on_its_day_for_the_days_before_and_follows_what_is_paid(story: Story) -> None:
    """12% of 1,000 is 0.328767 a day; the day on which 400 come still bears interest on 1,000."""
    follow(story, house("rate = 12"))
    story.invoice("INV-1", "1000.00", due="2026-01-15")
    story.until("2026-02-10")
    story.pay("400.00", "INV-1")
    story.until("2026-03-02")

    assert charged(story) == [
        "2026-02-01 InterestCharged 5.26 2026-01-15 2026-01-31",
        "2026-03-01 InterestCharged 6.84 2026-01-31 2026-02-28",
    ]
    [last] = [fact for fact, _ in story.decided("InterestCharged")][1:]
    assert isinstance(last, InterestCharged)
    assert [(one.days, one.principal) for one in last.days] == [(10, Decimal(1000)), (18, Decimal(600))]
    assert controlled(story.book).differences.count == 0


@pytest.mark.parametrize(
    ("schedule", "days"),
    [
        ("daily", ["2026-01-17", "2026-01-18", "2026-01-19"]),
        ("weekly", ["2026-01-19"]),
        ("monthly", []),
        ("half-yearly", []),
        ("on-demand", []),
    ],
)
def test_the_schedule_says_on_which_days_it_is_charged(story: Story, schedule: str, days: list[str]) -> None:
    follow(story, house(f'rate = 36.5\nschedule = "{schedule}"'))
    story.invoice("INV-1", "1000.00", due="2026-01-15")
    story.until("2026-01-20", hours=(0,))
    assert [line[:10] for line in charged(story) if line[:10] < "2026-01-20"] == days


def test_the_anchor_day_of_a_short_month_is_its_last(story: Story) -> None:
    follow(story, house("rate = 36.5\non_day = 31"))
    story.invoice("INV-1", "1000.00", due="2026-01-30")
    story.until("2026-03-31")
    assert charged(story) == [
        "2026-02-28 InterestCharged 28.00 2026-01-30 2026-02-27",
        "2026-03-31 InterestCharged 31.00 2026-02-27 2026-03-30",
    ]


def test_a_late_wake_up_charges_each_day_as_at_its_own_moment(story: Story) -> None:
    follow(story, house("rate = 36.5"))
    story.invoice("INV-1", "1000.00", due="2026-01-15")
    story.tick("2026-04-20")
    assert charged(story) == [
        "2026-02-01 InterestCharged 16.00 2026-01-15 2026-01-31",
        "2026-03-01 InterestCharged 28.00 2026-01-31 2026-02-28",
        "2026-04-01 InterestCharged 31.00 2026-02-28 2026-03-31",
    ]


def test_a_payment_recorded_late_is_set_right_on_the_next_day_of_the_schedule(story: Story) -> None:
    """Of 16.00 for January, 11 days on 1,000 too much were 11.00; what was paid of it is unapplied."""
    follow(story, house("rate = 36.5"))
    story.invoice("INV-1", "1000.00", due="2026-01-15")
    story.until("2026-02-05")
    story.pay("12.00", "INV-1/interest/2026-01-31")
    story.pay("1000.00", "INV-1", on="2026-01-20")
    story.until("2026-03-02")

    assert charged(story)[1:] == ["2026-03-01 InterestAdjusted -11.00"]
    [(adjusted, _)] = story.decided("InterestAdjusted")
    assert isinstance(adjusted, InterestAdjusted)
    [period] = adjusted.periods
    assert (period.after, period.until) == (day("2026-01-15"), day("2026-01-31"))
    assert (period.charged, period.comes_to) == (Decimal("16.00"), Decimal("5.00"))
    assert story.account.unapplied["EUR"] == 7
    assert story.account.balance["EUR"] == -7
    assert not story.account.to_settle
    story.until("2026-04-02")
    assert len(charged(story)) == 2
    assert controlled(story.book).differences.count == 0


def test_a_bounced_payment_bears_interest_from_the_day_it_was_taken_back(story: Story) -> None:
    follow(story, house("rate = 36.5"))
    story.invoice("INV-1", "1000.00", due="2026-01-15")
    story.until("2026-01-20")
    story.pay("1000.00", payment="P")
    story.until("2026-02-10")
    story.bounce("P")
    story.until("2026-03-02")
    assert charged(story) == [
        "2026-02-01 InterestCharged 5.00 2026-01-15 2026-01-31",
        "2026-03-01 InterestCharged 18.00 2026-01-31 2026-02-28",
    ]


def test_a_correction_from_the_beginning_raises_what_was_charged(story: Story) -> None:
    follow(story, house("rate = 36.5"))
    story.invoice("INV-1", "1000.00", due="2026-01-15")
    story.until("2026-02-03")
    story._do(correct_invoice, invoice="INV-1", effective_on=day("2026-01-01"), amount=Decimal(2000))
    story.until("2026-03-01")
    assert charged(story)[1:] == [
        "2026-03-01 InterestAdjusted 16.00",
        "2026-03-01 InterestCharged 56.00 2026-01-31 2026-02-28",
    ]


@pytest.mark.parametrize(
    ("rules", "amounts"),
    [
        ("rate = 36.5", ["16.00", "28.00"]),
        ("rate = 36.5\ngrace_days = 5", ["11.00", "28.00"]),
        ("rate = 36.5\ncap_percent = 2", ["16.00", "4.00"]),
        ("rate = 36.5\ncap_amount = 10", ["10.00"]),
        ("rate = 36.5\nminimum = 20", ["44.00"]),
        ('rate = 36.5\nmethod = "compounding"', ["16.00", "28.45"]),
        ('rate = 36.5\nmethod = "compounding"\nminimum = 20', ["44.00"]),  # what is not charged bears none
        ('rate = 36\nday_count = "30/360"', ["16.00", "27.00"]),
        ('rate = 36\nday_count = "30E/360"', ["15.00", "28.00"]),
        ("tiers = [{ from = 0, rate = 36.5 }, { from = 500, rate = 73 }]", ["24.00", "42.00"]),
        ('tiers_by = "days"\ntiers = [{ from = 0, rate = 0 }, { from = 17, rate = 36.5 }]', ["28.00"]),
        ('rate = 36.5\nwho = ["consumer"]', []),
        ("rate = 36.5\nlongest_term_days = 5", ["25.00", "28.00"]),
    ],
)
def test_rules_of_interest(story: Story, rules: str, amounts: list[str]) -> None:
    follow(story, house(rules))
    story.invoice("INV-1", "1000.00", due="2026-01-15")
    story.until("2026-03-02")
    assert [line.split()[2] for line in charged(story)] == amounts


def test_compensation_goes_by_the_size_of_the_debt_once_and_falls_away_if_it_was_paid_in_time(
    story: Story,
) -> None:
    follow(story, house("rate = 36.5", more='[fees]\ncompensation = "eu"'))
    story.invoice("INV-1", "1000.00", due="2026-01-15")
    story.until("2026-01-20")
    assert charged(story) == ["2026-01-16 FeeCharged 40.00"]
    story.pay("1000.00", "INV-1", on="2026-01-14")
    story.until("2026-03-02")
    assert charged(story) == ["2026-01-16 FeeCharged 40.00", "2026-01-16 InterestAdjusted -40.00"]
    assert story.account.balance["EUR"] == 0
    assert controlled(story.book).differences.count == 0


def test_charges_get_no_reminder_of_their_own_unless_the_policy_says_so(story: Story) -> None:
    follow(story, house("rate = 36.5", more='[fees]\ncompensation = "eu"'))
    story.invoice("INV-1", "1000.00", due="2026-01-15")
    story.until("2026-01-20")
    story.pay("1000.00", "INV-1")
    story.until("2026-03-10")
    assert story.contacts() == []
    assert story.account.balance["EUR"] == 45
    story.publish(house("rate = 36.5", top="charges_climb = true", more='[fees]\ncompensation = "eu"'))
    story.until("2026-03-12")
    assert [line.split()[1] for line in story.contacts()] == ["ReminderIssued"]


def test_a_hold_that_stops_interest_stops_it_for_its_days(story: Story) -> None:
    follow(story, house("rate = 36.5"))
    story.invoice("INV-1", "1000.00", due="2026-01-15")
    story.until("2026-01-20")
    story.hold("INV-1", until="2026-01-25")
    story.until("2026-02-02")
    assert charged(story) == ["2026-02-01 InterestCharged 11.00 2026-01-15 2026-01-31"]


TABLE = """[rates.mine]
source = "a test"
known_until = {until}
changes = [{{ since = 2025-01-01, percent = 28.5 }}]
"""


def test_an_unknown_rate_is_not_guessed_and_a_newer_table_charges_the_days_that_waited(story: Story) -> None:
    rules = 'reference = "mine"\nmargin = 8'
    follow(story, house(rules, more=TABLE.format(until="2026-01-31")))
    story.invoice("INV-1", "1000.00", due="2026-01-15")
    story.until("2026-03-02")
    assert charged(story) == ["2026-02-01 InterestCharged 16.00 2026-01-15 2026-01-31"]
    [withheld] = story.decisions("StepWithheld")
    assert withheld == "2026-03-01 StepWithheld interest INV-1 rate_unknown"
    with pytest.raises(RateUnknown, match=r"not known for 2026-02-01.*\[rates.mine\]"):
        demand(story, "2026-02-15")

    story.publish(house(rules, more=TABLE.format(until="2026-12-31")))
    story.until("2026-04-02")
    assert charged(story)[1:] == ["2026-04-01 InterestCharged 59.00 2026-01-31 2026-03-31"]
    assert controlled(story.book).differences.count == 0


def demand(story: Story, until: str) -> None:
    story._execute(lambda account, policies: charge_now(
        account, policies, until=day(until), on=story.today, at=story.now
    ))  # fmt: skip


def test_interest_on_demand_is_charged_once_and_the_schedule_goes_on_from_there(story: Story) -> None:
    follow(story, house("rate = 36.5", more='[fees]\ncompensation = "eu"\non_demand = true'))
    story.invoice("INV-1", "1000.00", due="2026-01-15")
    story.until("2026-01-20")
    demand(story, "2026-01-20")
    demand(story, "2026-01-20")
    assert sorted(story.account.open_items) == [
        "INV-1", "INV-1/compensation/2026-01-16", "INV-1/interest/2026-01-20",
    ]  # fmt: skip
    story.until("2026-02-02")
    assert charged(story) == ["2026-02-01 InterestCharged 11.00 2026-01-20 2026-01-31"]
    assert controlled(story.book).differences.count == 0


def paid(story: Story, amount: str, *invoices: str) -> dict[str, Decimal]:
    """What a payment received today goes to, by the policy's order."""
    story._execute(lambda account, policies: receive(
        account, policies, story.now, payment="P", amount=Decimal(amount), currency="EUR",
        received_on=story.today, designated=invoices,
    ))  # fmt: skip
    return story.account.receipts["P"].allocated


FEE_1, FEE_2 = "INV-1/compensation/2026-01-16", "INV-2/compensation/2026-01-21"
INTEREST_1, INTEREST_2 = "INV-1/interest/2026-01-31", "INV-2/interest/2026-01-31"
ORDERS: list[tuple[str, tuple[str, ...], dict[str, str]]] = [
    ("oldest-first", (), {"INV-1": "100.00", FEE_1: "40.00", "INV-2": "10.00"}),
    ("oldest-first", ("INV-2",), {"INV-2": "100.00"}),
    ("costs-interest-principal", (), {FEE_1: "40.00", INTEREST_1: "1.60", "INV-1": "100.00", FEE_2: "8.40"}),
    ("costs-interest-principal", ("INV-2",), {FEE_2: "40.00", INTEREST_2: "1.10", "INV-2": "100.00"}),
    ("costs-interest-principal", (INTEREST_2,), {INTEREST_2: "1.10"}),
    ("principal-first", (), {"INV-1": "100.00", "INV-2": "50.00"}),
    ("us-rule", (), {
        INTEREST_1: "1.60", INTEREST_2: "1.10", "INV-1/interest/2026-02-03": "0.30",
        "INV-2/interest/2026-02-03": "0.30", "INV-1": "100.00", "INV-2": "46.70",
    }),
    ("bgb-366", (), {"INV-1": "100.00", FEE_1: "40.00", "INV-2": "10.00"}),
]  # fmt: skip


@pytest.mark.parametrize(("order", "named", "shares"), ORDERS)
def test_money_is_set_against_what_is_owed_in_the_order_of_the_policy(
    story: Story, order: str, named: tuple[str, ...], shares: dict[str, str]
) -> None:
    """Both invoices are of 100 at 0.10 a day, with 40 compensation, and interest of January charged."""
    top, more = f'allocation = "{order}"', '[fees]\ncompensation = "eu"'
    follow(story, house("rate = 36.5", top=top, more=more))
    story.invoice("INV-1", due="2026-01-15")
    story.invoice("INV-2", due="2026-01-20")
    story.until("2026-02-03")
    assert paid(story, "150.00", *named) == {name: Decimal(part) for name, part in shares.items()}


def test_under_another_policy_interest_is_decided_again_and_money_finds_other_items(story: Story) -> None:
    """The payment named a charge that the other policy does not make: it stays unapplied there."""
    follow(story, house("rate = 36.5"))
    story.invoice("INV-1", "1000.00", due="2026-01-15")
    story.until("2026-02-02")
    story.pay("16.00", "INV-1/interest/2026-01-31")
    story.until("2026-02-20")
    story.pay("500.00")
    story.until("2026-03-02")

    same, _ = supposed(story, house("rate = 36.5"))
    assert same.changed.count == 0
    diff, replayed = supposed(
        story, house('rate = 73\nschedule = "half-yearly"', more='[fees]\ncompensation = "eu"')
    )
    assert [fact.TOPIC for fact in replayed.now if fact.TOPIC in CHARGES] == ["FeeCharged"]
    assert diff.then.charged_amount["InterestCharged", "EUR"] == 40
    assert diff.now.charged_amount["FeeCharged", "EUR"] == 40
    diff, _ = supposed(story, house("rate = 73"))
    assert diff.now.charged_amount["InterestCharged", "EUR"] == 80
