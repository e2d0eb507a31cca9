"""What moved a balance, on both clocks, from the facts alone."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from engine.domain.facts.base import Stored
from engine.domain.money import from_minor
from projections.postings import TRANSFERS, Posting, postings


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement of the balance in a currency, and the balance after it. `on` is its business date."""

    version: int
    on: date
    known_at: datetime
    kind: str
    document: str
    currency: str
    amount: Decimal
    balance: Decimal


def movements(facts: Sequence[Stored], as_of: date, items: frozenset[str] | None = None) -> list[Movement]:
    """What moved the balance of an account (or of some of its items) up to the end of a day, by that day."""
    moved = [(stored, posting) for stored in facts for posting in postings(stored.fact)]
    counted = [pair for pair in moved if pair[1].effective_on <= as_of and _counts(pair[1], items)]
    counted.sort(key=lambda pair: pair[1].effective_on)
    return list(_balanced(counted))


def _counts(posting: Posting, items: frozenset[str] | None) -> bool:
    """Within an account, moves between items and unapplied money leave the balance as it was."""
    return posting.kind not in TRANSFERS if items is None else posting.item in items


def _balanced(counted: Iterable[tuple[Stored, Posting]]) -> Iterable[Movement]:
    balance: dict[str, Decimal] = defaultdict(Decimal)
    for stored, posting in counted:
        amount = from_minor(posting.amount_minor, posting.currency)
        balance[posting.currency] += amount
        yield Movement(
            stored.version, posting.effective_on, stored.fact.known_at, posting.kind, posting.document,
            posting.currency, amount, balance[posting.currency],
        )  # fmt: skip


def closing(moved: Iterable[Movement]) -> dict[str, Decimal]:
    """What is owed after all of them, by currency."""
    last = {one.currency: one.balance for one in moved}
    return {currency: last[currency] for currency in sorted(last)}
