"""Reads the rows of accounts from which their figures are worked out, a page of accounts at a time."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import Connection, Select, Table, select, union

from projections.clocks import known
from projections.figures.cells import AccountRows, Moved
from projections.figures.days import month_of
from projections.figures.promised import Judged, Promised
from projections.slices import in_parts
from projections.tables import account_details, contacts, item_terms, postings, promise_states, promises

TABLES = (postings, item_terms, account_details, contacts, promises, promise_states)
"""All that figures are worked out from."""


def touched(connection: Connection, after: int) -> list[str]:
    """The accounts that any row after that place in the log belongs to."""
    found = union(*(select(table.c.account).where(table.c.position > after) for table in TABLES))
    return sorted(row.account for row in connection.execute(found))


def account_rows(
    connection: Connection, accounts: Sequence[str], zone: tzinfo, as_known: datetime | None = None
) -> Iterator[Mapping[str, AccountRows]]:
    """The rows of these accounts, in pages; as known at that moment (None: now)."""
    for some in in_parts(accounts):
        yield _page(connection, some, zone, as_known)


def _page(
    connection: Connection, accounts: Sequence[str], zone: tzinfo, as_known: datetime | None
) -> Mapping[str, AccountRows]:
    def of(table: Table, *columns: Any) -> Iterable[Any]:
        query: Select[Any] = select(table.c.account, *columns).where(
            table.c.account.in_(accounts), known(table, as_known)
        )
        return connection.execute(query.order_by(table.c.position))

    found: dict[str, AccountRows] = defaultdict(AccountRows)
    p, t, c = postings.c, item_terms.c, contacts.c
    for account, position, item, kind, document, currency, minor, day in of(
        postings, p.position, p.item, p.kind, p.document, p.currency, p.amount_minor, p.effective_on
    ):
        moved = Moved(position, item, kind, document, currency, minor, day.toordinal())
        found[account].moved.append(moved)
    for account, item, position, due, effective in of(
        item_terms, t.item, t.position, t.due_on, t.effective_on
    ):
        found[account].terms.setdefault(item, []).append((position, due.toordinal(), effective.toordinal()))
    for account, position, at, outcome, kind in of(contacts, c.position, c.at, c.outcome, c.kind):
        if kind == "call":
            called_on = at.astimezone(zone).date().toordinal()
            found[account].calls.append((position, called_on, outcome or ""))
    for account, position, segment, collector in of(
        account_details, account_details.c.position, account_details.c.segment, account_details.c.collector
    ):
        found[account].said.append((position, segment, collector))
    n = promises.c
    for account, position, promise, plan, currency, minor, on in of(
        promises, n.position, n.promise, n.plan, n.currency, n.amount_minor, n.promised_on
    ):
        month = month_of(on.toordinal())
        found[account].promises.append(Promised(position, promise, plan, currency, minor, month))
    s = promise_states.c
    for account, position, promise, status, received, on in of(
        promise_states, s.position, s.promise, s.status, s.received_thousandths, s.happened_on
    ):
        found[account].judged.append(Judged(position, promise, status, received, on.toordinal()))
    return found
