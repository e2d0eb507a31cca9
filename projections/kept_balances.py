"""Keeps what was open on each item on which days, as known when, so that any day on both clocks costs a look
at what was open then; see `projections.balances`."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    and_,
    bindparam,
    cast,
    delete,
    insert,
    select,
)

from projections.length_classes import class_of
from projections.postings import RAISED
from projections.rectangles import Change, Key, Rectangle, State, after, merged, rebuilt
from projections.rows import Row
from projections.slices import in_parts, listed
from projections.tables import balances, item_terms, postings

Known = dict[Key, list[Rectangle]]


def keep_balances(connection: Connection, changes: Sequence[Change]) -> None:
    """Brings the table up by changes in the order of the log, whose postings are in the tables already."""
    by_key: dict[Key, list[Change]] = defaultdict(list)
    for change in changes:
        by_key[change.key].append(change)
    held = _held(connection, {key: _since(some) for key, some in by_key.items()})
    gone: list[Row] = []
    made: list[Row] = []
    for key, some in by_key.items():
        before = held.get(key, [])
        found = _followed(before, some)
        if found is None:
            connection.execute(delete(balances).where(_of(key)))
            before, found = [], rebuilt(_all(connection, key, some[-1].position))
        gone += [_place(key, one) for one in set(before).difference(found)]
        made += [_row(key, one) for one in set(found).difference(before)]
    _write(connection, gone, made)


def _since(some: Iterable[Change]) -> date:
    return min(date.min if one.item_kind else one.on for one in some)


def _followed(known: Sequence[Rectangle], some: Sequence[Change]) -> list[Rectangle] | None:
    """The rectangles after the changes; None where one was known before the last that is there already."""
    closed: list[Rectangle] = []
    still = list(known)
    for change in some:
        if still and still[-1].known_from > change.known_at:
            return None
        found = sorted(after(still, change), key=lambda one: one.from_on)
        closed += [one for one in found if one.known_until is not None]
        still = [one for one in found if one.known_until is None]
    return closed + still


def _write(connection: Connection, gone: Sequence[Row], made: Sequence[Row]) -> None:
    if gone:
        place = (one == bindparam(f"of_{one.name}") for one in balances.primary_key.columns)
        connection.execute(delete(balances).where(*place), gone)
    if made:
        connection.execute(insert(balances), made)


def _place(key: Key, one: Rectangle) -> Row:
    return {
        **{f"of_{name}": value for name, value in key._asdict().items()},
        "of_from_on": one.from_on, "of_known_from": one.known_from,
    }  # fmt: skip


def _row(key: Key, one: Rectangle) -> Row:
    known_class = None if one.known_until is None else class_of(one.known_until - one.known_from)
    return {
        **key._asdict(), **one.state._asdict(), "from_on": one.from_on, "last_on": one.last_on,
        "known_from": one.known_from, "known_until": one.known_until, "known_class": known_class,
        "days_class": class_of(one.last_on - one.from_on + timedelta(1)),
    }  # fmt: skip


# --- what is there ----------------------------------------------------------------------------------------


def _of(key: Key) -> ColumnElement[bool]:
    return and_(*(balances.c[name] == value for name, value in key._asdict().items()))


def _held(connection: Connection, since: Mapping[Key, date]) -> Known:
    """The rectangles that are known still and end on that day or later, by key, in the order of days."""
    found: Known = defaultdict(list)
    for some in in_parts(list(since.items())):
        asked = listed(connection, [(*key, f"{on}") for key, on in some], *Key._fields, "since")
        same = [balances.c[name] == asked.c[name] for name in Key._fields]
        on_day = cast(asked.c.since, Date) if connection.dialect.name == "postgresql" else asked.c.since
        query = select(balances).join(asked, and_(*same))
        wanted = query.where(balances.c.known_until.is_(None), balances.c.last_on >= on_day)
        for row in connection.execute(wanted.order_by(balances.c.from_on)):
            found[Key(row.account, row.item, row.currency)].append(_rectangle(row))
    return found


def _rectangle(row: Any) -> Rectangle:
    state = State(*(getattr(row, name) for name in State._fields))
    return Rectangle(row.from_on, row.last_on, row.known_from, row.known_until, state)


def _all(connection: Connection, key: Key, until: int) -> list[Change]:
    """All changes of an item up to that place in the log, from the tables."""
    item = key.item or None
    moved = select(postings).where(
        postings.c.account == key.account, postings.c.item.is_not_distinct_from(item),
        postings.c.currency == key.currency, postings.c.position <= until,
    )  # fmt: skip
    said = select(item_terms).where(
        item_terms.c.account == key.account, item_terms.c.item == item, item_terms.c.position <= until
    )
    found = [
        moving(key.account, row.position, row, row.known_at, row.backfilled)
        for row in connection.execute(moved)
    ]
    found += [
        Change(key, row.position, row.effective_on, row.known_at, due_on=row.due_on)
        for row in connection.execute(said)
    ]
    return sorted(merged(found), key=lambda one: one.position)


def moving(account: str, position: int, posting: Any, known_at: datetime, backfilled: bool) -> Change:
    """What a posting, or its row, changes."""
    key = Key(account, posting.item or "", posting.currency)
    on, raises = posting.effective_on, posting.kind in RAISED
    return Change(
        key, position, on, known_at, posting.amount_minor, item_kind=posting.kind if raises else None,
        issued_on=on if raises else None, backfilled=backfilled,
    )  # fmt: skip
