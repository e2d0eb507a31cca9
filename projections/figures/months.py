"""The figures by month, on both clocks: what stood at its end, and what came in it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, Select, Text, cast, func, select

from engine.domain.money import from_minor
from projections.aging import UNAPPLIED
from projections.connection import reading
from projections.figures.cells import (
    CHARGES,
    PRINCIPAL,
    WHOLE,
    Cells,
    cells_of,
)
from projections.figures.days import end_of_month, first_of, month_named, month_of
from projections.figures.kept import refresh
from projections.figures.promised import PROMISED
from projections.figures.reading import account_rows, touched
from projections.tables import figures

Cut = tuple[str, str]
"""Which part of the book: the whole (two empty texts), ("segment", name) or ("collector", name)."""
Sums = dict[str, dict[int, Counter[str]]]
"""By currency (calls have none: empty) and month, what each measure gained in it."""


@dataclass(frozen=True, slots=True)
class Month:
    """One month in one currency up to the day that was asked for: `gained` in it, and `standing` at its end,
    in the currency's smallest units or in numbers."""

    currency: str
    first: date
    last: date
    gained: Mapping[str, int]
    standing: Mapping[str, int]

    @property
    def name(self) -> str:
        """As `2026-03`."""
        return f"{self.first:%Y-%m}"

    @property
    def days(self) -> int:
        """The days of the month up to the one that was asked for."""
        return (self.last - self.first).days + 1

    @property
    def is_whole(self) -> bool:
        """Whether the month was over on the day that was asked for."""
        return self.last.toordinal() == end_of_month(month_of(self.first.toordinal()))

    def amount(self, *measures: str) -> Decimal:
        """What came in the month, in the currency."""
        return from_minor(sum(self.gained.get(one, 0) for one in measures), self.currency)

    def bucket(self, label: str, parts: Sequence[str] = (PRINCIPAL, CHARGES)) -> Decimal:
        """What stood in a bucket of aging at the end of the month: invoices, interest and fees."""
        return from_minor(sum(self.standing.get(f"{part}/{label}", 0) for part in parts), self.currency)

    @property
    def unapplied(self) -> Decimal:
        """Unapplied money at the end of the month."""
        return from_minor(self.standing.get(UNAPPLIED, 0), self.currency)


def months(
    database: Engine,
    zone: tzinfo,
    as_of: date,
    as_known: datetime | None = None,
    cut: Cut = WHOLE,
) -> dict[str, list[Month]]:
    """By currency, each month from the first of which anything is known to that of the day `as_of`.

    Calls stand under no currency. As known now they are read from figures that are kept by day, else they are
    worked out from each account. Segments and collectors of accounts are those that were last known.
    """
    if as_known is None:
        refresh(database, zone)
        with reading(database) as connection:
            sums = _kept(connection, as_of, cut)
    else:
        with reading(database) as connection:
            sums = _worked_out(connection, zone, as_of, as_known, cut)
    known = {currency: _with_promises(by_month) for currency, by_month in sorted(sums.items())}
    return {
        currency: _in_order(currency, by_month, as_of) for currency, by_month in known.items() if by_month
    }


def _kept(connection: Connection, as_of: date, cut: Cut) -> Sums:
    month = func.substr(cast(figures.c.day, Text), 1, 7)
    query: Select[Any] = (
        select(figures.c.currency, month, figures.c.measure, func.sum(figures.c.amount))
        .where(figures.c.cut == cut[0], figures.c.key == cut[1], figures.c.day <= as_of)
        .group_by(figures.c.currency, month, figures.c.measure)
    )
    sums: Sums = defaultdict(lambda: defaultdict(Counter))
    for currency, name, measure, amount in connection.execute(query):
        sums[currency][month_named(name)][measure] = int(amount)
    return sums


def _worked_out(connection: Connection, zone: tzinfo, as_of: date, as_known: datetime, cut: Cut) -> Sums:
    sums: Sums = defaultdict(lambda: defaultdict(Counter))
    last = as_of.toordinal()
    for page in account_rows(connection, touched(connection, 0), zone, as_known):
        found: Cells = Counter()
        for rows in page.values():
            if cut in rows.cuts:
                found.update(cells_of(rows))
        for (currency, measure, day), amount in found.items():
            if day <= last:
                sums[currency][month_of(day)][measure] += amount
    return sums


def _with_promises(by_month: Mapping[int, Counter[str]]) -> Mapping[int, Counter[str]]:
    """The months with how their promises have been judged up to the last, whenever that was."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for month, gained in by_month.items():
        for measure, amount in gained.items():
            if not amount:
                continue  # what was taken back altogether
            if measure.startswith(PROMISED):
                _, name, promised_for = measure.split("/")
                found[month_named(promised_for)][name] += amount
            else:
                found[month][measure] += amount
    return found


def _in_order(currency: str, by_month: Mapping[int, Counter[str]], as_of: date) -> list[Month]:
    """Every month up to the last, also those in which nothing happened."""
    found: list[Month] = []
    standing: Counter[str] = Counter()
    end = as_of.toordinal()
    for month in range(min(by_month), month_of(end) + 1):
        gained = by_month.get(month, Counter())
        standing = Counter(standing)
        standing.update(gained)
        last = min(end_of_month(month), end)
        found.append(
            Month(currency, date.fromordinal(first_of(month)), date.fromordinal(last), gained, standing)
        )
    return found
