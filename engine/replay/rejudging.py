"""Promises judged by the terms that another policy would have pinned, in memory; adopting it is a command."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from engine.accounts import Stamp, stamped
from engine.application import Command, Engine
from engine.domain.account import Account, Promise, PromiseStatus
from engine.domain.decisions.promises import change_terms
from engine.domain.evolve import evolve, fold
from engine.domain.facts.base import Fact
from engine.domain.facts.promises import (
    PromiseMade,
    PromiseTerms,
    PromiseTermsChanged,
    RepaymentPlanAgreed,
    SettlementAgreed,
)
from engine.replay.outside import Promising, as_it_would_be, made_under
from engine.replay.reading import History, histories
from policies.book import PolicyBook
from policies.judgements import judgements
from policies.supposing import SupposedPolicies
from policies.view import View

Seen = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Period:
    """The promises asked about: made from `first` to `last`, both included (None: without end), judged by
    what is known at `at`."""

    first: date | None
    last: date | None
    at: datetime

    def holds(self, made_on: date) -> bool:
        """Whether a promise made on that day is asked about."""
        return (self.first or made_on) <= made_on <= (self.last or made_on)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a promise stands: its status, what was received for it in time, and its last day in time."""

    status: PromiseStatus
    received: Decimal
    deadline: date


@dataclass(frozen=True, slots=True)
class Rejudged:
    """A promise as it is judged, and as it would be by `terms`."""

    account: str
    number: str
    promise: str
    plan: str | None
    currency: str
    amount: Decimal
    made_on: date
    promised_on: date
    then: Verdict
    now: Verdict
    terms: PromiseTerms
    terms_differ: bool

    @property
    def differs(self) -> bool:
        """Whether it comes to something else, or to the same by other money."""
        return (self.then.status, self.then.received) != (self.now.status, self.now.received)


def rejudge(
    engine: Engine,
    ids: Sequence[str],
    policies: SupposedPolicies,
    period: Period,
    seen: Seen = lambda _: None,
) -> Iterator[Rejudged]:
    """Each promise of the period that the given document governs, and others for which other money is left
    because of these; of each account in the order in which they were made.

    `seen` is told how many accounts each page had. Nothing is stored.
    """
    recorded = engine.policies()
    for page in histories(engine.store, ids):
        for history in page:
            yield from _rejudged(history, recorded, policies, period)
        seen(len(page))


def _rejudged(
    history: History, recorded: PolicyBook, policies: SupposedPolicies, period: Period
) -> Iterator[Rejudged]:
    account = Account(history.account)
    given: dict[str, PromiseTerms] = {}
    for stored in history.facts:
        given |= _terms_given(stored.fact, account, policies, period)
        evolve(account, stored.fact)
    if not given:
        return
    _judge(account, recorded, period.at)
    then = {name: _verdict(promise) for name, promise in account.promises.items()}
    changed = {name for name, terms in given.items() if _takes(account.promises[name], terms)}
    on = period.at.astimezone(recorded.zone).date()
    for name in changed:
        evolve(account, _changed(name, given[name], on))
    _judge(account, recorded, period.at)
    for name, promise in account.promises.items():
        # Money that one no longer takes serves the next, which may have been made in another period.
        if name in given or _verdict(promise) != then[name]:
            yield _compared(account, promise, then[name], given.get(name, promise.terms), name in changed)


def _compared(
    account: Account, promise: Promise, then: Verdict, terms: PromiseTerms, terms_differ: bool
) -> Rejudged:
    return Rejudged(
        account=account.id, number=str(account.number), promise=promise.id, plan=promise.plan,
        currency=promise.currency, amount=promise.amount, made_on=promise.made_on,
        promised_on=promise.promised_on, then=then, now=_verdict(promise), terms=terms,
        terms_differ=terms_differ,
    )  # fmt: skip


def _terms_given(
    fact: Fact, account: Account, policies: SupposedPolicies, period: Period
) -> dict[str, PromiseTerms]:
    """The terms that the given document would have pinned, by promise; none where it does not govern it."""
    if not isinstance(fact, Promising) or not period.holds(fact.happened_on):
        return {}
    if not made_under(fact, account, policies):
        return {}
    [repinned] = as_it_would_be(fact, account, policies)
    if isinstance(repinned, PromiseMade):
        return {repinned.promise: repinned.terms}
    if isinstance(repinned, SettlementAgreed):
        return {repinned.settlement: repinned.terms}
    assert isinstance(repinned, RepaymentPlanAgreed)
    parts = enumerate(repinned.instalments, start=1)
    return {f"{repinned.plan}/{number}": part.terms for number, part in parts}


def _takes(promise: Promise, terms: PromiseTerms) -> bool:
    return not promise.terms.judge_like(terms) and promise.status != "withdrawn"


def _changed(name: str, terms: PromiseTerms, on: date) -> Fact:
    return PromiseTermsChanged(promise=name, terms=terms, changed_on=on, reason="re-evaluation")


def _judge(account: Account, policies: PolicyBook, at: datetime) -> None:
    """Judges all that is to be judged by then, as the engine would."""
    while policies.has_policy(account, at) and (made := judgements(View(account, policies, at))):
        fold(account, (stamped(fact, Stamp("engine", at)) for fact in made))


def _verdict(promise: Promise) -> Verdict:
    """How it stands; one that is to be judged again later stands open."""
    status = "pending" if promise.terms_changed else promise.status
    return Verdict(status, promise.received, promise.terms.deadline)


def adopting(found: Iterable[Rejudged], reason: str, on: date, stamp: Stamp) -> list[Command]:
    """The commands, one for each account, that have its promises judged by the terms found."""
    by_account: dict[str, list[Rejudged]] = {}
    for one in found:
        if one.terms_differ:
            by_account.setdefault(one.account, []).append(one)
    return [Command(account, _change(ones, reason, on), stamp) for account, ones in by_account.items()]


def _change(ones: Sequence[Rejudged], reason: str, on: date) -> Callable[[Account, PolicyBook], list[Fact]]:
    def decide(account: Account, _: PolicyBook) -> list[Fact]:
        return [
            fact
            for one in ones
            for fact in change_terms(
                account, promise=one.promise, terms=one.terms, changed_on=on, reason=reason
            )
        ]

    return decide
