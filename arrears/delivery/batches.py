"""Letters that are being printed: which batch each is in, and who is at it until when.

A batch is kept here from before it is written until what became of its letters is recorded, so that one that
was cut short is written again under its own name. Not made from the log.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Column, Engine, Index, MetaData, Table, Text, delete, select, update

from engine.agenda import micros
from projections.catch_up import insert_or
from projections.connection import writing

metadata = MetaData()
batches = Table(
    "print_batches",
    metadata,
    Column("contact", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("batch", Text, nullable=False),
    Column("claimed_by", Text, nullable=False),
    Column("claimed_until", BigInteger, nullable=False),
)
Index("print_batches_batch", batches.c.batch)


def add(
    database: Engine, batch: str, letters: Sequence[tuple[str, str]], owner: str, until: datetime
) -> None:
    """Puts letters (contact, account) into a batch of ours, which is ours until then."""
    rows = [
        {"contact": contact, "account": account, "batch": batch, "claimed_by": owner,
         "claimed_until": micros(until)}
        for contact, account in letters
    ]  # fmt: skip
    with writing(database) as connection:
        connection.execute(insert_or(connection, batches).on_conflict_do_nothing(), rows)


def hold(database: Engine, batch: str, owner: str, until: datetime) -> bool:
    """Keeps a batch of ours until then; False where somebody else has taken it over."""
    mine = (batches.c.batch == batch) & (batches.c.claimed_by == owner)
    with writing(database) as connection:
        held = connection.execute(update(batches).where(mine).values(claimed_until=micros(until)))
    return bool(held.rowcount)


def take_over(database: Engine, at: datetime, owner: str, until: datetime) -> list[str]:
    """The batches that nobody is at any more; they are ours until then."""
    over = batches.c.claimed_until <= micros(at)
    with writing(database) as connection:
        names = connection.execute(select(batches.c.batch).where(over).distinct()).scalars().all()
        ours = {"claimed_by": owner, "claimed_until": micros(until)}
        return [
            name
            for name in sorted(names)
            if connection.execute(
                update(batches).where(batches.c.batch == name, over).values(**ours)
            ).rowcount
        ]


def letters_of(database: Engine, batch: str) -> list[tuple[str, str]]:
    """The letters of a batch (contact, account) that are not recorded yet, in the order of the pages."""
    query = select(batches.c.contact, batches.c.account).where(batches.c.batch == batch)
    with database.connect() as connection:
        return [(row.contact, row.account) for row in connection.execute(query.order_by(batches.c.contact))]


def take_out(database: Engine, contact: str) -> None:
    """A letter that is not to be printed in its batch after all."""
    with writing(database) as connection:
        connection.execute(delete(batches).where(batches.c.contact == contact))
