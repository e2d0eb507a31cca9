"""The interest that one invoice bears up to a day: over its payments, its rules and its reference rates."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import accumulate, pairwise

from engine.domain.account import Account, Item
from engine.domain.facts.stops import Effect
from engine.domain.money import ZERO
from policies.interest.accrual import Stretch, rounded, slices, stretch
from policies.interest.rates import RateTable
from policies.interest.rules import Interest
from policies.interest.statutory import half_year_start, half_years_between, uk_reference_date
from policies.interest.terms import Span, Terms

ONE_DAY = timedelta(1)
NOTHING = Fraction(0)


@dataclass(frozen=True, slots=True)
class Accrued:
    """What an invoice bears, by stretches; no more in all than `cap`, and rounded once."""

    stretches: tuple[Stretch, ...]
    cap: Fraction | None
    currency: str

    def total(self, until: date) -> Decimal:
        """What it comes to by the end of a day, on which a stretch must end where it is not the last."""
        exact = sum((one.interest for one in self.stretches if one.until <= until), NOTHING)
        return rounded(_capped(exact, self.cap), self.currency)


def _capped(exact: Fraction, cap: Fraction | None) -> Fraction:
    return exact if cap is None else min(exact, cap)


class Balance:
    """What is open of a sum of moves at the end of each day."""

    def __init__(self, moves: Iterable[tuple[date, Decimal]]) -> None:
        moves = sorted(moves, key=lambda move: move[0])
        self.days = [on for on, _ in moves]
        self._sums = list(accumulate((amount for _, amount in moves), initial=ZERO))

    def at(self, end_of: date) -> Decimal:
        """The balance at the end of that day, never less than nothing."""
        return max(ZERO, self._sums[bisect_right(self.days, end_of)])


def starts_after(item: Item, grace_days: int, longest_term_days: int | None = None) -> date:
    """The last day without interest: the due date, or the end of a shorter term, and the days of grace."""
    due_on = item.due_on
    if longest_term_days is not None:
        due_on = min(due_on, item.issued_on + timedelta(longest_term_days))
    return due_on + timedelta(grace_days)


def bears_after(item: Item, terms: Terms) -> date:
    """The earliest day after which any of these rules may charge interest."""
    rules = [span.interest for span in terms.spans if span.interest is not None]
    return min([item.due_on, *(starts_after(item, 0, one.longest_term_days) for one in rules)])


def stopped(account: Account, item: Item, effect: Effect) -> list[tuple[date, date]]:
    """The days of holds that stop interest or fees, each from its first day to the first one free again."""
    return [
        (hold.days.start, hold.days.end or date.max)
        for hold in account.holds.values()
        if effect in hold.stops and (not hold.items or item.id in hold.items)
    ]


@dataclass
class Bearing:
    """One invoice of an account under its terms."""

    account: Account
    item: Item
    terms: Terms

    @cached_property
    def principal(self) -> Balance:
        return Balance(self.item.moves)

    @cached_property
    def _settled(self) -> Balance:
        """What came on interest that was charged on the invoice, and what of it was waived."""
        borne = self.account.interest.get(self.item.id)
        charges = (self.account.item(charge) for charge in (borne.charges if borne else ()))
        return Balance((on, -amount) for item in charges if item for on, amount in item.moves[1:])

    @cached_property
    def _stops(self) -> list[tuple[date, date]]:
        return stopped(self.account, self.item, "interest")

    def accrued(self, until: date, marked: Iterable[date] = ()) -> Accrued:
        """All interest up to the end of that day, in stretches none of which goes over a marked day.

        Raises RateUnknown.
        """
        stretches: list[Stretch] = []
        exact, capital = NOTHING, ZERO
        for span, after, end in self._days(until):
            assert span.interest is not None
            capitals = set(self._capitalised_on(span, after, end))
            for one_after, one_until in self._cut(span, after, end, {*marked, *capitals}):
                if one_after in capitals:
                    charged = rounded(_capped(exact, self.cap), self.item.currency)
                    capital = charged if charged - capital >= span.interest.minimum else capital
                base = self.principal.at(one_after)
                base += max(ZERO, capital - self._settled.at(one_after))
                if any(start <= one_until < free for start, free in self._stops):
                    continue
                for part in self._stretches(span, one_after, one_until, base):
                    stretches.append(part)
                    exact += part.interest
        return Accrued(tuple(stretches), self.cap, self.item.currency)

    @cached_property
    def cap(self) -> Fraction | None:
        """The most that all interest of the invoice may come to, by the last rules that hold for it."""
        spans = [span for span in self.terms.spans if span.interest and span.last > self.item.due_on]
        rules = spans[-1].interest if spans else None
        if rules is None:
            return None
        caps = [] if rules.cap_amount is None else [Fraction(rules.cap_amount)]
        if rules.cap_percent is not None:
            caps.append(Fraction(self.item.amount) * Fraction(rules.cap_percent) / 100)
        return min(caps, default=None)

    def _days(self, until: date) -> Iterator[tuple[Span, date, date]]:
        """The days that may bear interest, as (rules, day after which, last day)."""
        last = until if self.item.closed_on is None else min(until, self.principal.days[-1])
        for first, end, span in self.terms.between(bears_after(self.item, self.terms) + ONE_DAY, last):
            if span.interest is not None:
                after = max(first - ONE_DAY, self.start(span.interest))
                if after < end:
                    yield span, after, end

    def start(self, rules: Interest) -> date:
        """The day after which interest runs under these rules."""
        return starts_after(self.item, rules.grace_days, rules.longest_term_days)

    def _capitalised_on(self, span: Span, after: date, until: date) -> Iterator[date]:
        """The days at the end of which interest is added to what bears interest."""
        if span.interest and span.interest.method == "compounding":
            yield from (day - ONE_DAY for day in self.terms.schedule(after + ONE_DAY, until))

    def _cut(
        self, span: Span, after: date, until: date, marked: Iterable[date]
    ) -> Iterable[tuple[date, date]]:
        """The parts of some days in which nothing changes: principal, rate, capital, holds."""
        assert span.interest is not None
        cuts = {*self.principal.days, *_rate_changes(span, self.start(span.interest), after, until), *marked}
        if span.interest.method == "compounding":
            cuts.update(self._settled.days)
        cuts.update(day - ONE_DAY for stop in self._stops for day in stop)
        ends = sorted({day for day in cuts if after < day < until} | {until})
        return pairwise([after, *ends])

    def _stretches(self, span: Span, after: date, until: date, base: Decimal) -> Iterator[Stretch]:
        rules = span.interest
        if rules is None or base == ZERO:
            return
        anchor = self.start(rules)
        daily = self.item.currency if rules.rounding == "day" else None
        for principal, rate, source in _rates(rules, span.rates, anchor, after + ONE_DAY, base):
            yield stretch(anchor, after, until, principal, rate, rules.day_count, source, daily)


def _rates(
    rules: Interest, tables: dict[str, RateTable], anchor: date, day: date, base: Decimal
) -> list[tuple[Decimal, Decimal, str]]:
    """What bears interest on that day: principal, percent a year, and where the rate comes from."""
    if rules.reference is not None:
        read_on = _read_on(rules, anchor + ONE_DAY, day)
        reference = tables[rules.reference].on(rules.reference, read_on)
        source = f"{rules.reference} {reference} on {read_on} + {rules.margin}"
        return [(base, reference + rules.margin, source)]
    if rules.rate is not None:
        return [(base, rules.rate, "fixed rate")]
    if rules.tiers_by == "days":
        tier = [tier for tier in rules.tiers if tier.start <= (day - anchor).days][-1]
        return [(base, tier.rate, f"tier from day {tier.start}")]
    bands = [(tier.start, tier.rate) for tier in rules.tiers]
    return [(part, rate, "tier by principal") for part, rate in slices(base, bands)]


def _read_on(rules: Interest, interest_from: date, day: date) -> date:
    """The day whose reference rate holds for a day of interest."""
    if rules.fixing == "start":
        return uk_reference_date(interest_from)
    return half_year_start(day) if rules.fixing == "half-year" else day


def _rate_changes(span: Span, anchor: date, after: date, until: date) -> Sequence[date]:
    """The days at the end of which a rate ends."""
    rules = span.interest
    assert rules is not None
    if rules.tiers and rules.tiers_by == "days":
        return [anchor + timedelta(int(tier.start)) - ONE_DAY for tier in rules.tiers if tier.start >= 1]
    if rules.reference is None or rules.fixing == "start":
        return []
    if rules.fixing == "half-year":
        return [day - ONE_DAY for day in half_years_between(after, until)]
    table = span.rates[rules.reference]
    known_until = [table.known_until] if table.known_until < until else []
    return [*(day - ONE_DAY for day in table.changes_between(after, until)), *known_until]
