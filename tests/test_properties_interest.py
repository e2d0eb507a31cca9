"""Interest, whatever is paid and whenever it is recorded: parts make the whole, and order does not matter."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.accounts import Stamp, Work
from engine.domain.account import Account
from engine.domain.allocation import Debt, spread
from engine.domain.decisions.accounts import open_account
from engine.domain.decisions.items import raise_invoice
from engine.domain.decisions.payments import receive_payment, reverse_payment
from engine.domain.facts.base import Fact
from engine.domain.money import ZERO
from policies.due import decide, next_due_at
from policies.interest.accrual import rounded, stretch
from policies.interest.day_counts import year_fraction
from tests.rehearsals import policies

DUE = date(2026, 1, 15)
CONVENTIONS = ("ACT/365F", "ACT/ACT", "30/360", "30E/360")
PARTS = st.sampled_from(["invoice", "interest", "fee"])
days = st.dates(date(2023, 12, 28), date(2028, 3, 2))
DOCUMENT = """
name = "house"
[interest]
{interest}
[fees]
compensation = "eu"
[[steps]]
id = "nothing"
days_past_due = 3000
raise = {{ level = "manager" }}
"""
RULES = st.sampled_from([
    "rate = 11", 'rate = 36.5\nschedule = "weekly"', 'rate = 9\nday_count = "30/360"\non_day = 31',
    'rate = 70\nschedule = "daily"\ncap_percent = 5', 'rate = 20\nmethod = "compounding"',
    'tiers_by = "days"\ntiers = [{ from = 0, rate = 5 }, { from = 40, rate = 9 }]',
])  # fmt: skip


@given(st.sampled_from(CONVENTIONS), st.lists(days, min_size=3, max_size=6, unique=True))
def test_interest_split_at_any_day_makes_the_whole(convention: Any, cuts: list[date]) -> None:
    first, *rest = sorted(cuts)
    ends = [first, *rest]
    parts = [
        stretch(first, after, until, Decimal(1000), Decimal(7), convention, "")
        for after, until in zip(ends, rest, strict=False)
    ]
    whole = stretch(first, first, ends[-1], Decimal(1000), Decimal(7), convention, "")
    assert sum((part.interest for part in parts), Fraction(0)) == whole.interest
    assert whole.interest == 70 * year_fraction(convention, first, ends[-1])


@given(
    st.lists(st.tuples(PARTS, st.integers(0, 5000), days, st.booleans()), max_size=8),
    st.integers(1, 20_000),
    st.sampled_from(["oldest-first", "costs-interest-principal", "principal-first", "us-rule", "bgb-366"]),
)  # fmt: skip
def test_allocation_never_exceeds_what_is_open_nor_the_payment(
    owed: list[Any], minor: int, order: Any
) -> None:
    debts = [
        Debt(f"D-{n}", Decimal(open_).scaleb(-2), due, due, part, disputed=disputed)
        for n, (part, open_, due, disputed) in enumerate(owed)
    ]
    amount = Decimal(minor).scaleb(-2)
    shares = spread(amount, debts, order, "EUR", date(2026, 1, 1))
    payable = {debt.id: debt.open for debt in debts if not debt.disputed}
    assert len(dict(shares)) == len(shares)
    assert all(ZERO < part <= payable[name] for name, part in shares)
    assert sum((part for _, part in shares), ZERO) == min(amount, sum(payable.values(), ZERO))


class Life:
    """One account in memory under a policy, with one invoice of 1,000 due on 15 January 2026."""

    def __init__(self, interest: str) -> None:
        self.policies = policies(DOCUMENT.format(interest=interest), default="house")
        self.work = Work({"A": Account("A")})
        opened = open_account(self.account, number="A", opened_on=date(2026, 1, 1))
        self.record(opened, date(2026, 1, 1))
        self.record(raise_invoice(
            self.account, invoice="I", amount=Decimal(1000), currency="EUR", issued_on=date(2026, 1, 1),
            due_on=DUE,
        ), date(2026, 1, 1))  # fmt: skip

    @property
    def account(self) -> Account:
        return self.work.accounts["A"]

    def record(self, facts: list[Fact], on: date) -> None:
        self.work.record(
            self.account, facts, Stamp("a clerk", datetime(on.year, on.month, on.day, 10, tzinfo=UTC))
        )

    def wake(self, at: datetime) -> None:
        while facts := decide(self.account, self.policies, at):
            self.work.record(self.account, facts, Stamp("engine", at))

    def live_until(self, last: datetime) -> None:
        """Woken exactly when something is due."""
        at = self.work.accounts["A"].last_known_at
        while (due := next_due_at(self.account, self.policies, at)) is not None and due <= last:
            self.wake(due)
            at = due

    @property
    def charged(self) -> Decimal:
        borne = self.account.interest.get("I")
        return borne.charged if borne else ZERO

    def decisions(self) -> list[dict[str, Any]]:
        left_out = {"recorded_at", "known_at", "because"}
        return [
            fact.fact.model_dump(mode="json", exclude=left_out)
            for fact in self.work.staged
            if fact.fact.because
        ]


PAYMENTS = st.lists(
    st.tuples(st.integers(1, 90_000), st.integers(0, 150), st.integers(0, 150), st.booleans()), max_size=4
)
END = datetime(2026, 12, 1, 12, tzinfo=UTC)


@settings(max_examples=40, deadline=None)
@given(RULES, PAYMENTS)
def test_recorded_late_or_in_time_the_invoice_is_charged_the_same_in_the_end(
    interest: str, paid: list[Any]
) -> None:
    """Each payment is received on a day and recorded then or later; some bounce ten days after that."""
    if "compounding" in interest:
        # What is paid on interest is found by the order in which it was recorded.
        paid = [one for one in paid if one[2] == 0]
    lives = []
    for late in (True, False):
        life = Life(interest)
        for number, (minor, day, delay, bounces) in sorted(
            enumerate(paid), key=lambda one: one[1][1] + (one[1][2] if late else 0)
        ):
            received_on = DUE + timedelta(day)
            known_on = received_on + timedelta(delay if late else 0)
            life.live_until(datetime(known_on.year, known_on.month, known_on.day, 9, tzinfo=UTC))
            name = f"P-{number}"
            life.record(receive_payment(
                life.account, payment=name, amount=Decimal(minor).scaleb(-2), currency="EUR",
                received_on=received_on, designated=["I"],
            ), known_on)  # fmt: skip
            if bounces:
                life.record(
                    reverse_payment(life.account, payment=name, reversed_on=received_on + timedelta(10)),
                    known_on,
                )
            life.wake(datetime(known_on.year, known_on.month, known_on.day, 11, tzinfo=UTC))
        life.live_until(END)
        life.wake(END)
        lives.append(life)
    moves = [sorted(life.account.item("I").moves) for life in lives]  # type: ignore[union-attr]
    if moves[0] == moves[1]:
        assert lives[0].charged == lives[1].charged
    for life in lives:
        borne = life.account.interest.get("I")
        assert sum((amount for _, amount in borne.periods.values()), ZERO) == borne.charged if borne else True


@settings(max_examples=25, deadline=None)
@given(RULES, st.lists(st.integers(0, 400), min_size=1, max_size=12))
def test_late_and_repeated_wake_ups_make_the_same_charges(interest: str, hours: list[int]) -> None:
    timely, late = Life(interest), Life(interest)
    timely.live_until(END)
    for count in sorted(hours):
        at = datetime(2026, 1, 16, tzinfo=UTC) + timedelta(hours=19 * count)
        late.wake(min(at, END))
        late.wake(min(at, END))
    late.wake(END)
    assert late.decisions() == timely.decisions()


@given(st.integers(-10_000, 10_000), st.integers(1, 999))
def test_halves_are_rounded_away_from_zero_and_the_sum_is_never_off_by_more_than_a_half(
    numerator: int, denominator: int
) -> None:
    exact = Fraction(numerator, denominator)
    assert abs(Fraction(rounded(exact, "EUR")) - exact) <= Fraction(1, 200)
    assert rounded(-exact, "EUR") == -rounded(exact, "EUR")
