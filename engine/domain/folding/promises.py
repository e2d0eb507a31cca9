"""Promises to pay and repayment plans."""

from datetime import date

from engine.domain.account import Account, Promise, PromiseStatus
from engine.domain.facts import promises
from engine.domain.facts.base import Fact
from engine.domain.folding.contacts import responded
from engine.domain.folding.registry import applies


def judge_again(account: Account, currency: str, on: date, first: date, last: date) -> None:
    """Marks the promises judged before where something of these days may have been counted for one of them.

    Money that serves one of them frees other money for the next, so all of the currency are looked at.
    """
    if len(account.pending) == len(account.promises):
        return
    judged = [p for p in account.promises.values() if p.currency == currency and p.status in JUDGED]
    if any(p.made_on <= last and first <= p.terms.deadline for p in judged):
        account.to_rejudge |= dict.fromkeys((p.id for p in judged), on)


def _add_promise(account: Account, promise: Promise) -> None:
    judge_again(account, promise.currency, promise.made_on, promise.made_on, promise.terms.deadline)
    account.promises[promise.id] = account.pending[promise.id] = promise


@applies(promises.PromiseMade)
def _promised(account: Account, fact: promises.PromiseMade) -> None:
    _add_promise(account, Promise(
        id=fact.promise, plan=None, items=fact.items, currency=fact.currency, amount=fact.amount,
        made_on=fact.made_on, promised_on=fact.promised_on, terms=fact.terms, taken_by=fact.taken_by,
    ))  # fmt: skip
    _note_replaced(account, fact.replaces, fact.promise)
    responded(account, fact.made_on, fact.items)


def _note_replaced(account: Account, old: str | None, new: str) -> None:
    for name in account.plans.get(old or "", (old,)):
        if name in account.promises:
            account.promises[name].replaced_by = new


@applies(promises.SettlementAgreed)
def _settling(account: Account, fact: promises.SettlementAgreed) -> None:
    settlement = Promise(
        id=fact.settlement, plan=None, items=fact.items, currency=fact.currency, amount=fact.amount,
        made_on=fact.agreed_on, promised_on=fact.promised_on, terms=fact.terms, taken_by=fact.taken_by,
        discount=fact.discount,
    )  # fmt: skip
    _add_promise(account, settlement)
    account.settlements[fact.settlement] = settlement
    _note_replaced(account, fact.replaces, fact.settlement)
    responded(account, fact.agreed_on, fact.items)


@applies(promises.RepaymentPlanAgreed)
def _planned(account: Account, fact: promises.RepaymentPlanAgreed) -> None:
    names = tuple(f"{fact.plan}/{number}" for number in range(1, len(fact.instalments) + 1))
    account.plans[fact.plan] = names
    for name, part in zip(names, fact.instalments, strict=True):
        _add_promise(account, Promise(
            id=name, plan=fact.plan, items=fact.items, currency=fact.currency, amount=part.amount,
            made_on=fact.agreed_on, promised_on=part.promised_on, terms=part.terms, taken_by=fact.taken_by,
            ends_plan=fact.missed_instalment_ends_plan,
        ))  # fmt: skip
    _note_replaced(account, fact.replaces, fact.plan)
    responded(account, fact.agreed_on, fact.items)


JUDGED = ("kept", "partly_kept", "broken")
_VERDICTS: dict[type[Fact], PromiseStatus] = {
    promises.PromiseKept: "kept",
    promises.PromisePartlyKept: "partly_kept",
    promises.PromiseBroken: "broken",
}


@applies(promises.PromiseKept, promises.PromisePartlyKept, promises.PromiseBroken)
def _judged(account: Account, fact: promises.Judgement) -> None:
    promise = account.promises[fact.promise]
    verdict = _VERDICTS[type(fact)]
    account.broken_promises += (verdict == "broken") - (promise.status == "broken")
    promise.status, promise.received, promise.judged_at = verdict, fact.received, fact.judged_at
    promise.counted, promise.terms_changed = dict(fact.counted), False
    account.pending.pop(promise.id, None)
    account.to_rejudge.pop(promise.id, None)


@applies(promises.PromiseTermsChanged)
def _terms_changed(account: Account, fact: promises.PromiseTermsChanged) -> None:
    promise = account.promises[fact.promise]
    last = max(promise.terms.deadline, fact.terms.deadline)
    promise.terms, promise.terms_changed = fact.terms, True
    judge_again(account, promise.currency, fact.changed_on, promise.made_on, last)


@applies(promises.PromiseWithdrawn)
def _promise_withdrawn(account: Account, fact: promises.PromiseWithdrawn) -> None:
    for name in account.plans.get(fact.promise, (fact.promise,)):
        account.to_rejudge.pop(name, None)
        if promise := account.pending.pop(name, None):
            judge_again(account, promise.currency, fact.withdrawn_on, promise.made_on, promise.terms.deadline)
            promise.status, promise.withdrawn_on = "withdrawn", fact.withdrawn_on
            promise.terms_changed = False
