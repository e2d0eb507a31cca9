"""How people take promises and plans: within the policy's limits, and on its terms."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from engine.domain.account import Account
from engine.domain.decisions.promises import agree_plan, agree_settlement, make_promise
from engine.domain.facts.base import Fact
from engine.domain.facts.promises import Instalment
from policies.book import PolicyBook
from policies.promise_limits import check_limits, check_plan, check_promised_day
from policies.promises import missed_instalment_ends_plan, promise_terms, settlement_terms


def take_promise(
    policies: PolicyBook, account: Account, at: datetime, *, promise: str, amount: Decimal, currency: str,
    made_on: date, promised_on: date, items: Sequence[str] = (), taken_by: str = "",
    replaces: str | None = None,
) -> list[Fact]:  # fmt: skip
    """A promise on the terms of the policy in force at that moment; raises the limit that it breaks."""
    facts = make_promise(
        account, promise=promise, amount=amount, currency=currency, made_on=made_on, promised_on=promised_on,
        items=items, taken_by=taken_by, replaces=replaces,
        terms=promise_terms(policies, account, amount, currency, promised_on, at),
    )  # fmt: skip
    if facts:
        limits = policies.in_force(account, at).policy.promise.limits
        check_limits(limits, account, made_on, replaces)
        check_promised_day(limits, made_on, promised_on)
    return facts


def take_settlement(
    policies: PolicyBook, account: Account, at: datetime, *, settlement: str, amount: Decimal, currency: str,
    agreed_on: date, promised_on: date, items: Sequence[str] = (), taken_by: str = "",
    replaces: str | None = None,
) -> list[Fact]:  # fmt: skip
    """A settlement on the policy's terms for promises; raises the limit that it breaks."""
    facts = agree_settlement(
        account, settlement=settlement, amount=amount, currency=currency, agreed_on=agreed_on,
        promised_on=promised_on, items=items, taken_by=taken_by, replaces=replaces,
        terms=settlement_terms(policies, account, amount, currency, promised_on, at),
    )  # fmt: skip
    if facts:
        limits = policies.in_force(account, at).policy.promise.limits
        check_limits(limits, account, agreed_on, replaces)
        check_promised_day(limits, agreed_on, promised_on)
    return facts


def take_plan(
    policies: PolicyBook, account: Account, at: datetime, *, plan: str, currency: str, agreed_on: date,
    parts: Sequence[tuple[date, Decimal]], items: Sequence[str] = (), taken_by: str = "",
    replaces: str | None = None,
) -> list[Fact]:  # fmt: skip
    """A plan of instalments (day, amount), each on the policy's terms; raises the limit that it breaks."""
    instalments = [
        Instalment(
            promised_on=on, amount=amount, terms=promise_terms(policies, account, amount, currency, on, at)
        )
        for on, amount in parts
    ]
    facts = agree_plan(
        account, plan=plan, currency=currency, agreed_on=agreed_on, instalments=instalments, items=items,
        taken_by=taken_by, replaces=replaces,
        missed_instalment_ends_plan=missed_instalment_ends_plan(policies, account, at),
    )  # fmt: skip
    if facts:
        limits = policies.in_force(account, at).policy.promise.limits
        check_limits(limits, account, agreed_on, replaces)
        check_plan(limits, agreed_on, parts, currency)
    return facts
