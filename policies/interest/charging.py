"""Decisions on interest and compensation: what is charged on the schedule, and what is set right afterwards.

Each charge is made as at its own moment. What an invoice bears is always worked out from its beginning; a
charge is what that comes to by its last day, less what it comes to by the last day charged before, so that
the parts make the whole to the cent.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from engine.domain.account import Account, Borne, Item
from engine.domain.decisions.charges import lowered
from engine.domain.facts.base import Because, Fact
from engine.domain.facts.contacts import StepWithheld
from engine.domain.facts.items import (
    AdjustedPeriod,
    InterestAdjusted,
    InterestCharged,
    InterestDays,
)
from engine.domain.money import ZERO
from engine.domain.settling import settlement_of
from policies.because import because, by, decision_id
from policies.calendar import local_day
from policies.interest.accrual import Stretch
from policies.interest.bearing import Accrued, Bearing, bears_after
from policies.interest.compensation import compensation, next_compensation
from policies.interest.rates import RateUnknown
from policies.interest.terms import Terms
from policies.view import View

INTEREST = "interest"
ONE_DAY = timedelta(1)
INSTANT = timedelta(microseconds=1)
LONGEST_INTERVAL_DAYS = 190
"""Longer than any interval between two days of a schedule."""
SHOWN = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Charging:
    """What an invoice is to be charged by the end of a day: `new` for days not charged yet; `periods` are
    those charged before that come to something else by now."""

    item: Item
    after: date
    until: date
    new: Decimal
    stretches: tuple[Stretch, ...]
    periods: tuple[AdjustedPeriod, ...]

    @property
    def days(self) -> tuple[InterestDays, ...]:
        """The days not charged yet, with principal, rate and source."""
        return tuple(_shown(one) for one in self.stretches if one.after >= self.after)

    @property
    def days_adjusted(self) -> tuple[InterestDays, ...]:
        """The days of the periods that come to something else, as they are worked out now."""
        return tuple(
            _shown(one)
            for one in self.stretches
            if any(period.after <= one.after < period.until for period in self.periods)
        )

    @property
    def difference(self) -> Decimal:
        """By how much what was charged changes."""
        return sum((period.comes_to - period.charged for period in self.periods), ZERO)


def _shown(one: Stretch) -> InterestDays:
    exact = Decimal(one.interest.numerator) / Decimal(one.interest.denominator)
    return InterestDays(
        after=one.after, until=one.until, days=one.days, principal=one.principal,
        rate_percent=one.rate_percent, day_count=one.day_count, source=one.source,
        interest=exact.quantize(SHOWN, ROUND_HALF_UP),
    )  # fmt: skip


def charging(bearing: Bearing, until: date, *, adjusting: bool) -> Charging:
    """What the invoice is to be charged by the end of that day, and, if adjusting, what was charged wrongly.

    Raises RateUnknown.
    """
    item, borne = bearing.item, bearing.account.interest.get(bearing.item.id)
    after = max(bears_after(item, bearing.terms), borne.until if borne else date.min)
    stale = borne if borne and adjusting and borne.stale_at is not None else None
    marks = sorted({after, *(stale.periods if stale else ())})
    whole = bearing.accrued(until, marks)
    new = whole.total(until) - whole.total(after) if after < until else ZERO
    periods = tuple(_wrong(whole, stale)) if stale else ()
    return Charging(item, after, until, new, whole.stretches, periods)


def _wrong(whole: Accrued, borne: Borne) -> Iterator[AdjustedPeriod]:
    """The periods charged that come to something else now; what came before the first counts with it."""
    so_far = ZERO
    for until in sorted(borne.periods):
        after, charged = borne.periods[until]
        total = whole.total(until)
        if total - so_far != charged:
            yield AdjustedPeriod(after=after, until=until, charged=charged, comes_to=total - so_far)
        so_far = total


# --- what is due ------------------------------------------------------------------------------------------


def interest(view: View) -> list[Fact]:
    """All that is to be charged before the next day of the schedule, in order; the rest is the next turn's.

    Before that day no invoice is charged twice, so that each is looked at once for what it is charged.
    """
    if not _charges_anything(view.terms):
        return []
    due: dict[datetime, list[Fact]] = {}
    for item in _bearing(view.account):
        found = _first_due(view, item)
        if found is not None:
            due.setdefault(found[0], []).extend(found[1])
    if not due:
        return []
    first, end = min(due), _next_scheduled(view, min(due))
    moments = sorted(moment for moment in due if moment == first or end is None or moment < end)
    return [fact for moment in moments for fact in due[moment]]


def _next_scheduled(view: View, after: datetime) -> datetime | None:
    """The first moment after this one at which interest is charged by schedule."""
    day = local_day(after, view.zone)
    days = view.terms.schedule(day, day + LONGEST_INTERVAL_DAYS * ONE_DAY)
    return next((at for day in days if (at := view.terms.begins(day)) > after), None)


def _charges_anything(terms: Terms) -> bool:
    return any(span.interest or span.fees for span in terms.spans)


def _bearing(account: Account) -> Iterator[Item]:
    """The invoices that may be charged something: the open ones, and closed ones not settled yet.

    A settlement is for all that an invoice costs: while it is pending nothing more is charged, and where it
    is not kept all that was left out.
    """
    closed = (account.closed_items.get(name) for name in sorted(account.to_settle))
    for item in (*account.open_items.values(), *filter(None, closed)):
        if item.kind == "invoice" and settlement_of(account, item.id) is None:
            yield item


def _first_due(view: View, item: Item) -> tuple[datetime, list[Fact]] | None:
    """The first moment at which something is to be charged for the invoice, and what."""
    if bears_after(item, view.terms) >= view.today:
        return None
    found = [one for one in (compensation(view, item), _interest(view, item)) if one is not None]
    if len(found) == 2 and found[0][0] == found[1][0]:
        return found[0][0], [*found[0][1], *found[1][1]]
    return min(found, key=lambda one: one[0], default=None)


def _may_be_charged(view: View, item: Item, due_at: datetime) -> bool:
    """Nothing is charged as at a moment before it could be known, or before the policy or go-live."""
    live_on = view.account.live_on
    if live_on is not None and local_day(due_at, view.zone) < live_on:
        return False
    return due_at >= item.known_at and due_at >= view.in_force.since


def _interest(view: View, item: Item) -> tuple[datetime, list[Fact]] | None:
    days = [day for day in _schedule(view, item) if _may_be_charged(view, item, view.terms.begins(day))]
    if not days:
        return None
    bearing = Bearing(view.account, item, view.terms)
    try:
        return _first_charge(view, bearing, days)
    except RateUnknown as unknown:
        return _withheld(view, item, unknown, view.terms.begins(days[0]))


def _first_charge(view: View, bearing: Bearing, days: Sequence[date]) -> tuple[datetime, list[Fact]] | None:
    if _comes_to_nothing(view, bearing, days[-1]):
        return None
    for day in days:
        found = _charging_on(view, bearing, day)
        if _is_due(view, found, day):
            due_at = view.terms.begins(day)
            return due_at, _charged(view, found, due_at)
    return None


def _charging_on(view: View, bearing: Bearing, day: date) -> Charging:
    adjusting = _may_adjust(view, bearing.item, view.terms.begins(day))
    return charging(bearing, day - ONE_DAY, adjusting=adjusting)


def _comes_to_nothing(view: View, bearing: Bearing, last: date) -> bool:
    """Whether nothing is due by that day, and so on no day before: interest only grows. An invoice at its cap
    would otherwise be looked at for every day since."""
    try:
        found = _charging_on(view, bearing, last)
    except RateUnknown:
        return False
    grows = all(one.interest >= 0 for one in found.stretches)
    return grows and not found.periods and found.new == ZERO


def _may_adjust(view: View, item: Item, due_at: datetime) -> bool:
    """What was learnt after a moment is not set right as at that moment."""
    borne = view.account.interest.get(item.id)
    return borne is not None and borne.stale_at is not None and due_at >= borne.stale_at


def _schedule(view: View, item: Item) -> Iterable[date]:
    """The days up to today on which the invoice is charged for days not charged yet."""
    borne = view.account.interest.get(item.id)
    after = max(bears_after(item, view.terms), borne.until if borne else date.min)
    return view.terms.schedule(after + 2 * ONE_DAY, view.today)


def _is_due(view: View, found: Charging, day: date) -> bool:
    rules = view.terms.on(day).interest
    least = rules.minimum if rules is not None else ZERO
    return bool(found.periods) or (found.new > ZERO and found.new >= least)


def _withheld(
    view: View, item: Item, unknown: RateUnknown, due_at: datetime
) -> tuple[datetime, list[Fact]] | None:
    """A rate that is not known is no charge but a reason, stored once."""
    reference = f"{unknown.data['rate']} known until {unknown.data['known_until']}"
    if (item.id, item.cycle, INTEREST, "rate_unknown", reference) in view.account.withheld:
        return None
    decision = decision_id(view, INTEREST, [f"{item.id}#{item.cycle}"], due_at, "rate_unknown", reference)
    figures = {"rate": unknown.data["rate"], "needed for": unknown.data["on"]}
    return due_at, [StepWithheld(
        step=INTEREST, items=(item.id,), cycle=item.cycle, reason="rate_unknown", reference=reference,
        by=by(view), because=because(view, INTEREST, due_at, decision, figures),
    )]  # fmt: skip


# --- charged ----------------------------------------------------------------------------------------------


def _charged(view: View, found: Charging, due_at: datetime) -> list[Fact]:
    decision = decision_id(view, INTEREST, [found.item.id], due_at)
    why = because(view, INTEREST, due_at, decision, _figures(found))
    day = local_day(due_at, view.zone)
    rules = view.terms.on(day).interest
    due_on = day + timedelta(rules.due_days if rules else 0)
    facts = charges(view.account, found, day, due_on)
    return [
        fact.model_copy(update={"by": by(view), "because": _numbered(why, n)}) for n, fact in enumerate(facts)
    ]


def _numbered(why: Because, number: int) -> Because:
    return why if number == 0 else why.model_copy(update={"id": f"{why.id}/{number}"})


def charges(
    account: Account, found: Charging, charged_on: date, due_on: date
) -> list[InterestCharged | InterestAdjusted]:
    """The charge for new days and the adjustment of those charged before, as facts of that day.

    Their numbers say what they are for, and are the same whoever charges them.
    """
    item, facts = found.item, list[InterestCharged | InterestAdjusted]()
    if found.periods:
        borne, difference = account.interest[item.id], found.difference
        facts.append(InterestAdjusted(
            adjustment=f"{item.id}/interest-adjustment/{charged_on}/{len(borne.charges)}",
            invoice=item.id, amount=difference, currency=item.currency,
            adjusted_on=charged_on, due_on=due_on, periods=found.periods, days=found.days_adjusted,
            lowered=lowered(account, borne.charges, max(ZERO, -difference), charged_on),
        ))  # fmt: skip
    if found.new > ZERO:
        facts.append(InterestCharged(
            charge=f"{item.id}/interest/{found.until}", amount=found.new, currency=item.currency,
            charged_on=charged_on, due_on=due_on, invoice=item.id, after=found.after, until=found.until,
            days=found.days,
        ))  # fmt: skip
    return facts


def _figures(found: Charging) -> dict[str, object]:
    """What the charge rests on, stretch by stretch."""
    item = found.item
    figures: dict[str, object] = {"invoice": item.id, "due on": item.due_on}
    if found.new > ZERO:
        figures |= {"interest from": found.after + ONE_DAY, "interest to": found.until}
    for one in (*found.days_adjusted, *found.days):
        figures[f"{one.after + ONE_DAY} to {one.until}"] = (
            f"{one.principal} {item.currency} at {one.rate_percent}% ({one.source}), "
            f"{one.days} days {one.day_count}: {one.interest}"
        )
    for period in found.periods:
        figures[f"charged for {period.after + ONE_DAY} to {period.until}"] = (
            f"{period.charged}, comes to {period.comes_to}"
        )
    return figures


# --- when -------------------------------------------------------------------------------------------------


def next_charge(view: View) -> datetime | None:
    """The next moment after `view.at` at which an invoice may be charged something; it may be early."""
    if not _charges_anything(view.terms):
        return None
    moments = [next_compensation(view, item) for item in _bearing(view.account) if item.closed_on is None]
    begins = (bears_after(item, view.terms) for item in _bearing(view.account))
    overdue_from = min(begins, default=None)
    if overdue_from is not None:
        earliest = view.terms.begins(overdue_from + 2 * ONE_DAY) - INSTANT
        moments.append(_next_scheduled(view, max(view.at, earliest)))
    return min((moment for moment in moments if moment is not None), default=None)
