"""The work of agencies, placement by placement and posting by posting: what the reports are held to."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, select

from engine.domain.money import from_minor
from projections.agencies import AgencyRow
from projections.connection import reading
from projections.placements import placement_list
from projections.tables import placement_items, placements, postings, recalled_items, remittances

Spell = tuple[str, date, date]
"""Which agency had something, from which day to which."""


def plain_agency_rows(database: Engine, as_of: date, as_known: datetime | None = None) -> list[AgencyRow]:
    """Each agency's work up to the end of that day, as known at that moment, by agency and currency."""
    found: dict[tuple[str, str], AgencyRow] = {}

    def row(agency: str, currency: str) -> AgencyRow:
        return found.setdefault((agency, currency), AgencyRow(agency, currency))

    for placement in placement_list(database, as_of, as_known):
        if placement.status in ("placed", "recalled"):
            for currency, placed in placement.placed.items():
                one = row(placement.agency, currency)
                one.placements += 1
                one.recalled += placement.status == "recalled"
                one.placed += placed
                one.open += placement.open[currency] if placement.status == "placed" else 0
    with reading(database, as_known) as connection:
        passed_on = _rows(connection, select(remittances))
        for one in passed_on:
            if one.happened_on <= as_of:
                row(one.agency, one.currency).recovered += from_minor(one.gross_minor, one.currency)
                row(one.agency, one.currency).commission += from_minor(one.commission_minor, one.currency)
        through = {(one.account, one.payment) for one in passed_on}
        for agency, paid in _direct(connection, as_of):
            if (paid.account, paid.document) not in through:
                row(agency, paid.currency).direct += from_minor(-paid.amount_minor, paid.currency)
    return [found[key] for key in sorted(found)]


def _rows(connection: Connection, query: Select[Any]) -> Sequence[Any]:
    return connection.execute(query).all()


def _direct(connection: Connection, as_of: date) -> Iterator[tuple[str, Any]]:
    """What payments paid on items while an agency had them."""
    spells = _spells(connection, as_of)
    rows = _rows(connection, select(postings))
    received = {(one.account, one.document) for one in rows if one.kind == "payment"}
    for paid in rows:
        of_item = paid.kind in ("allocation", "reopening") and paid.item is not None
        if of_item and paid.effective_on <= as_of and (paid.account, paid.document) in received:
            for agency, start, end in spells[paid.account, paid.item]:
                if start <= paid.effective_on <= end:
                    yield agency, paid


def _spells(connection: Connection, as_of: date) -> dict[tuple[str, str], list[Spell]]:
    """From when to when which agency had each item."""
    query = select(placements).where(placements.c.happened_on <= as_of).order_by(placements.c.position)
    given, taken = defaultdict(list), defaultdict(list)
    for line in _rows(connection, select(placement_items)):
        given[line.position].append(line.item)
    for line in _rows(connection, select(recalled_items)):
        taken[line.position].append(line.item)
    running: dict[tuple[str, str, str], Spell] = {}
    found: dict[tuple[str, str], list[Spell]] = defaultdict(list)
    for row in _rows(connection, query):
        if row.status == "placed":
            for item in given[row.position]:
                running[row.account, row.placement, item] = (row.agency, row.happened_on, date.max)
        elif row.status == "recalled":
            for key in [key for key in running if key[:2] == (row.account, row.placement)]:
                if not taken[row.position] or key[2] in taken[row.position]:
                    agency, start, _ = running.pop(key)
                    found[row.account, key[2]].append((agency, start, row.happened_on))
    for (account, _, item), spell in running.items():
        found[account, item].append(spell)
    return found
