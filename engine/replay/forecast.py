"""The forecast: the clock moved forward over every account, with no news but expected money."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from functools import partial

from engine.accounts import Stamp, stamped
from engine.application import Command, Engine
from engine.domain.account import Account
from engine.domain.evolve import evolve_with_person, fold
from engine.domain.facts.base import Fact
from engine.domain.facts.items import PaymentReceived
from engine.play import Player, play
from engine.replay.counts import Counts, add_amounts, amounts_by_key
from engine.replay.reading import History, all_shared, histories
from engine.replay.sink import Made
from policies.book import PolicyBook
from policies.calendar import local_moment
from policies.interest.on_demand import receive
from policies.promises import verdicts

EXPECTED = "expected"
MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True)
class Outlook:
    """From when, until (not at) when, and whether the money of pending promises is to come as promised."""

    start: datetime
    until: datetime
    with_promises: bool = False


@dataclass
class Forecast:
    """What the policies will decide, and the money that was taken as given, by day and currency."""

    counts: Counts
    accounts: int = 0
    payments: Counter[tuple[date, str]] = field(default_factory=Counter)
    expected: dict[tuple[date, str], Decimal] = field(default_factory=amounts_by_key)

    def merge(self, other: "Forecast") -> None:
        """Counts in what other accounts came to."""
        self.counts.merge(other.counts)
        self.accounts += other.accounts
        self.payments.update(other.payments)
        add_amounts(self.expected, other.expected)

    def add(self, decisions: Sequence[Fact], money: Sequence[PaymentReceived]) -> None:
        """Counts one account in."""
        self.accounts += 1
        self.counts.add(decisions)
        for payment in money:
            self.payments[payment.received_on, payment.currency] += 1
            self.expected[payment.received_on, payment.currency] += payment.amount


def forecast(engine: Engine, ids: Sequence[str], *, policies: PolicyBook, outlook: Outlook) -> Forecast:
    """Plays each account forward under these policies. Nothing is stored."""
    found = Forecast(Counts(policies.zone))
    for page in histories(engine.store, ids):
        for history in page:
            found.add(*_play_forward(history, policies, outlook))
    return found


def _play_forward(
    history: History, policies: PolicyBook, outlook: Outlook
) -> tuple[list[Fact], list[PaymentReceived]]:
    account = fold(Account(history.account), (stored.fact for stored in history.facts))
    account.shared = all_shared(history)
    made, money = Made(), list[PaymentReceived]()
    player = Player({account.id: account}, policies, made, outlook.start)

    def carry_out(command: Command) -> None:
        for fact in command.decide(account, policies):
            evolve_with_person(account, stamped(fact, command.stamp))
            if isinstance(fact, PaymentReceived):
                money.append(fact)

    player.wake(account.id, outlook.start)
    play(_expected(account, policies, outlook), player, outlook.until, carry_out)
    return made.taken(), money


def _expected(account: Account, policies: PolicyBook, outlook: Outlook) -> list[Command]:
    """A payment for each promise that was pending at the start, in the order of their days."""
    if not outlook.with_promises:
        return []
    commands = []
    for promise in sorted(account.pending.values(), key=lambda one: (one.promised_on, one.id)):
        at = max(local_moment(promise.promised_on, MIDNIGHT, policies.zone), outlook.start)
        if at < outlook.until:
            received_on = at.astimezone(policies.zone).date()
            stamp = Stamp(EXPECTED, outlook.start, at, EXPECTED)
            commands.append(Command(account.id, partial(_pay, promise.id, received_on, at), stamp))
    return commands


def _pay(
    promise_id: str, received_on: date, at: datetime, account: Account, policies: PolicyBook
) -> list[Fact]:
    """What is still to come for the promise, for its items; nothing where it has been judged by then."""
    promise = account.pending.get(promise_id)
    if promise is None:
        return []
    verdict = verdicts(account, promise.currency, lambda each: each.terms.deadline)[promise_id]
    if verdict.received >= verdict.needed:
        return []
    return receive(
        account, policies, at, payment=f"{EXPECTED}-{promise.id}", amount=verdict.needed - verdict.received,
        currency=promise.currency, received_on=received_on, designated=promise.items,
    )  # fmt: skip
