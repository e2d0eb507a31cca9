"""What every export is made of: a table with a title, its two clocks, and fields that know their kind."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any, Literal

from engine.domain.facts.base import Erased
from engine.domain.money import exponent

Kind = Literal["text", "day", "moment", "money", "count", "figure", "rate"]
"""`money` has the decimals of the row's `currency`, `figure` two, and `rate` is a share of one."""
Row = Mapping[str, Any]

FIGURES: frozenset[Kind] = frozenset({"money", "count", "figure", "rate"})
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""With these a spreadsheet begins to calculate, whatever the text was meant to be."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column: under which name rows have it, its heading, and what stands in it."""

    name: str
    title: str
    kind: Kind = "text"

    @property
    def is_figure(self) -> bool:
        """Whether it stands right-aligned."""
        return self.kind in FIGURES


@dataclass(frozen=True)
class Sheet:
    """A table to be written to a file called `name`. `clocks` says on which two clocks it was asked, `said`
    what else a reader has to know; moments are written in `zone`. Rows are taken one by one, and once."""

    name: str
    title: str
    clocks: str
    fields: tuple[Field, ...]
    rows: Iterable[Row]
    said: tuple[str, ...] = ()
    zone: tzinfo = UTC


@dataclass(frozen=True)
class About:
    """What every file of a report says: the two clocks it was asked on, what else to know, its zone."""

    clocks: str
    said: tuple[str, ...] = ()
    zone: tzinfo = UTC

    def sheet(self, name: str, title: str, fields: tuple[Field, ...], rows: Iterable[Row]) -> Sheet:
        """The sheet of these rows."""
        return Sheet(name, title, self.clocks, fields, rows, self.said, self.zone)


def exact(field: Field, row: Row, zone: tzinfo) -> str:
    """A cell for programs: ISO dates, amounts with the currency's decimals and nothing between thousands."""
    return _written(field, row, zone, "")


def readable(field: Field, row: Row, zone: tzinfo) -> str:
    """A cell for people: 1,234.50, and shares in per cent."""
    value = row.get(field.name)
    if field.kind == "rate" and isinstance(value, Decimal):
        return f"{value * 100:.1f} %"
    return _written(field, row, zone, ",")


def _written(field: Field, row: Row, zone: tzinfo, thousands: str) -> str:
    value = row.get(field.name)
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(sep=" ", timespec="minutes")[:16]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Erased):
        return "erased"
    if field.kind == "rate":
        return f"{value:.4f}"
    if field.kind in ("money", "figure", "count"):
        return f"{value:{thousands}.{decimals(field, row)}f}"
    return str(value)


def decimals(field: Field, row: Row) -> int:
    """How many decimals a figure of that field has."""
    if field.kind == "money":
        return exponent(row.get("currency") or "")
    return 2 if field.kind == "figure" else 0
