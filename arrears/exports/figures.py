"""The file of the figures of the desk."""

from collections.abc import Iterable

from arrears.exports.sheet import About, Field, Sheet
from projections.figures.kpi import Figure
from projections.formulas import rounded

FIELDS = (
    Field("figure", "Figure"), Field("variant", "Variant"), Field("currency", "Currency"),
    Field("month", "Month"), Field("step", "Step"), Field("value", "Value", "figure"), Field("unit", "Unit"),
    Field("running", "Running"), Field("formula", "Formula"), Field("source", "Source"),
)  # fmt: skip


def figure_sheet(found: Iterable[Figure], about: About) -> Sheet:
    """Figures by month, each with its formula and where that stands."""
    rows = (
        {
            "figure": one.variant.figure, "variant": one.variant.name, "currency": one.currency or None,
            "month": one.month, "step": one.step or None, "value": rounded(one.value, 2),
            "unit": one.variant.unit, "running": "not over yet" if one.is_running else None,
            "formula": one.variant.formula, "source": one.variant.source,
        }
        for one in found
    )  # fmt: skip
    return about.sheet("figures", "Figures of the desk", FIELDS, rows)
