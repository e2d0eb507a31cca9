"""What agencies were given, what they brought in, and what they have to be told."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    Select,
    exists,
    func,
    or_,
    select,
    tuple_,
)

from engine.domain.money import ZERO, from_minor
from projections.connection import reading
from projections.paid import paid_on_items, received_on
from projections.personal import read_people
from projections.placements import given_to_agencies
from projections.tables import (
    accounts,
    disputes,
    placement_items,
    placements,
    postings,
    recalled_items,
    remittances,
)

News = Literal["payment to us", "disputed", "recalled"]
ENDED = date.max


class Spell(NamedTuple):
    """An item that an agency has or had, from `start` to `end`, the day on which it was recalled."""

    account: str
    item: str
    placement: str
    agency: str
    start: date
    end: date


@dataclass
class AgencyRow:
    """An agency's work in one currency. `placed` is what it was given; `recovered` what it collected, gross,
    of which it kept `commission`; `direct` what debtors paid to us meanwhile; `open` what it has now.

    Rates are fractions: `recovery_rate` of what was placed, `cost_rate` of what was recovered.
    """

    agency: str
    currency: str
    placements: int = 0
    recalled: int = 0
    placed: Decimal = ZERO
    recovered: Decimal = ZERO
    commission: Decimal = ZERO
    direct: Decimal = ZERO
    open: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        """What reached us of what it collected."""
        return self.recovered - self.commission

    @property
    def recovery_rate(self) -> Decimal | None:
        return self.recovered / self.placed if self.placed else None

    @property
    def cost_rate(self) -> Decimal | None:
        return self.commission / self.recovered if self.recovered else None


@dataclass(frozen=True)
class AgencyNews:
    """Something that the agency has to be told: on which item of which account, and how much of it."""

    on: date
    what: News
    number: str
    placement: str
    item: str
    reference: str
    currency: str | None
    amount: Decimal | None


def agency_rows(database: Engine, as_of: date, as_known: datetime | None = None) -> list[AgencyRow]:
    """Each agency's work up to the end of that day, as known at that moment, by agency and currency."""
    found: dict[tuple[str, str], AgencyRow] = {}

    def row(agency: str, currency: str) -> AgencyRow:
        return found.setdefault((agency, currency), AgencyRow(agency, currency))

    with reading(database, as_known) as connection:
        for (agency, currency), given in given_to_agencies(connection, as_of).items():
            one = row(agency, currency)
            one.placements, one.recalled = given.placements, given.recalled
            one.placed = from_minor(given.placed_minor, currency)
            one.open = from_minor(given.open_minor, currency)
        for passed_on in connection.execute(_passed_on(as_of)):
            one = row(passed_on.agency, passed_on.currency)
            one.recovered = from_minor(int(passed_on.gross_minor), passed_on.currency)
            one.commission = from_minor(int(passed_on.commission_minor), passed_on.currency)
        direct = _direct(as_of).subquery()
        total = func.sum(direct.c.amount_minor).label("minor")
        query = select(direct.c.agency, direct.c.currency, total).group_by(direct.c.agency, direct.c.currency)
        for paid in connection.execute(query):
            row(paid.agency, paid.currency).direct = from_minor(-int(paid.minor), paid.currency)
    return [found[key] for key in sorted(found)]


def agency_news(
    database: Engine, agency: str, since: date, as_of: date, as_known: datetime | None = None
) -> list[AgencyNews]:
    """What happened on those days on items that the agency had: payments to us, disputes, recalls."""
    with reading(database, as_known) as connection:
        spells = [one for one in _spells(connection, as_of) if one.agency == agency]
        numbers = _numbers(connection, {spell.account for spell in spells})
        news = [
            *_payments(connection, agency, numbers, as_of),
            *_disputes(connection, spells, numbers, as_of),
            *_recalls(spells, numbers),
        ]
    news = [one for one in news if since <= one.on <= as_of]
    return sorted(news, key=lambda one: (one.on, one.number, one.item, one.what, one.reference))


def _payments(
    connection: Connection, agency: str, numbers: Mapping[str, str], as_of: date
) -> Iterator[AgencyNews]:
    for paid in connection.execute(_direct(as_of, agency)):
        yield AgencyNews(
            paid.effective_on, "payment to us", numbers[paid.account], paid.placement, paid.item,
            paid.document, paid.currency, from_minor(-paid.amount_minor, paid.currency),
        )  # fmt: skip


def _disputes(
    connection: Connection,
    spells: Sequence[Spell],
    numbers: Mapping[str, str],
    as_of: date,
) -> Iterator[AgencyNews]:
    query = select(disputes).where(disputes.c.happened_on <= as_of)
    held = _by_item(spells)
    for row in connection.execute(query):
        for spell in held.get((row.account, row.item), ()):
            if spell.start <= row.happened_on <= spell.end:
                yield AgencyNews(
                    row.happened_on, "disputed", numbers[spell.account], spell.placement, spell.item,
                    row.dispute, None, None,
                )  # fmt: skip


