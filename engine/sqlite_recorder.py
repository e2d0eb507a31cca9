"""The library's SQLite recorder, which can also take a whole log in one transaction."""

from collections.abc import Iterable, Sequence

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder


class PagedSQLiteRecorder(SQLiteApplicationRecorder):
    """Inserts as the library does, and pages that come one after the other."""

    def insert_pages(self, pages: Iterable[Sequence[StoredEvent]]) -> None:
        """Inserts all pages in one transaction, and has no more than one of them in memory."""
        with self.datastore.transaction(commit=True) as cursor:
            for page in pages:
                self._insert_events(cursor, page)
