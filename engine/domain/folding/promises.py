"""Promises to pay and repayment plans."""

from engine.domain.account import Account, Promise, PromiseStatus
from engine.domain.facts import promises
from engine.domain.facts.base import Fact
from engine.domain.folding.contacts import responded
from engine.domain.folding.registry import applies


def _add_promise(account: Account, promise: Promise) -> None:
    account.promises[promise.id] = account.pending[promise.id] = promise


@applies(promises.PromiseMade)
def _promised(account: Account, fact: promises.PromiseMade) -> None:
    _add_promise(account, Promise(
        id=fact.promise, plan=None, items=fact.items, currency=fact.currency, amount=fact.amount,
        made_on=fact.made_on, promised_on=fact.promised_on, terms=fact.terms, taken_by=fact.taken_by,
    ))  # fmt: skip
    responded(account, fact.made_on, fact.items)


@applies(promises.RepaymentPlanAgreed)
def _planned(account: Account, fact: promises.RepaymentPlanAgreed) -> None:
    names = tuple(f"{fact.plan}/{number}" for number in range(1, len(fact.instalments) + 1))
    account.plans[fact.plan] = names
    for name, part in zip(names, fact.instalments, strict=True):
        _add_promise(account, Promise(
            id=name, plan=fact.plan, items=fact.items, currency=fact.currency, amount=part.amount,
            made_on=fact.agreed_on, promised_on=part.promised_on, terms=part.terms, taken_by=fact.taken_by,
        ))  # fmt: skip
    responded(account, fact.agreed_on, fact.items)


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
    promise.counted = dict(fact.counted)
    account.pending.pop(promise.id, None)
    account.to_rejudge.pop(promise.id, None)


@applies(promises.PromiseWithdrawn)
def _promise_withdrawn(account: Account, fact: promises.PromiseWithdrawn) -> None:
    for name in account.plans.get(fact.promise, (fact.promise,)):
        account.to_rejudge.pop(name, None)
        if promise := account.pending.pop(name, None):
            promise.status, promise.withdrawn_on = "withdrawn", fact.withdrawn_on
