"""An account as its policy sees it at one moment: everything a step's evaluation shares, worked out once."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from functools import cached_property
from typing import cast
from zoneinfo import ZoneInfo

from engine.domain.account import Account, Days, Fired, Hold, Item, Promise
from engine.domain.facts.contacts import Channel
from engine.domain.facts.stops import Effect
from engine.domain.holding import days_stopped, hold_on
from engine.domain.money import ZERO
from engine.domain.permit import Refusal
from policies.alike import Alike, alike, one_by_one
from policies.book import InForce, PolicyBook
from policies.calendar import ONE_DAY, local_day, local_moment
from policies.contact_limits.case import Proposal
from policies.contact_limits.permits import profiles_of, refusal, within_hours
from policies.document import Policy, Step
from policies.interest.terms import Terms, terms

WRITTEN = ("letter", "email", "sms")
ELECTRONIC = ("email", "sms")


@dataclass
class View:
    """The account, the policy in force, the debtor's clock, and sums over its items, at `at`."""

    account: Account
    book: PolicyBook
    at: datetime
    in_force: InForce = field(init=False)
    policy: Policy = field(init=False)
    zone: ZoneInfo = field(init=False)
    send_at: time = field(init=False)
    order: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.in_force = self.book.in_force(self.account, self.at)
        self.policy = self.in_force.policy
        self.zone, _ = self.book.clock_of(self.account, self.policy.contact)
        self.send_at = self.policy.contact.send_at
        self.order = self.policy.order

    @cached_property
    def terms(self) -> Terms:
        """The rules on interest and fees, by days."""
        return terms(self.account, self.book, self.zone)

    @cached_property
    def today(self) -> date:
        """The debtor's date."""
        return local_day(self.at, self.zone)

    @cached_property
    def demand_day(self) -> date:
        """The day as of which money is demanded; it begins at the hour of contacts, not at midnight."""
        begun = self.at >= local_moment(self.today, self.send_at, self.zone)
        return self.today if begun else self.today - ONE_DAY

    def held_by(self, item: Item, *effects: Effect) -> Hold | None:
        """The hold that stops one of these for the item: from midnight on, and until the hour of contacts."""
        if not self.account.holds:
            return None
        days = (self.today, self.demand_day)
        return next(filter(None, (hold_on(self.account, item.id, on, *effects) for on in days)), None)

    @cached_property
    def promises(self) -> dict[str, list[Promise]]:
        """The promises that name each item, in the order in which they were made."""
        named: dict[str, list[Promise]] = defaultdict(list)
        for promise in self.account.promises.values():
            for item_id in promise.items:
                named[item_id].append(promise)
        return named

    def breaks(self, item: Item) -> list[Days]:
        """The ended days that do not count for the item's ladder."""
        rests = [*item.breaks, *days_stopped(self.account, item.id, "ladder")]
        return [days for days in rests if days.end is not None and days.end <= self.today]

    def demandable(self, item: Item) -> bool:
        """Whether any of it may be demanded: not disputed, placed, or held from contact or the ladder."""
        stopped = item.placement is not None or self.held_by(item, "contact", "ladder")
        return item.undisputed > ZERO and not stopped

    @cached_property
    def alike(self) -> list[Alike]:
        """The open items in groups that stand alike; each by itself where a limit names those time-barred."""
        barred = any(profile.time_barred for profile in profiles_of(self.account, self.policy))
        return one_by_one(self.account) if barred else alike(self.account, self.at)

    @cached_property
    def place_of(self) -> dict[str, int]:
        """Which of the open items each is, in the order of the account."""
        return {item_id: place for place, item_id in enumerate(self.account.open_items)}

    @cached_property
    def _overdue(self) -> dict[str, Decimal]:
        sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for items in self.alike:
            item = items[0]
            if item.due_on < self.demand_day and self.demandable(item) and not self._settling(item):
                sums[item.currency] += sum((one.undisputed for one in items), ZERO)
        return sums

    def _settling(self, item: Item) -> bool:
        """Whether less was agreed for it and is still awaited: then the whole of it is not asked for."""
        agreed = self.promises.get(item.id, ())
        return any(one.discount is not None and one.status == "pending" for one in agreed)

    @cached_property
    def demand_grows_at(self) -> datetime | None:
        """The next moment at which more can be demanded though no fact came: an item overdue, a hold over."""
        due = (items[0].due_on for items in self.alike)
        days = [on + ONE_DAY for on in due if on >= self.demand_day]
        ends = (hold.days.end for hold in self.account.holds.values())
        days += [on for on in ends if on is not None and on > self.demand_day]
        return local_moment(min(days), self.send_at, self.zone) if days else None

    @property
    def hold_begins_at(self) -> datetime | None:
        """The next moment at which a hold stops something though no fact came."""
        starts = [h.days.start for h in self.account.holds.values() if h.days.start > self.today]
        return local_moment(min(starts), time.min, self.zone) if starts else None

    def demand(self, currency: str, not_yet_due: Iterable[Item] = ()) -> Decimal:
        """What can be demanded in a currency: overdue, undisputed, unheld, unplaced, not under a settlement
        that is awaited, less unapplied money.

        Items that are not due yet count where a reminder before the due date names them.
        """
        early = (i.undisputed for i in not_yet_due if i.currency == currency and i.due_on >= self.demand_day)
        return self._overdue[currency] + sum(early, ZERO) - self.account.unapplied.get(currency, ZERO)

    def top_fired(self, item: Item) -> tuple[int, Fired | None]:
        """The highest rung the item has reached in this cycle (-1: none), lapsed steps aside."""
        reached = [
            (self.order[fired.step], fired)
            for fired in item.fired.values()
            if fired.step in self.order and not fired.lapsed
        ]
        return max(reached, key=lambda rung: rung[0], default=(-1, None))

    def entry(self, item: Item) -> int:
        """The lowest rung open to the item: later cycles and go-live enter higher up."""
        step = item.entry_step or (self.policy.first_notice if item.cycle > 1 else None)
        return self.order.get(step or "", -1)

    @cached_property
    def leaves_at(self) -> datetime:
        """When a contact that is decided now goes out: now, or when the policy's hours begin."""
        return within_hours(self.policy.contact, self.zone, self.at)

    def channel(self, step: Step) -> Channel:
        """The channel of a contact step: what would go by e-mail or text goes as the debtor prefers."""
        preferred = self.account.standing.preferred
        asks = step.remind is not None and step.channel in ELECTRONIC and preferred in WRITTEN
        return cast("Channel", preferred) if asks else step.channel

    def proposal(self, step: Step, items: Iterable[Item]) -> Proposal:
        """The contact that the step would make now, about these items."""
        debts = frozenset([self.account.debt]) if self.account.debt else frozenset[str]()
        names = frozenset(item.id for item in items)
        said = step.remind or step.call
        threat = said is not None and said.threatens_suit
        if step.remind is None:
            return Proposal(self.at, "call", debts, names, threatens_suit=threat, waits=True)
        return Proposal(
            self.at, self.channel(step), debts, names, purpose=step.remind.purpose,
            has_opt_out_notice=step.remind.opt_out_notice, threatens_suit=threat, waits=True,
        )  # fmt: skip

    def refused(self, step: Step, item: Item) -> Refusal | None:
        """What forbids the step's contact about the item now; the same for every item where none is named."""
        key = (step.id, item.id if self.policy.limits else "")
        if key not in self._refusals:
            asked = self.proposal(step, [item])
            self._refusals[key] = refusal(self.account, self.book, self.policy, asked)
        return self._refusals[key]

    @cached_property
    def _refusals(self) -> dict[tuple[str, str], Refusal | None]:
        return {}
