"""The exceptions of a book, kept in memory and up with the tables, for whoever pages through them.

Looking for them reads all that is open: milliseconds in a small book, seconds in one of 50,000 accounts.
After a fact only its account is looked at again. Numbers and names are kept sealed; pages open their own.
"""

from collections.abc import Sequence
from datetime import datetime
from threading import Lock

from sqlalchemy import Connection, func, select

from arrears.casework.unusual import without_address
from arrears.wiring import Book
from projections.clocks import end_of
from projections.connection import reading
from projections.exceptions import Exceptional, Placed, placed
from projections.tables import timeline

MOST_ANEW = 500
"""Where more accounts than that changed, all are looked at."""

Sealed = Sequence[Exceptional]
"""Exceptions whose numbers and names `projections.exceptions.readable` opens."""


class Lookout:
    """The exceptions as they stand at the end of the book's day; the first look of a day takes longest."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._state: tuple[datetime, int] | None = None
        self._position = -1
        self._by_account: dict[str, list[Placed]] = {}
        self._listed: Sealed = ()

    def listed(self, book: Book) -> Sealed:
        """The exceptions that the facts show, by kind; the tables are brought up first."""
        book.catch_up()
        at, cipher = end_of(book.today, book.zone), book.store.cipher
        state = at, cipher.ring.erasures() if cipher else 0
        with self._lock, reading(book.database, as_of=at.date()) as connection:
            last = connection.execute(select(func.max(timeline.c.position))).scalar_one() or 0
            if state != self._state or last < self._position:
                self._look(connection, at, None)
            elif last > self._position:
                self._look(connection, at, self._changed(connection))
            self._state, self._position = state, last
            return self._listed

    def all_listed(self, book: Book) -> Sealed:
        """The same, and letters that wait in the outbox for an address."""
        return [*self.listed(book), *without_address(book.database, end_of(book.today, book.zone))]

    def _changed(self, connection: Connection) -> list[str] | None:
        """The accounts of which there is something new; None: too many."""
        query = select(timeline.c.account).where(timeline.c.position > self._position).distinct()
        changed = list(connection.execute(query.limit(MOST_ANEW + 1)).scalars())
        return None if len(changed) > MOST_ANEW else changed

    def _look(self, connection: Connection, at: datetime, only: Sequence[str] | None) -> None:
        kept = self._by_account
        for account in list(kept) if only is None else only:
            kept.pop(account, None)
        for found in placed(connection, at, only):
            kept.setdefault(found.one.account, []).append(found)
        every = sorted((found for some in kept.values() for found in some), key=lambda found: found.place)
        self._listed = [found.one for found in every]
