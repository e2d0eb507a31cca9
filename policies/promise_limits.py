"""Which promises and plans a policy lets people take; a refusal names the limit."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from engine.domain.account import Account
from engine.domain.errors import RuleBroken
from engine.domain.money import ZERO
from policies.promise_rules import PromiseLimits

HUNDRED = Decimal(100)


class TooManyPending(RuleBroken):
    sentence = "{pending} promises of '{account}' are pending; the policy allows {max_pending} (max_pending)"


class TooManyMade(RuleBroken):
    sentence = (
        "'{account}' made {made} promises in the {within_days} days to {on}; the policy allows {max_made} "
        "(max_made)"
    )


class TooFarOut(RuleBroken):
    sentence = "{promised_on} is {days} days after {made_on}; the policy allows {max_days_out} (max_days_out)"


class TooManyBroken(RuleBroken):
    sentence = (
        "'{account}' has broken {broken} promises; the policy takes none after {max_broken} (max_broken)"
    )


class TooManyInstalments(RuleBroken):
    sentence = (
        "a plan of {instalments} instalments is too long; the policy allows {max_instalments} "
        "(max_instalments)"
    )


class PlanTooLong(RuleBroken):
    sentence = "a plan over {days} days is too long; the policy allows {max_plan_days} (max_plan_days)"


class FirstPaymentTooSmall(RuleBroken):
    sentence = (
        "the first payment of {first} is less than {percent} % of {total} {currency} (first_payment_percent)"
    )


def check_limits(limits: PromiseLimits, account: Account, made_on: date, replaces: str | None) -> None:
    """Raises the limit that keeps the account from promising once more; what is replaced does not count."""
    names = {promise.plan or promise.id for promise in account.pending.values()} - {replaces}
    if limits.max_pending is not None and len(names) >= limits.max_pending:
        raise TooManyPending(account=account.number, pending=len(names), max_pending=limits.max_pending)
    if limits.max_broken is not None and account.broken_promises >= limits.max_broken:
        raise TooManyBroken(
            account=account.number, broken=account.broken_promises, max_broken=limits.max_broken
        )
    if limits.max_made is None or limits.within_days is None:
        return
    since = made_on - timedelta(limits.within_days)
    made = {p.plan or p.id for p in account.promises.values() if since < p.made_on <= made_on}
    if len(made) >= limits.max_made:
        raise TooManyMade(
            account=account.number, made=len(made), within_days=limits.within_days, on=made_on,
            max_made=limits.max_made,
        )  # fmt: skip


def check_promised_day(limits: PromiseLimits, made_on: date, promised_on: date) -> None:
    """Raises TooFarOut for a first or only payment later than the policy allows."""
    days = (promised_on - made_on).days
    if limits.max_days_out is not None and days > limits.max_days_out:
        raise TooFarOut(promised_on=promised_on, days=days, made_on=made_on, max_days_out=limits.max_days_out)


def check_plan(
    limits: PromiseLimits, agreed_on: date, parts: Sequence[tuple[date, Decimal]], currency: str
) -> None:
    """Raises the limit that the instalments, (day, amount) in order, break."""
    check_promised_day(limits, agreed_on, parts[0][0])
    if limits.max_instalments is not None and len(parts) > limits.max_instalments:
        raise TooManyInstalments(instalments=len(parts), max_instalments=limits.max_instalments)
    days = (parts[-1][0] - agreed_on).days
    if limits.max_plan_days is not None and days > limits.max_plan_days:
        raise PlanTooLong(days=days, max_plan_days=limits.max_plan_days)
    total, percent = sum((amount for _, amount in parts), ZERO), limits.first_payment_percent
    if percent is not None and parts[0][1] * HUNDRED < total * percent:
        raise FirstPaymentTooSmall(first=parts[0][1], percent=percent, total=total, currency=currency)
