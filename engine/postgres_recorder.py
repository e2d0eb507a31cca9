"""The library's PostgreSQL recorder, made safe for large transactions."""

from collections.abc import Iterable, Sequence
from typing import Any

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder
from psycopg import Cursor
from psycopg.rows import DictRow

FACTS_PER_STATEMENT = 500


class PagedPostgresRecorder(PostgresApplicationRecorder):
    """Inserts the facts of one transaction a page at a time.

    The library sends them as one array in pipeline mode, where a statement of some megabytes was seen to
    stop for ever: the client waits for an answer before the server has had the whole question.
    """

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        if len(stored_events) <= FACTS_PER_STATEMENT:
            positions: Sequence[int] | None = super().insert_events(stored_events, **kwargs)
            return positions
        with self.datastore.get_connection() as connection, connection.transaction():
            return self._insert_page(connection.cursor(), stored_events)

    def insert_pages(self, pages: Iterable[Sequence[StoredEvent]]) -> None:
        """Inserts all pages in one transaction, and has no more than one of them in memory."""
        with self.datastore.get_connection() as connection, connection.transaction():
            cursor = connection.cursor()
            for page in pages:
                self._insert_page(cursor, page)

    def _insert_page(self, cursor: Cursor[DictRow], facts: Sequence[StoredEvent]) -> list[int]:
        self._lock_table(cursor)
        self._notify_channel(cursor)
        positions: list[int] = []
        for start in range(0, len(facts), FACTS_PER_STATEMENT):
            page = [
                self.construct_pg_stored_event(
                    fact.originator_id, fact.originator_version, fact.topic, fact.state
                )
                for fact in facts[start : start + FACTS_PER_STATEMENT]
            ]
            cursor.execute(self.insert_events_statement, (page,))
            positions += [row["notification_id"] for row in cursor.fetchall()]
        return positions
