"""Erasing a person, and what may still be recorded once that is done."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from engine.domain.account import Account
from engine.domain.errors import AccountIsErased, StillOpen
from engine.domain.facts.accounts import AccountErased
from engine.domain.facts.base import Fact


def erase_account(
    account: Account, *, number: str, erased_on: date, reason: str, force: bool = False
) -> list[Fact]:
    """Records that the person is to be unreadable from now on; nothing new where that is recorded.

    Raises StillOpen while anything is owed or unapplied, unless it is forced.
    """
    if account.erased_on is not None:
        return []
    if not account.is_settled and not force:
        raise StillOpen(account=number, open=_owed(account), unapplied=_said(account.unapplied))
    return [AccountErased(erased_on=erased_on, reason=reason, forced=not account.is_settled)]


def _owed(account: Account) -> str:
    sums: dict[str, Decimal] = {}
    for item in account.open_items.values():
        sums[item.currency] = sums.get(item.currency, Decimal(0)) + item.open
    return _said(sums)


def _said(amounts: Mapping[str, Decimal]) -> str:
    return " and ".join(f"{amount} {code}" for code, amount in sorted(amounts.items()) if amount) or "nothing"


def check_not_erased(account: Account) -> None:
    """Raises AccountIsErased: of an erased person nothing new is taken down."""
    if account.erased_on is not None:
        raise AccountIsErased(erased_on=account.erased_on)
