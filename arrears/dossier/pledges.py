"""The pages about promises: how each was judged, and by which payments."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from reportlab.platypus import CondPageBreak, Flowable

from arrears.dossier.content import Dossier, Telling
from arrears.dossier.layout import HEADING, NOTE, SMALL_HEADING, pairs, said
from engine.domain.facts.base import Fact
from engine.domain.facts.promises import (
    Judgement,
    PromiseMade,
    PromiseTerms,
    PromiseWithdrawn,
    RepaymentPlanAgreed,
    SettlementAgreed,
)
from engine.domain.money import money


def promises(dossier: Dossier, telling: Telling) -> Iterator[Flowable]:
    """Each promise and each instalment of a plan, with its terms, its judgements and what counted."""
    facts = [one.fact for one in dossier.facts]
    made = [fact for fact in facts if isinstance(fact, PromiseMade | SettlementAgreed | RepaymentPlanAgreed)]
    yield CondPageBreak(110)
    yield said("Promises to pay", HEADING)
    if not made:
        yield said("None was made.")
    for fact in made:
        yield CondPageBreak(90)
        if isinstance(fact, PromiseMade | SettlementAgreed):
            yield from _promise(fact, facts, telling)
            continue
        yield said(f"Plan {fact.plan}", SMALL_HEADING)
        yield said(telling.sentence(fact))
        for number, part in enumerate(fact.instalments, start=1):
            yield said(f"Instalment {number}", NOTE)
            yield _judged(f"{fact.plan}/{number}", part.amount, fact.currency, part.terms, facts, telling)


def _promise(
    fact: PromiseMade | SettlementAgreed, facts: Sequence[Fact], telling: Telling
) -> Iterator[Flowable]:
    settles = isinstance(fact, SettlementAgreed)
    name = fact.settlement if isinstance(fact, SettlementAgreed) else fact.promise
    yield said(f"{'Settlement' if settles else 'Promise'} {name}", SMALL_HEADING)
    yield said(telling.sentence(fact))
    yield _judged(name, fact.amount, fact.currency, fact.terms, facts, telling)


def _judged(
    promise: str, amount: Decimal, currency: str, terms: PromiseTerms, facts: Sequence[Fact], telling: Telling
) -> Flowable:
    rows = [
        ("Promised", f"{money(amount, currency):,} {currency}"),
        ("Terms", _terms(terms, currency, telling)),
    ]  # fmt: skip
    ends = [fact for fact in facts if _ends(fact, promise)]
    for fact in ends:
        rows.append(("Judgement" if isinstance(fact, Judgement) else "End", telling.sentence(fact)))
        rows += [("Counted", text) for text in _counted(fact, currency)]
    return pairs([*rows, *([] if ends else [("Judgement", "none yet")])])


def _terms(terms: PromiseTerms, currency: str, telling: Telling) -> str:
    return (
        f"received by {terms.deadline}, judged at {telling.clock(terms.judge_at)}; tolerance "
        f"{money(terms.tolerance, currency):,} {currency}, grace {terms.grace_business_days} business days, "
        f"for posting {terms.posting_lag_business_days}"
    )


def _ends(fact: Fact, promise: str) -> bool:
    if isinstance(fact, PromiseWithdrawn):
        return fact.promise in (promise, promise.split("/")[0])
    return isinstance(fact, Judgement) and fact.promise == promise


def _counted(fact: Fact, currency: str) -> list[str]:
    if not isinstance(fact, Judgement):
        return []
    return [
        f"{money(amount, currency):,} {currency} of payment {payment}" for payment, amount in fact.counted
    ] or ["no payment"]
