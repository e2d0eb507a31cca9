"""Lists of promises, contacts, disputes and placements: a page of rows, each with the key it is sorted by."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from arrears.telling.account import placement_row
from arrears.telling.aging import edges_in_force
from arrears.telling.asking import Question
from arrears.telling.contacts import days_asked
from arrears.telling.disputes import dispute_row
from arrears.telling.rows import contact_row, item_row, promise_row
from projections.account_pages import account_streams
from projections.aging import OpenItem, open_items
from projections.clocks import end_of, start_of
from projections.connection import reading
from projections.contacts import contact_rows
from projections.disputes import dispute_rows
from projections.paged import Page
from projections.placements import placement_list
from projections.promises import promise_rows

Key = Sequence[Any]
Keyed = list[tuple[Key, dict[str, Any]]]

LOOKED_AT = 5_000
"""So many rows a page looks at, at most, for some that are wanted: it may then be short, or empty."""
_AT_ONCE = 500


def promises_behind(
    asked: Question, page: Page, number: str | None = None, statuses: Collection[str] = ()
) -> tuple[Keyed, Key | None]:
    """Promises in the order in which money was promised, of some statuses (none named: all), and the key to
    go on behind: None where there are no more. Raises AccountUnknown."""
    only = None if number is None else [asked.account_id(number)]
    found: Keyed = []
    after, looked_at = page.after, 0
    with reading(asked.book.database, asked.as_known) as connection:
        while looked_at < LOOKED_AT:
            size = _AT_ONCE if statuses else page.size + 1
            rows = promise_rows(connection, asked.as_of, only, Page(after, size))
            for one in rows:
                if len(found) == page.size:
                    return found, after
                after = one.key
                if not statuses or one.status in statuses:
                    found.append((one.key, promise_row(one)))
            looked_at += len(rows)
            if len(rows) < size:
                return found, None
    return found, after


def contacts_behind(
    asked: Question, page: Page, since: date | None, until: date | None, number: str | None = None
) -> Keyed:
    """Contacts in the order of time, by default of the last 30 days; raises AccountUnknown."""
    first, last = days_asked(asked, since, until)
    only = None if number is None else [asked.account_id(number)]
    start, end = start_of(first, asked.zone), min(end_of(last, asked.zone), asked.end)
    with reading(asked.book.database, asked.as_known) as connection:
        found = contact_rows(connection, start, end, only, asked.end, page)
    return [((one.at, one.position), contact_row(one)) for one in found]


def items_behind(asked: Question, page: Page, bucket: str | None = None) -> tuple[Keyed, Key | None]:
    """Open items and unapplied money account by account, those of a bucket or all, and the key to go on
    behind: None where there are no more."""
    found: Keyed = []
    after = tuple(page.after or ("", "", ""))
    edges = edges_in_force(asked.book, asked.as_of, asked.as_known)[0]
    with reading(asked.book.database, asked.as_known, asked.as_of) as connection:
        for _ in range(LOOKED_AT // _AT_ONCE):
            streams = account_streams(connection, after[0], _AT_ONCE)
            for one in sorted(open_items(connection, asked.as_of, edges, streams), key=_place):
                if _place(one) <= after or bucket not in (None, one.bucket):
                    continue
                if len(found) == page.size:
                    return found, found[-1][0]
                found.append((_place(one), item_row(one)))
            if len(streams) < _AT_ONCE:
                return found, None
            after = (streams[-1], _LAST, "")
    return found, after


_LAST = "\U0010ffff"


def _place(one: OpenItem) -> tuple[str, str, str]:
    return one.account, one.currency, one.item or ""


def disputes_behind(asked: Question, page: Page, resolved: bool = False) -> Keyed:
    """Disputes, those open longest first."""
    rows = dispute_rows(asked.book.database, asked.as_of, asked.as_known, resolved)
    return _cut([((one.opened_on, one.account, one.dispute), dispute_row(one)) for one in rows], page)


def placements_behind(asked: Question, page: Page, agency: str | None = None) -> Keyed:
    """Placements by account, with one agency or all."""
    rows = placement_list(asked.book.database, asked.as_of, asked.as_known)
    wanted = [one for one in rows if agency in (None, one.agency)]
    return _cut(
        [((one.account, one.placement), {"account": one.number, **placement_row(one)}) for one in wanted],
        page,
    )


def _cut(rows: Keyed, page: Page) -> Keyed:
    """The page of rows that are all there."""
    after = None if page.after is None else tuple(page.after)
    behind = [row for row in rows if after is None or tuple(row[0]) > after]
    return sorted(behind, key=lambda row: tuple(row[0]))[: page.size]
