"""Figures of the desk in one answer: each by month, with its formula and where it is from."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from arrears.telling.asking import Question, noted
from engine.domain.errors import RuleBroken
from projections.aging import bucket_labels
from projections.clocks import known
from projections.connection import reading
from projections.figures.cells import WHOLE
from projections.figures.kpi import FIGURES, Basis, Figure, Variant, figures_of, variants_of
from projections.figures.months import Cut, months
from projections.formulas import rounded
from projections.tables import postings

PLACES = 2
ALL = "all"


class VariantUnknown(RuleBroken):
    sentence = "no variant '{variant}': expected one of {names}, all"


class PartsOverlap(RuleBroken):
    sentence = "segment and collector do not go together: name one part of the book"


def kpi_answer(
    asked: Question, figures: Sequence[str] = FIGURES, variant: str | None = None, count: int = 1,
    segment: str | None = None, collector: str | None = None, with_charges: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """These figures of the last months, of the book or a part of it; raises VariantUnknown, PartsOverlap."""
    chosen, cut = chosen_variants(figures, variant), _cut(segment, collector)
    found = months(asked.book.database, asked.zone, asked.as_of, asked.as_known, cut)
    rows = figures_of(found, chosen, Basis(bucket_labels(), with_charges), count)
    answer = asked.clocks | {
        "variants": [
            {"figure": one.figure, "variant": one.name, "title": one.title, "unit": one.unit,
             "formula": one.formula, "source": one.source}
            for one in chosen
        ],
        "figures": [_row(one) for one in rows],
    }  # fmt: skip
    return noted(answer, asked.note([_rests_on_backfill(asked)]))


def chosen_variants(figures: Sequence[str], name: str | None) -> list[Variant]:
    """The variants of these figures: the usual ones, all, or those of that name; raises VariantUnknown."""
    named = [one for figure in dict.fromkeys(figures) for one in variants_of(figure)]
    if name == ALL:
        return named
    usual = [variants_of(figure)[0] for figure in dict.fromkeys(figures)]
    chosen = usual if name is None else [one for one in named if one.name == name]
    if not chosen:
        raise VariantUnknown(variant=name, names=", ".join(dict.fromkeys(one.name for one in named)))
    return chosen


def _cut(segment: str | None, collector: str | None) -> Cut:
    if segment is not None and collector is not None:
        raise PartsOverlap
    if segment is not None:
        return "segment", segment
    return WHOLE if collector is None else ("collector", collector)


def _rests_on_backfill(asked: Question) -> bool:
    query = select(postings.c.position).where(postings.c.backfilled, known(postings, asked.as_known)).limit(1)
    with reading(asked.book.database) as connection:
        return asked.as_known is not None and connection.execute(query).first() is not None


def _row(one: Figure) -> dict[str, Any]:
    value = rounded(one.value, PLACES)
    return {
        "figure": one.variant.figure, "variant": one.variant.name, "currency": one.currency or None,
        "month": one.month, "step": one.step or None, "value": None if value is None else str(value),
        "unit": one.variant.unit, "running": one.is_running,
    }  # fmt: skip
