"""`arrears report kpi`: DSO, CEI, roll rates, kept and contact rates by month, each with its formula."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from sqlalchemy import select

from arrears.cli.clocks import AsKnown, AsOf, Question, question, say
from arrears.cli.output import print_json, print_rows
from arrears.telling.asking import noted
from projections.aging import bucket_labels
from projections.clocks import known
from projections.connection import reading
from projections.figures.cells import WHOLE
from projections.figures.kpi import FIGURES, Basis, Figure, Variant, figures_of, variants_of
from projections.figures.months import Cut, months
from projections.formulas import rounded
from projections.tables import postings

PLACES = 2
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
    chosen = _chosen(figures or FIGURES, variant)
    if segment is not None and collector is not None:
        raise typer.BadParameter("--segment and --collector do not go together: name one part of the book")
    with question(context, as_of, as_known) as asked:
        book = asked.book
        found = months(book.database, book.zone, asked.as_of, asked.as_known, _cut(segment, collector))
        note = asked.note([_rests_on_backfill(asked)])
    _answer(asked, chosen, figures_of(found, chosen, Basis(bucket_labels(), with_charges), count), note)


def _chosen(figures: Sequence[str], name: str | None) -> list[Variant]:
    """The variants of these figures: the usual ones, all, or those of that name; raises BadParameter."""
    known = [one for figure in dict.fromkeys(figures) for one in variants_of(figure)]
    if name == "all":
        return known
    usual = [variants_of(figure)[0] for figure in dict.fromkeys(figures)]
    chosen = usual if name is None else [one for one in known if one.name == name]
    if not chosen:
        names = ", ".join(dict.fromkeys(one.name for one in known))
        raise typer.BadParameter(f"no variant '{name}': expected one of {names}, all")
    return chosen


def _cut(segment: str | None, collector: str | None) -> Cut:
    if segment is not None:
        return "segment", segment
    return WHOLE if collector is None else ("collector", collector)


def _rests_on_backfill(asked: Question) -> bool:
    query = select(postings.c.position).where(postings.c.backfilled, known(postings, asked.as_known)).limit(1)
    with reading(asked.book.database) as connection:
        return asked.as_known is not None and connection.execute(query).first() is not None


def _answer(asked: Question, chosen: Sequence[Variant], figures: Sequence[Figure], note: str | None) -> None:
    rows = [_row(figure) for figure in figures]
    if asked.session.format == "json":
        formulas = [
            {"figure": one.figure, "variant": one.name, "title": one.title, "unit": one.unit,
             "formula": one.formula, "source": one.source}
            for one in chosen
        ]  # fmt: skip
        print_json(noted(asked.clocks | {"variants": formulas, "figures": rows}, note))
        return
    asked.introduce()
    if asked.session.format == "csv":
        print_rows(asked.session, rows, _COLUMNS)
    else:
        _show(asked, chosen, rows)
    say(asked.session, note)


def _row(one: Figure) -> dict[str, Any]:
    value = rounded(one.value, PLACES)
    return {
        "figure": one.variant.figure, "variant": one.variant.name, "currency": one.currency or None,
        "month": one.month, "step": one.step or None, "value": None if value is None else str(value),
        "unit": one.variant.unit, "running": one.is_running,
    }  # fmt: skip


def _show(asked: Question, chosen: Sequence[Variant], rows: Sequence[dict[str, Any]]) -> None:
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
    say(asked.session, "", *(f"{one.figure} ({one.name}), {one.unit}: {one.formula}." for one in chosen))
