"""A past period judged again, for whoever asks: by which policies, on which days; and adopting it."""

from collections.abc import Sequence
from datetime import date

from arrears.wiring import Book
from engine.replay.rejudging import Rejudged, adopting
from policies.book import ALWAYS
from policies.calendar import month_ends
from policies.document import parse
from policies.supposing import SupposedPolicies, suppose


def supposed(book: Book, document: str, file: str, for_all: bool) -> SupposedPolicies:
    """The book's policies with the document in force at all times; raises PolicyInvalid."""
    name = parse(document, file).name
    recorded = book.engine.policies()
    return suppose(recorded, name, document, ALWAYS, for_all=for_all or name not in recorded.versions)


def adopt_terms(book: Book, found: Sequence[Rejudged], reason: str) -> int:
    """Stores the new terms of all accounts in one transaction; returns how many. Raises RuleBroken."""
    commands = adopting(found, reason, book.today, book.stamp())
    if not commands:
        return 0
    batch = book.engine.execute_all(commands)
    if batch.refused:
        raise batch.refused[0].broken
    book.catch_up()
    return sum(len(facts) for facts in batch.recorded)


def days_of(as_of: date | None, first: date | None, last: date | None, today: date) -> list[date]:
    """The day asked for, or the last day of each month of the period and its own last day."""
    if first is None:
        return [as_of or last or today]
    return month_ends(first, last or today)
