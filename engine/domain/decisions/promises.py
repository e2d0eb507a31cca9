"""Commands on promises to pay and repayment plans; the terms are given, pinned by the policy."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise

from engine.domain.account import Account
from engine.domain.decisions.items import known_item, open_item, positive
from engine.domain.errors import (
    AlreadyReplaced,
    CurrencyDiffers,
    DiffersFromRecorded,
    InstalmentsOutOfOrder,
    NothingGivenUp,
    NothingToPromise,
    NumberTaken,
    PlanTooShort,
    PromisedInThePast,
    PromiseNotPending,
    PromiseUnknown,
    SettlementPending,
)
from engine.domain.facts.base import Fact
from engine.domain.facts.promises import (
    Instalment,
    PromiseMade,
    PromiseTerms,
    PromiseTermsChanged,
    PromiseWithdrawn,
    RepaymentPlanAgreed,
    SettlementAgreed,
)
from engine.domain.money import ZERO
from engine.domain.settling import settlement_of, with_charges


def promised_items(account: Account, items: Sequence[str], currency: str, made_on: date) -> tuple[str, ...]:
    """The items named, else all that are overdue on that day; raises NothingToPromise, ItemUnknown."""
    for item_id in items:
        item = known_item(account, item_id)
        if item.currency != currency:
            raise CurrencyDiffers(item=item_id, item_currency=item.currency, currency=currency)
    if items:
        return tuple(items)
    overdue = [i for i in account.open_items.values() if i.currency == currency and i.due_on < made_on]
    if not overdue:
        raise NothingToPromise(made_on=made_on, currency=currency)
    return tuple(i.id for i in sorted(overdue, key=lambda i: (i.due_on, i.issued_on, i.id)))


def make_promise(
    account: Account,
    *,
    promise: str,
    amount: Decimal,
    currency: str,
    made_on: date,
    promised_on: date,
    terms: PromiseTerms,
    items: Sequence[str] = (),
    taken_by: str = "",
    replaces: str | None = None,
) -> list[Fact]:
    """Records a promise to pay, in the place of another if it replaces one; given again it is nothing new."""
    amount = positive("a promise", amount, currency)
    if promised_on < made_on:
        raise PromisedInThePast(made_on=made_on, promised_on=promised_on)
    if _is_recorded(account, "promise", promise, (amount, currency, made_on, promised_on)):
        return []
    return [*_replace(account, replaces, promise, made_on), PromiseMade(
        promise=promise, amount=amount, currency=currency, made_on=made_on, promised_on=promised_on,
        items=promised_items(account, items, currency, made_on), terms=terms, taken_by=taken_by,
        replaces=replaces, collector=account.collector,
    )]  # fmt: skip


def _replace(account: Account, old: str | None, new: str, on: date) -> list[Fact]:
    """Withdraws what is pending of the promise or plan in whose place another is agreed.

    What was missed already may be replaced too, and stays judged. Raises PromiseUnknown, AlreadyReplaced, and
    PromiseNotPending for what was kept or taken back.
    """
    if old is None:
        return []
    known = [account.promises[name] for name in account.plans.get(old, (old,)) if name in account.promises]
    if not known:
        raise PromiseUnknown(account=account.number, promise=old)
    by = next((promise.replaced_by for promise in known if promise.replaced_by), None)
    if by is not None:
        raise AlreadyReplaced(promise=old, by=by)
    if any(promise.status == "pending" for promise in known):
        return [PromiseWithdrawn(
            promise=old, withdrawn_on=on, reason=f"replaced by {new}", replaced_by=new
        )]  # fmt: skip
    if not any(promise.status in ("broken", "partly_kept") for promise in known):
        raise PromiseNotPending(promise=old, status=known[-1].status)
    return []


def _is_recorded(account: Account, kind: str, name: str, given: tuple[Decimal, str, date, date]) -> bool:
    """Whether a promise or settlement of that name is known; raises NumberTaken, DiffersFromRecorded."""
    if name in account.plans:
        raise NumberTaken(id=name, kind="plan")
    known = account.promises.get(name)
    if known is None:
        return False
    if (known.discount is not None) != (kind == "settlement"):
        raise NumberTaken(id=name, kind="promise" if known.discount is None else "settlement")
    recorded = (known.amount, known.currency, known.made_on, known.promised_on)
    if recorded != given:
        raise DiffersFromRecorded(kind=kind, id=name, recorded=_content(*recorded), given=_content(*given))
    return True


def _content(amount: Decimal, currency: str, made_on: date, promised_on: date) -> str:
    return f"{amount} {currency}, made {made_on} for {promised_on}"


def agree_settlement(
    account: Account,
    *,
    settlement: str,
    amount: Decimal,
    currency: str,
    agreed_on: date,
    promised_on: date,
    terms: PromiseTerms,
    items: Sequence[str] = (),
    taken_by: str = "",
    replaces: str | None = None,
) -> list[Fact]:
    """Records that so much is to be paid in full settlement of the items and the charges that follow them, in
    the place of a promise where it replaces one; given again it is nothing new.

    Raises NothingGivenUp where it is no less than all that is open, SettlementPending.
    """
    amount = positive("a settlement", amount, currency)
    if promised_on < agreed_on:
        raise PromisedInThePast(made_on=agreed_on, promised_on=promised_on)
    if _is_recorded(account, "settlement", settlement, (amount, currency, agreed_on, promised_on)):
        return []
    names = with_charges(account, promised_items(account, items, currency, agreed_on))
    claim = sum((open_item(account, name).open for name in names), ZERO)
    if amount >= claim:
        raise NothingGivenUp(amount=amount, currency=currency, claim=claim)
    for name in names:
        known = settlement_of(account, name)
        if known is not None and known.status == "pending" and known.id != replaces:
            raise SettlementPending(item=name, settlement=known.id)
    return [*_replace(account, replaces, settlement, agreed_on), SettlementAgreed(
        settlement=settlement, amount=amount, currency=currency, claim=claim, agreed_on=agreed_on,
        promised_on=promised_on, items=names, terms=terms, taken_by=taken_by, replaces=replaces,
        collector=account.collector,
    )]  # fmt: skip


def agree_plan(
    account: Account,
    *,
    plan: str,
    currency: str,
    agreed_on: date,
    instalments: Sequence[Instalment],
    items: Sequence[str] = (),
    taken_by: str = "",
    replaces: str | None = None,
    missed_instalment_ends_plan: bool = True,
) -> list[Fact]:
    """Records a repayment plan of two or more instalments in order, in the place of another where it replaces
    one; given again it is nothing new."""
    if len(instalments) < 2:
        raise PlanTooShort(instalments=len(instalments))
    for earlier, later in pairwise(instalments):
        if later.promised_on <= earlier.promised_on:
            raise InstalmentsOutOfOrder(first=later.promised_on, second=earlier.promised_on)
    if instalments[0].promised_on < agreed_on:
        raise PromisedInThePast(made_on=agreed_on, promised_on=instalments[0].promised_on)
    parts = tuple(
        part.model_copy(update={"amount": positive("an instalment", part.amount, currency)})
        for part in instalments
    )
    if plan in account.promises:
        raise NumberTaken(id=plan, kind="promise")
    if names := account.plans.get(plan):
        recorded = [(account.promises[n].promised_on, account.promises[n].amount) for n in names]
        given = [(part.promised_on, part.amount) for part in parts]
        if recorded != given:
            raise DiffersFromRecorded(kind="plan", id=plan, recorded=_parts(recorded), given=_parts(given))
        return []
    return [*_replace(account, replaces, plan, agreed_on), RepaymentPlanAgreed(
        plan=plan, currency=currency, agreed_on=agreed_on, instalments=parts, taken_by=taken_by,
        items=promised_items(account, items, currency, agreed_on), replaces=replaces,
        collector=account.collector, missed_instalment_ends_plan=missed_instalment_ends_plan,
    )]  # fmt: skip


def _parts(parts: list[tuple[date, Decimal]]) -> str:
    return ", ".join(f"{amount} on {on}" for on, amount in parts)


def change_terms(
    account: Account, *, promise: str, terms: PromiseTerms, changed_on: date, reason: str
) -> list[Fact]:
    """Has a promise, pending or judged, judged by other terms; the same terms are nothing new."""
    known = account.promises.get(promise)
    if known is None:
        raise PromiseUnknown(account=account.number, promise=promise)
    if known.terms.judge_like(terms):
        return []
    if known.status == "withdrawn":
        raise PromiseNotPending(promise=promise, status=known.status)
    return [PromiseTermsChanged(promise=promise, terms=terms, changed_on=changed_on, reason=reason)]


def withdraw_promise(
    account: Account, *, promise: str, withdrawn_on: date, reason: str | None = None
) -> list[Fact]:
    """Takes back a pending promise, or what is still pending of a plan."""
    names = account.plans.get(promise, (promise,))
    known = [account.promises[name] for name in names if name in account.promises]
    if not known:
        raise PromiseUnknown(account=account.number, promise=promise)
    if not any(name in account.pending for name in names):
        raise PromiseNotPending(promise=promise, status=known[-1].status)
    return [PromiseWithdrawn(promise=promise, withdrawn_on=withdrawn_on, reason=reason)]
