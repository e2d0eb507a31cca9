"""Which rules on interest and fees held for an account on which day, and the days on which it is charged."""

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.domain.account import Account
from policies.book import ALWAYS, PolicyBook
from policies.calendar import local_day, local_moment, next_at
from policies.document import Policy
from policies.interest.rates import RateTable
from policies.interest.rules import Fees, Interest

ONE_DAY = timedelta(1)
MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `first` up to and including `last` under the same rules; None: nothing is charged."""

    first: date
    last: date
    interest: Interest | None
    fees: Fees | None
    rates: dict[str, RateTable]


@dataclass(frozen=True, slots=True)
class Terms:
    """The rules of an account by days. A rule holds for a day if it is in force when the day begins where the
    debtor is; reference rates are those of the newest table, since rates are facts and not rules."""

    spans: tuple[Span, ...]
    zone: ZoneInfo

    def on(self, day: date) -> Span:
        """The rules of that day."""
        return self.spans[bisect_right(self.spans, day, key=lambda span: span.first) - 1]

    def between(self, first: date, last: date) -> Iterator[tuple[date, date, Span]]:
        """The parts of these days, each with its rules."""
        for span in self.spans:
            if span.first <= last and first <= span.last:
                yield max(first, span.first), min(last, span.last), span

    def schedule(self, first: date, last: date) -> Iterator[date]:
        """The days among these on which interest up to the day before is charged."""
        for start, end, span in self.between(first, last):
            if span.interest is not None:
                yield from _schedule(span.interest, start, end)

    def begins(self, day: date) -> datetime:
        """The moment at which that day begins where the debtor is."""
        return local_moment(day, MIDNIGHT, self.zone)


def terms(account: Account, book: PolicyBook, zone: ZoneInfo) -> Terms:
    """The account's rules, from the first version on to those not yet in force."""
    found: list[tuple[date, Policy | None]] = []
    at: datetime | None = ALWAYS
    while at is not None:
        found.append((_first_day(at, zone), _policy(account, book, at)))
        at = book.next_change(account, at)
    rates = _newest(policy for _, policy in found if policy is not None)
    ends = [*(first - ONE_DAY for first, _ in found[1:]), date.max]
    spans = (
        _span(account, first, last, policy, rates) for (first, policy), last in zip(found, ends, strict=True)
    )
    return Terms(tuple(span for span in spans if span.first <= span.last), zone)


def _first_day(at: datetime, zone: ZoneInfo) -> date:
    return date.min if at == ALWAYS else local_day(next_at(at, MIDNIGHT, zone), zone)


def _policy(account: Account, book: PolicyBook, at: datetime) -> Policy | None:
    """What held then; the segment a payer has got into since then says nothing of the time before."""
    if not book.has_policy(account, at):
        return None
    in_force = book.in_force(account, at)
    return in_force.policy if in_force.since <= at else in_force.base


def _newest(policies: Iterable[Policy]) -> dict[str, RateTable]:
    newest: dict[str, RateTable] = {}
    for policy in policies:
        for name, table in policy.rates.items():
            if name not in newest or table.known_until >= newest[name].known_until:
                newest[name] = table
    return newest


def _span(
    account: Account, first: date, last: date, policy: Policy | None, rates: dict[str, RateTable]
) -> Span:
    interest = policy.interest if policy and _is_meant(policy.interest, account) else None
    fees = policy.fees if policy and _is_meant(policy.fees, account) else None
    return Span(first, last, interest, fees, rates)


def _is_meant(rules: Interest | Fees | None, account: Account) -> bool:
    return rules is not None and (rules.who is None or account.kind in rules.who)


def _schedule(rules: Interest, first: date, last: date) -> Iterator[date]:
    if rules.schedule in ("monthly", "half-yearly"):
        yield from (day for day in _by_month(rules, first, last) if first <= day <= last)
    elif rules.schedule != "on-demand":
        days = (first + timedelta(count) for count in range((last - first).days + 1))
        yield from (day for day in days if rules.schedule == "daily" or day.isoweekday() == rules.on_day)


def _by_month(rules: Interest, first: date, last: date) -> Iterator[date]:
    """The anchor day of each month, its last day where the month is shorter; or each 1 January and 1 July."""
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        year, month = number // 12, number % 12 + 1
        if rules.schedule == "monthly":
            yield date(year, month, min(rules.on_day, monthrange(year, month)[1]))
        elif month in (1, 7):
            yield date(year, month, 1)
