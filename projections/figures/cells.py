"""What one account adds to the figures of each day, from its rows alone: pure, so that what it added before
can be worked out again and taken back.

A cell is a currency, a measure and a day (an ordinal). Cells of a *stock* (what is open in a bucket, which
accounts went from which bucket to which) add up from the first day on; those of a *flow* (sales, payments,
calls) over the days that are asked for. Amounts are whole numbers of the currency's smallest unit.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from projections.aging import EDGES, UNAPPLIED, bucket_labels
from projections.figures.days import end_of_month, month_of
from projections.figures.payments import closings
from projections.figures.promised import Judged, Promised, verdicts
from projections.figures.rolling import rolled
from projections.figures.spans import Span, Term, in_buckets, spans

Cell = tuple[str, str, int]
Cells = Counter[Cell]
WHOLE = ("", "")
PRINCIPAL, CHARGES = "principal", "charges"
SALES, CHARGED, WRITTEN_OFF, RECOVERED, RECEIVED = "sales", "charged", "written_off", "recovered", "received"
NEWLY_LAST = "newly_last"

_FLOWS = {
    "invoice": (SALES, 1), "correction": (SALES, 1), "credit": (SALES, 1),
    "fee": (CHARGED, 1), "interest": (CHARGED, 1), "interest_adjustment": (CHARGED, 1),
    "waiver": (CHARGED, 1),
    "write_off": (WRITTEN_OFF, -1), "write_off_reversal": (RECOVERED, 1),
    "payment": (RECEIVED, -1), "reversal": (RECEIVED, -1), "refund": (RECEIVED, -1),
}  # fmt: skip
"""Which flow each kind of posting belongs to, and whether its sign turns."""

_PERSON = frozenset({"reached", "promised", "refused", "third_party", "wrong_number"})
_DEBTOR = frozenset({"reached", "promised", "refused"})


class Moved(NamedTuple):
    """A posting."""

    position: int
    item: str | None
    kind: str
    document: str
    currency: str
    amount_minor: int
    day: int


@dataclass(slots=True)
class AccountRows:
    """An account's rows, in the order of the log. `calls` are place in the log, day and outcome; `said` are
    place in the log, segment and collector, each None where nothing was said of it."""

    moved: list[Moved] = field(default_factory=list)
    terms: dict[str, list[Term]] = field(default_factory=dict)
    calls: list[tuple[int, int, str]] = field(default_factory=list)
    said: list[tuple[int, str | None, str | None]] = field(default_factory=list)
    promises: list[Promised] = field(default_factory=list)
    judged: list[Judged] = field(default_factory=list)

    def until(self, position: int) -> "AccountRows":
        """The rows that stand in the log up to that place."""
        terms = {item: [one for one in said if one[0] <= position] for item, said in self.terms.items()}
        return AccountRows(
            moved=[one for one in self.moved if one.position <= position],
            terms={item: said for item, said in terms.items() if said},
            calls=[one for one in self.calls if one[0] <= position],
            said=[one for one in self.said if one[0] <= position],
            promises=[one for one in self.promises if one.position <= position],
            judged=[one for one in self.judged if one.position <= position],
        )

    @property
    def cuts(self) -> list[tuple[str, str]]:
        """The parts of the book that the account belongs to: the whole, its segment, its collector."""
        found = [WHOLE]
        for kind, said in (("segment", 1), ("collector", 2)):
            stated = [one[said] for one in self.said if one[said] is not None]
            found.append((kind, str(stated[-1]) if stated else ""))
        return found


def cells_of(rows: AccountRows) -> Cells:
    """What the account adds to the figures of each day."""
    cells: Cells = Counter()
    _add_flows(cells, rows)
    _add_calls(cells, rows)
    for currency, measure, day, value in verdicts(rows.promises, rows.judged):
        cells[currency, measure, day] += value
    by_currency: dict[str, list[Span]] = defaultdict(list)
    labels = bucket_labels()
    payments = {one.document for one in rows.moved if one.kind == "payment"}
    for (item, currency), moved in _by_item(rows.moved).items():
        terms = rows.terms.get(item, [])
        days: Counter[int] = Counter()
        for one in moved:
            days[one.day] += one.amount_minor
        found = list(spans(days, terms))
        part = PRINCIPAL if any(one.kind == "invoice" for one in moved) else CHARGES
        _add_open(cells, currency, part, found, labels)
        by_currency[currency] += found
        if part == PRINCIPAL and terms:
            for measure, day, value in closings(moved, terms, payments):
                cells[currency, measure, day] += value
    for currency, open_spans in by_currency.items():
        for measure, day, value in rolled(open_spans, labels, EDGES):
            cells[currency, measure, day] += value
    return cells


def _by_item(moved: Sequence[Moved]) -> dict[tuple[str, str], list[Moved]]:
    found: dict[tuple[str, str], list[Moved]] = defaultdict(list)
    for one in moved:
        if one.item is not None:
            found[one.item, one.currency].append(one)
    return found


def _add_flows(cells: Cells, rows: AccountRows) -> None:
    for one in rows.moved:
        if one.item is None:
            cells[one.currency, UNAPPLIED, one.day] -= one.amount_minor
        if one.kind in _FLOWS:
            measure, sign = _FLOWS[one.kind]
            cells[one.currency, measure, one.day] += sign * one.amount_minor


def _add_calls(cells: Cells, rows: AccountRows) -> None:
    for _, day, outcome in rows.calls:
        cells["", "attempts", day] += 1
        cells["", "answered", day] += outcome in _PERSON
        cells["", "right_party", day] += outcome in _DEBTOR


def _add_open(cells: Cells, currency: str, part: str, found: Sequence[Span], labels: Sequence[str]) -> None:
    for span in found:
        if span.due is None:
            cells[currency, UNAPPLIED, span.first] -= span.open_minor
            if span.until is not None:
                cells[currency, UNAPPLIED, span.until] += span.open_minor
            continue
        for bucket, day, minor in in_buckets(span, span.due, EDGES):
            cells[currency, f"{part}/{labels[bucket]}", day] += minor
        month_end = end_of_month(month_of(span.due + EDGES[-1] + 1))
        if span.first <= month_end and (span.until is None or month_end < span.until):
            cells[currency, NEWLY_LAST, month_end] += span.open_minor
