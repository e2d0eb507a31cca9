"""Whether single facts are as they were sealed: their bytes as stored now beside the hash kept then.

That the kept hashes are what a checkpoint signed is for `verify` to say, which reads the whole log.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, inspect, select

from engine.sealing import kept
from engine.sealing.log import Row, log_table
from engine.sealing.merkle import PAGE
from engine.store import Store

State = Literal["as sealed", "changed", "not sealed yet", "no longer there"]


@dataclass(frozen=True)
class Sealing:
    """A fact's number in the log (from 1), the hash of its bytes, the checkpoint that covers it, and whether
    the bytes are those that were sealed."""

    number: int
    leaf: bytes
    checkpoint: int | None
    state: State


def checkpoint_ends(store: Store) -> list[tuple[int, int]]:
    """The number of each checkpoint and the place of its last fact, in order."""
    if not inspect(store.database).has_table(kept.checkpoints.name):
        return []
    query = select(kept.checkpoints.c.number, kept.checkpoints.c.position)
    with store.database.connect() as connection:
        return [(one.number, one.position) for one in connection.execute(query.order_by("number"))]


def sealings(store: Store, positions: Iterable[int]) -> dict[int, Sealing]:
    """How the facts at these places of the log stand, by place; raises NoCheckpoint."""
    last = kept.last_sealed(store.database) if checkpoint_ends(store) else None
    size = last.checkpoint.size if last else 0
    found = {}
    wanted = sorted(set(positions))
    for position, row, index in zip(wanted, *_rows(store, wanted), strict=True):
        number = last.checkpoint.number if last and index < size else None
        if row is None:
            found[position] = Sealing(index + 1, b"", number, "no longer there")
            continue
        state: State = "not sealed yet"
        if number is not None:
            state = "as sealed" if _kept_leaf(store, index) == row.leaf else "changed"
        found[position] = Sealing(index + 1, row.leaf, number, state)
    return found


def _rows(store: Store, wanted: Sequence[int]) -> tuple[list[Row | None], list[int]]:
    """The row at each place, and its rank from 0, counted in one pass."""
    log, position, fields = log_table(store)
    rows: list[Row | None] = []
    ranks: list[int] = []
    rank, behind = 0, None
    with store.database.connect() as connection:
        for place in wanted:
            between = position < place if behind is None else (position >= behind) & (position < place)
            rank += connection.execute(select(func.count()).select_from(log).where(between)).scalar_one()
            found = connection.execute(fields.where(position == place)).first()
            rows.append(Row(*found) if found else None)
            ranks.append(rank)
            behind = place
    return rows, ranks


def _kept_leaf(store: Store, index: int) -> bytes:
    with store.database.connect() as connection:
        leaves = kept.read_page(connection, index // PAGE)
    return leaves[index % PAGE] if index % PAGE < len(leaves) else b""
