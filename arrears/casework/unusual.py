"""Exceptions of the book: those that its facts show, and letters that wait in the outbox for an address."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Engine, select

from arrears.delivery.letters.printing import LETTER, NO_ADDRESS, TOO_LONG
from arrears.delivery.outbox import moment_of, outbox
from projections.connection import reading
from projections.exceptions import Exceptional, debtor, exceptions, readable
from projections.tables import accounts


def unusual(database: Engine, at: datetime, as_known: datetime | None = None) -> list[Exceptional]:
    """All that waits for a person; the outbox is of today, and says nothing of what was known before."""
    found = exceptions(database, at, as_known)
    return found if as_known else [*found, *readable(database, list(without_address(database, at)))]


def without_address(database: Engine, at: datetime) -> Iterator[Exceptional]:
    """Letters that were to be printed, and have nowhere to go; not readable yet."""
    query = (
        select(outbox.c.account, outbox.c.leaves_at, outbox.c.trouble, *debtor(outbox.c.account))
        .outerjoin(accounts, accounts.c.stream == outbox.c.account)
        .where(outbox.c.channel == LETTER, outbox.c.trouble.in_((NO_ADDRESS, TOO_LONG)))
        .order_by(outbox.c.leaves_at, outbox.c.contact)
    )
    with reading(database) as connection:
        rows = connection.execute(query).all()
    for row in rows:
        since = moment_of(row.leaves_at).astimezone(at.tzinfo).date()
        if since <= at.date():
            yield Exceptional(
                kind="no_address", account=row.account, number=row.number, name=row.name, step="",
                channel=LETTER, since=since, waiting_days=(at.date() - since).days,
                rests_on_backfill=False, detail=row.trouble,
            )  # fmt: skip
