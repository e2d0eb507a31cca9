"""What moved an aging report between two moments of knowledge: each fact, and the buckets it moved."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Select, exists, literal, select, union

from engine.domain.money import from_minor
from projections.aging import EDGES, UNAPPLIED, bucket_labels, bucket_of
from projections.connection import reading
from projections.personal import read_people
from projections.tables import accounts, item_terms, postings, timeline


class KnownBackwards(ValueError):
    """A later state of knowledge that is not later."""

    def __init__(self, as_known: datetime, against: datetime) -> None:
        self.as_known, self.against = as_known, against
        super().__init__(f"{against} is not after {as_known}: expected a later moment to compare with")


@dataclass(frozen=True)
class AgingChange:
    """One fact that became known in between, and by how much it moved each bucket of one currency.

    A move of `unapplied` counts against the total, as in the report.
    """

    account: str
    number: str
    version: int
    topic: str
    known_at: datetime
    currency: str
    moves: dict[str, Decimal]


class _Step(NamedTuple):
    """A posting (`amount_minor`) or a new due date, in the order in which they became known."""

    known_at: datetime
    position: int
    account: str
    item: str | None
    currency: str | None
    amount_minor: int
    due_on: date | None


@dataclass
class _Item:
    open_minor: int = 0
    currency: str = ""
    due_on: date | None = None
    terms_position: int = -1


def aging_changes(
    database: Engine,
    as_of: date,
    as_known: datetime,
    against: datetime,
    edges: Sequence[int] = EDGES,
    account: str | None = None,
) -> list[AgingChange]:
    """Each fact known after `as_known` and by `against` that moves the aging of that day, in that order; of
    one account if named.

    Added to the aging as known first, the moves give the aging as known later. Raises KnownBackwards,
    EdgesNotAscending.
    """
    if against <= as_known:
        raise KnownBackwards(as_known, against)
    labels = bucket_labels(edges)
    moves: dict[tuple[int, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    with reading(database, against) as connection:
        steps = sorted(_steps(connection, as_of, as_known, account), key=itemgetter(0, 1))
        for step, bucket, amount, currency in _moved(steps, as_of, labels, edges):
            if step.known_at > as_known and amount:
                moves[step.position, currency][bucket] += amount
        facts = _facts(connection, as_known)
    changes = [_change(facts[position], currency, moved) for (position, currency), moved in moves.items()]
    return [change for change in changes if change.moves]


def _steps(connection: Connection, as_of: date, as_known: datetime, account: str | None) -> Iterator[_Step]:
    """All that was ever known of the items that something new was learnt about, and what is new unapplied."""
    touched = _touched(as_of, as_known).subquery("touched")
    for table, amount, currency, due_on in (
        (postings, postings.c.amount_minor, postings.c.currency, literal(None)),
        (item_terms, literal(0), literal(None), item_terms.c.due_on),
    ):
        same = (touched.c.account == table.c.account) & (touched.c.item == table.c.item)
        news = table.c.known_at > as_known
        wanted = (
            exists().where(same)
            if table is item_terms
            else exists().where(same) | (table.c.item.is_(None) & news)
        )
        query = select(
            table.c.known_at, table.c.position, table.c.account, table.c.item, currency, amount, due_on
        ).where(table.c.effective_on <= as_of, wanted)
        if account is not None:
            query = query.where(table.c.account == account)
        yield from (_Step(*row) for row in connection.execute(query))


def _touched(as_of: date, as_known: datetime) -> Any:
    """The items of which something became known since."""

    def of(table: Any) -> Select[Any]:
        return select(table.c.account, table.c.item).where(
            table.c.known_at > as_known, table.c.effective_on <= as_of, table.c.item.is_not(None)
        )

    return union(of(postings), of(item_terms))


def _moved(
    steps: Sequence[_Step], as_of: date, labels: Sequence[str], edges: Sequence[int]
) -> Iterator[tuple[_Step, str, int, str]]:
    """Each step with the bucket it moves, by how much, in which currency."""

    def bucket(item: _Item) -> str:
        if item.due_on is None or item.open_minor <= 0:
            return UNAPPLIED
        return labels[bucket_of((as_of - item.due_on).days, edges)]

    known: dict[tuple[str, str], _Item] = defaultdict(_Item)
    for step in steps:
        if step.item is None:
            yield step, UNAPPLIED, step.amount_minor, step.currency or ""
            continue
        item = known[step.account, step.item]
        yield step, bucket(item), -item.open_minor, item.currency
        if step.currency is not None:
            item.currency = step.currency
            item.open_minor += step.amount_minor
        elif step.position > item.terms_position:
            # The latest terms by their place in the log hold, as in the report.
            item.due_on, item.terms_position = step.due_on, step.position
        yield step, bucket(item), item.open_minor, item.currency


def _facts(connection: Connection, as_known: datetime) -> dict[int, Any]:
    query = (
        select(timeline, accounts.c.number)
        .outerjoin(accounts, accounts.c.stream == timeline.c.account)
        .where(timeline.c.known_at > as_known)
    )
    return {row.position: row for row in read_people(connection, query)}


def _change(fact: Any, currency: str, moved: dict[str, int]) -> AgingChange:
    signed = ((name, -minor if name == UNAPPLIED else minor) for name, minor in moved.items() if minor)
    return AgingChange(
        account=fact.account, number=fact.number or fact.account, version=fact.version, topic=fact.topic,
        known_at=fact.known_at, currency=currency,
        moves={name: from_minor(minor, currency) for name, minor in signed},
    )  # fmt: skip
