"""The book compared with another ledger, in one answer."""

from collections.abc import Sequence
from typing import Any

from arrears.imports.ledger import Balances
from arrears.telling.asking import Question, noted
from arrears.telling.rows import exact
from engine.domain.money import ZERO
from projections.aging import AgingRow, aging


def reconcile_answer(asked: Question, theirs: Balances) -> dict[str, Any]:
    """Each balance that differs, as of a day and as known at a moment."""
    rows = aging(asked.book.database, asked.as_of, asked.as_known, "account")
    ours = _balances(rows)
    found = _differences(theirs, ours)
    answer = {
        **asked.clocks, "agree": not found, "compared": len(theirs.keys() | ours.keys()),
        "differences": found,
    }  # fmt: skip
    return noted(answer, asked.note(row.rests_on_backfill for row in rows))


def _balances(rows: Sequence[AgingRow]) -> Balances:
    """What each account owes, by its number and currency."""
    balances: Balances = {}
    for row in rows:
        balances[row.key, row.currency] = balances.get((row.key, row.currency), ZERO) + row.total
    return balances


def _differences(theirs: Balances, ours: Balances) -> list[dict[str, Any]]:
    """Each difference; an account that one side does not have counts as nothing owed."""
    found = []
    for account, currency in sorted(theirs.keys() | ours.keys()):
        file, book = theirs.get((account, currency)), ours.get((account, currency))
        difference = (book or ZERO) - (file or ZERO)
        if difference:
            found.append({
                "account": account, "currency": currency,
                "file": None if file is None else exact(file, currency),
                "book": None if book is None else exact(book, currency),
                "difference": exact(difference, currency),
            })  # fmt: skip
    return found
