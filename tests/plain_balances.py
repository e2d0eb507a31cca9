"""What is open on a day, added up from every posting: `projections.balances` has to agree with it."""

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Connection, case, cast, func, select

from projections.tables import item_terms, items, postings

PLAIN = ("account", "item", "currency", "open_minor", "due_on", "item_kind", "issued_on")


def plain_balances(connection: Connection, as_of: date) -> set[tuple[Any, ...]]:
    """What PLAIN names of all that is not zero at the end of that day, as known by the connection."""
    total = cast(func.sum(postings.c.amount_minor), BigInteger)
    moved = (
        select(postings.c.account, postings.c.item, postings.c.currency, total.label("open_minor"))
        .where(postings.c.effective_on <= as_of)
        .group_by(postings.c.account, postings.c.item, postings.c.currency)
        .having(total != 0)
        .subquery()
    )
    due_on = (
        select(item_terms.c.due_on)
        .where(item_terms.c.account == moved.c.account, item_terms.c.item == moved.c.item)
        .where(item_terms.c.effective_on <= as_of)
        .order_by(item_terms.c.position.desc())
        .limit(1)
        .scalar_subquery()
    )
    same = (items.c.account == moved.c.account) & (items.c.item == moved.c.item)
    query = select(
        moved, case((moved.c.open_minor > 0, due_on)), items.c.item_kind, items.c.issued_on
    ).outerjoin(items, same)
    return {tuple(row) for row in connection.execute(query)}