def _recalls(spells: Iterable[Spell], numbers: Mapping[str, str]) -> Iterator[AgencyNews]:
    for spell in spells:
        if spell.end != ENDED:
            yield AgencyNews(
                spell.end, "recalled", numbers[spell.account], spell.placement, spell.item, spell.placement,
                None, None,
            )  # fmt: skip


def _spells(connection: Connection, as_of: date) -> list[Spell]:
    """From when to when an agency had each item."""
    query = select(placements).where(placements.c.happened_on <= as_of).order_by(placements.c.position)
    given, taken = _lines(connection, placement_items), _lines(connection, recalled_items)
    running: dict[tuple[str, str, str], Spell] = {}
    ended: list[Spell] = []
    for row in connection.execute(query):
        if row.status == "placed":
            for item in given[row.position]:
                running[row.account, row.placement, item] = Spell(
                    row.account, item, row.placement, row.agency, row.happened_on, ENDED
                )
        elif row.status == "recalled":
            for key in [key for key in running if key[:2] == (row.account, row.placement)]:
                if not taken[row.position] or key[2] in taken[row.position]:
                    ended.append(running.pop(key)._replace(end=row.happened_on))
    return [*ended, *running.values()]


def _lines(connection: Connection, table: Any) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for position, item in connection.execute(select(table.c.position, table.c.item).order_by(table.c.line)):
        found[position].append(item)
    return found


def _by_item(spells: Iterable[Spell]) -> dict[tuple[str, str], list[Spell]]:
    held: dict[tuple[str, str], list[Spell]] = defaultdict(list)
    for spell in spells:
        held[spell.account, spell.item].append(spell)
    return held


def _passed_on(as_of: date) -> Select[Any]:
    """What agencies passed on, by agency and currency."""
    keys = (remittances.c.agency, remittances.c.currency)
    sums = (func.sum(remittances.c[name]).label(name) for name in ("gross_minor", "commission_minor"))
    return select(*keys, *sums).where(remittances.c.happened_on <= as_of).group_by(*keys)


def _direct(as_of: date, agency: str | None = None) -> Select[Any]:
    """What was paid to us on items while an agency (that one, or any) had them: allocations of payments that
    it did not pass on."""
    line, earlier = placement_items, placement_items.alias("earlier")
    named_before = exists().where(
        earlier.c.position == line.c.position, earlier.c.item == line.c.item, earlier.c.line < line.c.line
    )
    held = select(placements, line.c.item).join(line, line.c.position == placements.c.position)
    held = held.where(placements.c.status == "placed", placements.c.happened_on <= as_of, ~named_before)
    if agency is not None:
        held = held.where(placements.c.agency == agency)
    # Before the postings, else SQLite would look for placements beside each of them.
    had = held.cte("had").prefix_with("MATERIALIZED")
    passed_on = select(remittances.c.account, remittances.c.payment)
    return (
        select(
            had.c.agency, had.c.account, had.c.placement, had.c.item, postings.c.document,
            postings.c.currency, postings.c.amount_minor, postings.c.effective_on,
        )
        .join(postings, (postings.c.account == had.c.account) & (postings.c.item == had.c.item))
        .where(paid_on_items, postings.c.effective_on >= had.c.happened_on, postings.c.effective_on <= as_of)
        .where(postings.c.effective_on <= func.coalesce(_recalled_on(had, as_of), as_of))
        .where(received_on().is_not(None))
        .where(tuple_(postings.c.account, postings.c.document).not_in(passed_on))
    )  # fmt: skip


def _recalled_on(had: FromClause, as_of: date) -> ColumnElement[Any]:
    """The day on which an item that an agency had was recalled, by name or with all others."""
    recall = placements.alias("recall")
    named = recalled_items.c.position == recall.c.position
    by_name = exists().where(named, recalled_items.c.item == had.c.item).correlate(recall, had)
    return (
        select(recall.c.happened_on)
        .where(recall.c.account == had.c.account, recall.c.placement == had.c.placement)
        .where(recall.c.status == "recalled", recall.c.position > had.c.position)
        .where(recall.c.happened_on <= as_of, or_(~exists().where(named), by_name))
        .order_by(recall.c.position)
        .limit(1)
        .scalar_subquery()
    )


def _numbers(connection: Connection, streams: set[str]) -> dict[str, str]:
    number = func.coalesce(accounts.c.number, accounts.c.stream).label("number")
    query = select(accounts.c.stream, number).where(accounts.c.stream.in_(streams))
    return {row.stream: row.number for row in read_people(connection, query)}
