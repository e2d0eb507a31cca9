"""What moved an aging report between two moments of knowledge: each fact, and the buckets it moved."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, literal, select, union

from engine.domain.money import from_minor
from projections.aging import EDGES, UNAPPLIED, bucket_labels, bucket_of
from projections.connection import reading
from projections.length_classes import CLASSES, beginnings
from projections.personal import read_people
from projections.slices import in_parts, listed
from projections.tables import accounts, balances, item_terms, postings, timeline


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


class Learnt(NamedTuple):
    """What became known after one moment, and by another."""

    since: datetime
    until: datetime


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
    learnt = Learnt(as_known, against)
    with reading(database) as connection:
        touched = _touched(connection, as_of, learnt, account)
        steps = sorted(_steps(connection, as_of, learnt, touched), key=itemgetter(0, 1))
        for step, bucket, amount, currency in _moved(steps, as_of, labels, edges):
            if step.known_at > as_known and amount:
                moves[step.position, currency][bucket] += amount
        facts = _facts(connection, sorted({position for position, _ in moves}))
    changes = [_change(facts[position], currency, moved) for (position, currency), moved in moves.items()]
    return [change for change in changes if change.moves]


def _steps(
    connection: Connection, as_of: date, learnt: Learnt, touched: Sequence[tuple[str, str]]
) -> Iterator[_Step]:
    """All that was ever known of the items that something new was learnt about, and what is new unapplied."""
    p, t = postings.c, item_terms.c
    posted = select(p.known_at, p.position, p.account, p.item, p.currency, p.amount_minor, literal(None))
    stated = select(t.known_at, t.position, t.account, t.item, literal(None), literal(0), t.due_on)
    for some in in_parts([pair for pair in touched if pair[1]]):
        wanted = listed(connection, some, "account", "item")
        for query, table in ((posted, postings), (stated, item_terms)):
            same = (wanted.c.account == table.c.account) & (wanted.c.item == table.c.item)
            until = (table.c.effective_on <= as_of, table.c.known_at <= learnt.until)
            yield from (_Step(*row) for row in connection.execute(query.join(wanted, same).where(*until)))
    for accounts_of in in_parts([account for account, item in touched if not item]):
        news = (p.known_at > learnt.since, p.known_at <= learnt.until, p.effective_on <= as_of)
        mine = posted.where(p.account.in_(accounts_of), p.item.is_(None), *news)
        yield from (_Step(*row) for row in connection.execute(mine))


def _touched(
    connection: Connection, as_of: date, learnt: Learnt, account: str | None
) -> list[tuple[str, str]]:
    """The items (empty: unapplied money) of which something other than zero was learnt, or given up, about
    that day."""
    b, (since, until) = balances.c, learnt
    held = [b.open_minor != 0, b.from_on <= as_of, b.last_on >= as_of]
    held += [] if account is None else [b.account == account]
    new = (b.known_from > since, b.known_from <= until)
    still, superseded = b.known_until.is_(None), b.known_until.is_not(None)
    found = [(still, *new, begins) for begins in beginnings(b.days_class, b.from_on, as_of)]
    found += [
        (superseded, b.known_until > since, b.known_until <= until, begins)
        for begins in beginnings(b.known_class, b.known_from, since)
    ]
    found += [(superseded, *new, b.known_class == one) for one in CLASSES]
    query = union(*(select(b.account, b.item).where(*held, *conditions) for conditions in found))
    return sorted((row.account, row.item) for row in connection.execute(query))


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


def _facts(connection: Connection, places: Sequence[int]) -> dict[int, Any]:
    query = select(timeline, accounts.c.number).outerjoin(accounts, accounts.c.stream == timeline.c.account)
    return {
        row.position: row
        for some in in_parts(places)
        for row in read_people(connection, query.where(timeline.c.position.in_(some)))
    }


def _change(fact: Any, currency: str, moved: dict[str, int]) -> AgingChange:
    signed = ((name, -minor if name == UNAPPLIED else minor) for name, minor in moved.items() if minor)
    return AgingChange(
        account=fact.account, number=fact.number or fact.account, version=fact.version, topic=fact.topic,
        known_at=fact.known_at, currency=currency,
        moves={name: from_minor(minor, currency) for name, minor in signed},
    )  # fmt: skip
