"""Orders of allocation: over which of several debts a sum that names none is spread, and in which order.

Each order is a rule published somewhere: `costs-interest-principal` BGB § 367(1), debt by debt, the oldest
due first; `us-rule` the United States Rule (interest first, then principal; unpaid interest bears none);
`bgb-366` BGB § 366(2) (due before not due, less secure, more burdensome, older, then in proportion).
`oldest-first` and `principal-first` are house rules. What is disputed is never paid of itself (12 CFR
1006.30(c)).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from itertools import groupby
from typing import Any, Literal

from engine.domain.money import ZERO, unit

AllocationOrder = Literal["oldest-first", "costs-interest-principal", "principal-first", "us-rule", "bgb-366"]
OLDEST_FIRST: AllocationOrder = "oldest-first"

PartOfDebt = Literal["invoice", "interest", "fee"]


@dataclass(frozen=True, slots=True)
class Debt:
    """One open sum. `of` is the debt that interest and costs come from (by default itself), due on
    `of_due_on`; `rate_percent` is the interest it bears, which makes it more burdensome."""

    id: str
    open: Decimal
    due_on: date
    issued_on: date
    part: PartOfDebt = "invoice"
    of: str = ""
    of_due_on: date | None = None
    disputed: bool = False
    secured: bool = False
    rate_percent: Decimal = ZERO

    @property
    def _age(self) -> tuple[date, date, str]:
        return (self.due_on, self.issued_on, self.id)

    @property
    def _age_of_whole(self) -> tuple[date, str]:
        return (self.of_due_on or self.due_on, self.of or self.id)


Key = Callable[[Debt], tuple[Any, ...]]

_COSTS_FIRST = {"fee": 0, "interest": 1, "invoice": 2}
_PRINCIPAL_FIRST = {"invoice": 0, "interest": 1, "fee": 2}
_INTEREST_FIRST = {"interest": 0, "invoice": 1, "fee": 2}

_ORDERS: dict[AllocationOrder, Key] = {
    "oldest-first": lambda debt: debt._age,
    "costs-interest-principal": lambda debt: (*debt._age_of_whole, _COSTS_FIRST[debt.part], *debt._age),
    "principal-first": lambda debt: (_PRINCIPAL_FIRST[debt.part], *debt._age),
    "us-rule": lambda debt: (_INTEREST_FIRST[debt.part], *debt._age),
}


def spread(
    amount: Decimal, debts: Iterable[Debt], order: AllocationOrder, currency: str, on: date
) -> list[tuple[str, Decimal]]:
    """How much of the amount goes to each debt, in the order in which they are paid; never more than is open
    of a debt, and nothing to one that is disputed. What is left over stays unapplied."""
    payable = [debt for debt in debts if debt.open > ZERO and not debt.disputed]
    if order == "bgb-366":
        return _spread_by_burden(amount, payable, currency, on)
    return _in_turn(amount, sorted(payable, key=_ORDERS[order]))


def _in_turn(amount: Decimal, debts: Sequence[Debt]) -> list[tuple[str, Decimal]]:
    shared = []
    for debt in debts:
        if amount <= ZERO:
            break
        part = min(amount, debt.open)
        shared.append((debt.id, part))
        amount -= part
    return shared


def _spread_by_burden(
    amount: Decimal, debts: Iterable[Debt], currency: str, on: date
) -> list[tuple[str, Decimal]]:
    def rank(debt: Debt) -> tuple[Any, ...]:
        return (debt.due_on > on, debt.secured, -debt.rate_percent, debt.due_on)

    shared = []
    for _, equals in groupby(sorted(debts, key=lambda debt: (*rank(debt), debt.id)), key=rank):
        group = list(equals)
        parts = _in_proportion(amount, group, currency)
        shared += parts
        amount -= sum((part for _, part in parts), ZERO)
    return shared


def _in_proportion(amount: Decimal, debts: Sequence[Debt], currency: str) -> list[tuple[str, Decimal]]:
    """Each debt's part by what is open of it, rounded down; the units left over go to the first debts."""
    whole = sum((debt.open for debt in debts), ZERO)
    if amount >= whole:
        return _in_turn(amount, debts)
    smallest = unit(currency)
    parts = [(amount * debt.open / whole).quantize(smallest, ROUND_DOWN) for debt in debts]
    left = amount - sum(parts, ZERO)
    for place, debt in enumerate(debts):
        more = min(smallest, left, debt.open - parts[place])
        parts[place] += more
        left -= more
    return [(debt.id, part) for debt, part in zip(debts, parts, strict=True) if part > ZERO]
