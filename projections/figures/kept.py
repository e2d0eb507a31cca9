"""Figures kept by day: a table that follows the others, so that a page of months costs no look at accounts.

What an account adds is worked out from its rows alone. When rows come in, what each account concerned added
before (worked out from its rows up to then) is taken back, and what it adds now is put in its place: the
table is always what it would be, made anew. It is brought up when figures are asked for, and goes with the
other tables when these are rebuilt.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, tzinfo

from sqlalchemy import Connection, Engine, delete, insert, select

from projections.catch_up import NAME, current_position, insert_or, lock_position
from projections.connection import reading, writing
from projections.figures.cells import Cell, cells_of
from projections.figures.reading import account_rows, touched
from projections.tables import figures, figures_position

Kept = tuple[str, str, Cell]
"""A part of the book (the whole: two empty texts; segment, collector), its name, and a cell."""


def refresh(database: Engine, zone: tzinfo, worked_out: Callable[[int], None] = lambda _: None) -> int:
    """Brings the figures up to the tables, and returns for how many accounts they were worked out anew.

    Days are those of `zone`, the book's. Where nothing is new it costs two queries and locks nothing; what is
    new is worked out before the lock is taken.
    """
    while True:
        with reading(database) as connection:
            before, at = figures_reach(connection), current_position(connection)
            if before == at:
                return 0
            accounts = touched(connection, before)
            changes = _changes(connection, accounts, before, zone, worked_out)
        with writing(database) as connection:
            lock_position(connection, NAME)
            if figures_reach(connection) == before:  # nobody else was first
                _add(connection, changes)
                connection.execute(delete(figures_position))
                connection.execute(insert(figures_position).values(at=at))
                return len(accounts)


def _changes(
    connection: Connection, accounts: Sequence[str], before: int, zone: tzinfo,
    worked_out: Callable[[int], None],
) -> Counter[Kept]:  # fmt: skip
    """What the accounts add now, less what they added when the log reached up to `before`."""
    changes: Counter[Kept] = Counter()
    for page in account_rows(connection, accounts, zone):
        for rows in page.values():
            for sign, one in ((1, rows), (-1, rows.until(before))):
                cells = cells_of(one)
                for cut, key in one.cuts if cells else ():
                    for cell, amount in cells.items():
                        changes[cut, key, cell] += sign * amount
        worked_out(len(page))
    return changes


def figures_reach(connection: Connection) -> int:
    """Up to which place in the log the figures were worked out; 0: not at all yet."""
    return connection.execute(select(figures_position.c.at)).scalar() or 0


def _add(connection: Connection, changes: Counter[Kept]) -> None:
    rows = [
        {
            "cut": cut, "key": key, "currency": currency, "measure": measure,
            "day": date.fromordinal(day), "amount": amount,
        }
        for (cut, key, (currency, measure, day)), amount in changes.items()
        if amount
    ]  # fmt: skip
    if rows:
        statement = insert_or(connection, figures)
        added = {"amount": figures.c.amount + statement.excluded.amount}
        connection.execute(
            statement.on_conflict_do_update(index_elements=figures.primary_key, set_=added), rows
        )
