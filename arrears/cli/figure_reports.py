"""`arrears report kpi`: DSO, CEI, roll rates, kept and contact rates by month, each with its formula."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from arrears.cli.clocks import AsKnown, AsOf, Question, question, say
from arrears.cli.output import print_json, print_rows
from arrears.telling.figures import PartsOverlap, VariantUnknown, kpi_answer
from projections.figures.kpi import FIGURES

Rows = Sequence[dict[str, Any]]

_COLUMNS = ("figure", "variant", "currency", "month", "step", "value", "unit", "running")
_PIVOTED = ("figure", "variant", "currency", "step")


def register(report: typer.Typer) -> None:
    report.command("kpi")(kpi)


def _figure(text: str) -> str:
    if text not in FIGURES:
        raise typer.BadParameter(f"'{text}' is no figure: expected some of {', '.join(FIGURES)}")
    return text


def kpi(
    context: typer.Context,
    figures: Annotated[
        list[str] | None,
        typer.Argument(parser=_figure, metavar="FIGURE", help=f"{', '.join(FIGURES)}; by default all"),
    ] = None,
    variant: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="which variant; 'all': every one; by default the usual one"),
    ] = None,
    count: Annotated[
        int, typer.Option("--months", min=1, max=120, help="how many months, up to that of --as-of")
    ] = 1,
    segment: Annotated[str | None, typer.Option(help="of the accounts of one segment")] = None,
    collector: Annotated[str | None, typer.Option(help="of the accounts of one collector")] = None,
    with_charges: Annotated[
        bool, typer.Option("--with-charges", help="count interest and fees as receivables and as sales")
    ] = False,
    as_of: AsOf = None,
    as_known: AsKnown = None,
) -> None:
    """Figures of the desk by month: days sales outstanding, collection effectiveness, roll rates and more.

    Example: arrears report kpi dso cei --variant all --months 3 --as-of 2026-03-31
    Example: arrears report kpi roll-rates --as-of 2026-03-31 --as-known 2026-04-02
    """
    with question(context, as_of, as_known) as asked:
        try:
            answer = kpi_answer(asked, figures or FIGURES, variant, count, segment, collector, with_charges)
        except (VariantUnknown, PartsOverlap) as wrong:
            raise typer.BadParameter(str(wrong)) from None
    if asked.session.format == "json":
        print_json(answer)
        return
    asked.introduce()
    if asked.session.format == "csv":
        print_rows(asked.session, answer["figures"], _COLUMNS)
    else:
        _show(asked, answer["variants"], answer["figures"])
    say(asked.session, answer.get("note"))


def _show(asked: Question, variants: Rows, rows: Rows) -> None:
    """One line a figure, one column a month; below, what each is."""
    lines: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        key = tuple(row[name] for name in _PIVOTED)
        line = lines.setdefault(key, {name: row[name] for name in _PIVOTED})
        line[row["month"]] = None if row["value"] is None else f"{row['value']} {row['unit']}"
    names = sorted({row["month"] for row in rows})
    known = [line for line in lines.values() if any(line.get(name) for name in names)]
    print_rows(asked.session, known, (*_PIVOTED, *names))
    running = sorted({row["month"] for row in rows if row["running"]})
    if running:
        say(asked.session, f"{running[0]} is not over: it is counted up to {asked.as_of}.")
    say(asked.session, "", *map(_formula, variants))


def _formula(one: dict[str, Any]) -> str:
    return f"{one['figure']} ({one['variant']}), {one['unit']}: {one['formula']}."
