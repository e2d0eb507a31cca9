"""The first page: how the portfolio stands, by figures that say how they are worked out, and what waits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Request, Response
from sqlalchemy import func, select

from arrears.access.users import User
from arrears.access.web import signed_in
from arrears.exports.figures import figure_sheet
from arrears.exports.sheet import About
from arrears.telling.asking import Question
from arrears.web.asking import clocks_of, in_words
from arrears.web.behind import behind
from arrears.web.charts import Bar, bars, columns, stacks, valued
from arrears.web.exporting import file_of, format_asked
from arrears.web.history import Histories, history_of, is_quick
from arrears.web.pages import render
from projections.aging import bucket_labels
from projections.connection import reading
from projections.figures.cells import WHOLE
from projections.figures.kpi import FIGURES, Basis, Figure, Variant, figures_of, variants_of
from projections.figures.months import Cut, Month
from projections.tables import accounts

router = APIRouter()

MONTHS = 12
STEP_MONTHS = 4
TITLES = {
    "dso": "Days sales outstanding",
    "cei": "Collection effectiveness",
    "roll-rates": "Roll rates",
    "cure-rate": "Cure rate",
    "kept-rate": "Promises kept",
    "contact-rate": "Right-party contacts",
    "days-to-pay": "Days to pay",
    "bad-debt": "Bad debt to sales",
}


@dataclass(frozen=True)
class Card:
    """A figure in the chosen variant: its last value, and its months as columns or, by step, as a table."""

    figure: str
    title: str
    variants: list[Variant]
    chosen: Variant
    value: str
    month: str
    running: bool
    bars: list[Bar]
    months: list[str]
    steps: list[tuple[str, list[str]]]


@router.get("/")
def dashboard(request: Request, user: Annotated[User, signed_in("read")]) -> Response:
    """Open by bucket, the figures of the desk over twelve months, and what waits for a person."""
    asked, cut = clocks_of(request), cut_of(request)
    if not is_quick(asked, cut) and (meanwhile := behind(request, asked, "Dashboard")):
        return meanwhile
    histories = history_of(asked, cut=cut)
    currency = _currency(request, histories)
    basis = Basis(bucket_labels(), bool(request.query_params.get("charges")))
    chosen = [chosen_variant(request, figure) for figure in FIGURES]
    shown = {name: months for name, months in histories.items() if name in ("", currency)}
    found = figures_of(shown, chosen, basis, MONTHS)
    if kind := format_asked(request):
        said = (f"{currency}, {cut_in_words(cut)}.",)
        return file_of(figure_sheet(found, About(in_words(asked), said, asked.zone)), kind)
    return render(
        request, "reports/dashboard.html", clocks=asked, currency=currency,
        part=request.query_params.get("part", ""), parts=parts_of(asked), part_named=cut_in_words(cut),
        currencies=sorted(name for name in histories if name),
        cards=[_card(variant, found) for variant in chosen], charges=basis.with_charges,
        standing=_standing(histories.get(currency, []), currency, request, cut),
        totals=_totals(histories),
    )  # fmt: skip


def _currency(request: Request, histories: Histories) -> str:
    """The currency asked for, else the one in which most invoices were paid."""
    known = sorted(name for name in histories if name)
    wanted = request.query_params.get("currency", "")
    return wanted if wanted in known or not known else max(known, key=lambda name: _weight(histories[name]))


def _weight(history: Sequence[Month]) -> int:
    """How many invoices were paid in the last months: amounts of two currencies cannot be compared."""
    return sum(month.gained.get("paid_count", 0) for month in history[-MONTHS:])


def chosen_variant(request: Request, figure: str) -> Variant:
    """The variant of a figure that is asked for by its name; raises HTTPException."""
    known = variants_of(figure)
    name = request.query_params.get(figure) or known[0].name
    found = next((one for one in known if one.name == name), None)
    if found is None:
        names = ", ".join(one.name for one in known)
        raise HTTPException(422, f"{figure}: '{name}' is none of its variants: {names}.")
    return found


# --- part of the book -------------------------------------------------------------------------------------


def cut_of(request: Request) -> Cut:
    """The part of the book that is asked for: `part=segment:retail`; raises HTTPException."""
    text = request.query_params.get("part", "")
    if not text:
        return WHOLE
    kind, mark, name = text.partition(":")
    if kind not in ("segment", "collector") or not mark:
        raise HTTPException(422, f"part: '{text}' is neither segment:NAME nor collector:NAME.")
    return kind, name


def cut_in_words(cut: Cut) -> str:
    """The part of the book, for people."""
    return "the whole book" if cut == WHOLE else f"{cut[0]} {cut[1] or '(none)'}"


def parts_of(asked: Question) -> list[tuple[str, str]]:
    """The parts of the book that can be asked for, with their names."""
    found = [("", "the whole book")]
    with reading(asked.book.database) as connection:
        for kind in ("segment", "collector"):
            column = func.coalesce(accounts.c[kind], "")
            names = connection.execute(select(column).distinct().order_by(column)).scalars()
            found += [(f"{kind}:{name}", cut_in_words((kind, name))) for name in names]
    return found


# --- what stands open -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """What is open at the end in one currency, as bars that lead on, and at each end of a month."""

    total: Decimal
    overdue: Decimal
    unapplied: Decimal
    bars: list[Bar]
    stacks: list[Any]


def _standing(history: Sequence[Month], currency: str, request: Request, cut: Cut) -> Standing | None:
    if not history:
        return None
    labels, last = bucket_labels(), history[-1]
    amounts = {label: last.bucket(label) for label in labels}
    kept = {name: request.query_params.get(name) for name in ("as_of", "as_known")}
    kept |= {} if cut == WHOLE else {"by": cut[0], "key": cut[1]}
    wanted = {name: value for name, value in kept.items() if value is not None} | {"currency": currency}
    paths = {label: "/aging/accounts?" + urlencode({**wanted, "bucket": label}) for label in labels}
    total = sum(amounts.values(), Decimal(0))
    over_time = {month.name: {label: month.bucket(label) for label in labels} for month in history[-MONTHS:]}
    return Standing(
        total, total - amounts[labels[0]], last.unapplied, bars(amounts, currency, paths),
        stacks(over_time, currency),
    )  # fmt: skip


def _totals(histories: Histories) -> list[tuple[str, Mapping[str, Decimal], Decimal]]:
    """By currency what is open in each bucket, and unapplied, where anything is."""
    found: list[tuple[str, Mapping[str, Decimal], Decimal]] = []
    for currency, history in sorted(histories.items()):
        if currency and history:
            amounts = {label: history[-1].bucket(label) for label in bucket_labels()}
            if any(amounts.values()) or history[-1].unapplied:
                found.append((currency, amounts, history[-1].unapplied))
    return found


# --- the figures ------------------------------------------------------------------------------------------


def _headline(own: Sequence[Figure]) -> Figure | None:
    """The figure of the last month that is over, which tells more than one just begun; else of the last."""
    over = [one for one in own if not one.is_running]
    known = over or own
    return known[-1] if known else None


def _card(variant: Variant, found: Sequence[Figure]) -> Card:
    own = [one for one in found if one.variant is variant]
    months = list(dict.fromkeys(one.month for one in own))
    by_step: dict[str, dict[str, Decimal | None]] = {}
    for one in own:
        by_step.setdefault(one.step, {})[one.month] = one.value
    single = by_step.get("", {})
    shown = _headline(own)
    steps = [
        (step, [valued(values.get(month), variant.unit) for month in months[-STEP_MONTHS:]])
        for step, values in by_step.items()
        if step
    ]
    return Card(
        variant.figure, TITLES.get(variant.figure, variant.figure), variants_of(variant.figure), variant,
        valued(shown.value if shown else None, variant.unit), shown.month if shown else "",
        bool(shown and shown.is_running),
        columns(list(single.items()), variant.unit), months[-STEP_MONTHS:], steps,
    )  # fmt: skip
