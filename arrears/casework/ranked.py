"""The whole worklist of today in order, kept in memory and up with the tables, for whoever pages through it.

Working it out reads all that waits; after each fact only the account of the fact is worked out again.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from threading import Lock

from sqlalchemy import Connection, func, select

from arrears.casework.worklist import ranking
from arrears.wiring import Book
from policies.book import PolicyBook
from projections.clocks import end_of
from projections.connection import reading
from projections.tables import timeline
from projections.waiting import Entry, entries
from projections.worklist import urgency

Ranked = Sequence[tuple[int, Entry]]
"""Rows of the list, most urgent first, each with its points."""

MOST_ANEW = 500
"""Where more accounts than that changed, all are worked out."""


class Standing:
    """The worklist of one book as it stands at the end of its day; the first look of a day takes longest."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._at: datetime | None = None
        self._policies = -1
        self._position = -1
        self._rows: dict[str, tuple[int, Entry]] = {}
        self._ranked: Ranked = ()

    def ranked(self, book: Book) -> tuple[Ranked, datetime]:
        """All that waits, most urgent first, and as of which moment; the tables are brought up first."""
        book.catch_up()
        at, policies = end_of(book.today, book.zone), book.engine.policies()
        with self._lock, reading(book.database) as connection:
            last = connection.execute(select(func.max(timeline.c.position))).scalar_one() or 0
            if (at, policies.stream_version) != (self._at, self._policies) or last < self._position:
                self._work_out(connection, policies, at)
            elif last > self._position:
                self._work_out_changed(connection, policies, at)
            self._position = last
            return self._ranked, at

    def _work_out(self, connection: Connection, policies: PolicyBook, at: datetime) -> None:
        rank = ranking(policies, at)
        self._rows = {entry.account: (rank(entry), entry) for entry in entries(connection, at)}
        self._at, self._policies = at, policies.stream_version
        self._sort(at)

    def _work_out_changed(self, connection: Connection, policies: PolicyBook, at: datetime) -> None:
        query = select(timeline.c.account).where(timeline.c.position > self._position).distinct()
        changed = list(connection.execute(query.limit(MOST_ANEW + 1)).scalars())
        if len(changed) > MOST_ANEW:
            return self._work_out(connection, policies, at)
        for account in changed:
            self._rows.pop(account, None)
        rank = ranking(policies, at)
        self._rows |= {entry.account: (rank(entry), entry) for entry in entries(connection, at, only=changed)}
        return self._sort(at)

    def _sort(self, at: datetime) -> None:
        self._ranked = sorted(self._rows.values(), key=lambda row: urgency(row[0], row[1], at.date()))


# --- parts of it ------------------------------------------------------------------------------------------

KINDS: dict[str, Callable[[Entry], bool]] = {
    "calls": lambda entry: bool(entry.calls),
    "follow-ups": lambda entry: entry.follow_up is not None,
    "broken": lambda entry: entry.broken_on is not None,
}
"""What an account may wait for."""


def of_collector(ranked: Ranked, collector: str | None) -> Ranked:
    """The rows of one collector ("": of nobody; None: all)."""
    if collector is None:
        return ranked
    return [row for row in ranked if (row[1].collector or "") == collector]


def of_kind(ranked: Ranked, kind: str) -> Ranked:
    """The rows that wait for that, of KINDS; all for anything else."""
    waits = KINDS.get(kind)
    return ranked if waits is None else [row for row in ranked if waits(row[1])]


def by_collector(ranked: Ranked) -> Counter[str]:
    """How many rows each collector has; "": nobody."""
    return Counter(row[1].collector or "" for row in ranked)


def by_kind(ranked: Ranked) -> dict[str, int]:
    """How many rows wait for each thing."""
    return {kind: sum(map(waits, (row[1] for row in ranked))) for kind, waits in KINDS.items()}


def without(ranked: Ranked, accounts: Collection[str]) -> Ranked:
    """The rows of other accounts than these."""
    return [row for row in ranked if row[1].account not in accounts]
