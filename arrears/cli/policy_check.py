"""`arrears policy check`: what is doubtful about a policy, and its ladder as a calendar."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from arrears.cli.output import console, counted, print_json, print_rows
from arrears.cli.people_debtors import Country, Kind, Language, Region, Zone
from arrears.cli.session import Session, parse_date, session_of
from arrears.cli.words import parse_claim
from arrears.telling.policy_calendar import CALENDAR, FULLEST, calendar_row, fullest_rows, shelf
from arrears.wiring import now, shipped_policies, whole
from policies.linting.checking import Checked, check
from policies.linting.findings import Finding
from policies.linting.sample import Wishes

FOUND = 1
FINDING = ("severity", "line", "code", "key", "sentence")


def check_(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="a TOML file, or the name of a shipped policy")],
    amount: Annotated[
        Decimal | None,
        typer.Option(parser=parse_claim, metavar="AMOUNT", help="of the sample invoice; by default 1000"),
    ] = None,
    currency: Annotated[str | None, typer.Option(help="by default the fees' own, else the country's")] = None,
    due: Annotated[
        date | None, typer.Option(parser=parse_date, metavar="DATE", help="its due date; by default today")
    ] = None,
    kind: Kind = None,
    country: Country = None,
    region: Region = None,
    timezone: Zone = None,
    language: Language = None,
    templates: Annotated[
        Path | None, typer.Option(help="a folder of your own texts: LANGUAGE/NAME.j2")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="exit with 1 for warnings, too")] = False,
) -> None:
    """Check a policy before it is published, and show its ladder as a calendar for a sample invoice.

    The debtor of the sample never answers: every call is made when it is due, and reaches nobody. What is not
    said of the sample is chosen to suit the policy. Nothing is recorded, and no book is needed.

    Exit code 0: nothing, or only warnings; 1: errors (with --strict: anything); 2: it is no policy.

    \\b
    Example: arrears policy check my-policy.toml
    Example: arrears policy check my-policy.toml --country GB --kind consumer --due 2026-12-01
    """
    session = session_of(context)
    wishes = Wishes(amount, currency, due, kind, country, region, timezone, language)
    written = _read(file)
    checked = check(whole(written), file, shelf(templates), now().date(), wishes, written)
    if session.format == "json":
        print_json({"file": file, **checked.as_data()})
    elif session.format == "csv":
        print_rows(session, [asdict(one) for one in checked.findings], FINDING)
    else:
        _show(session, file, checked)
    if checked.has_errors or (strict and checked.findings):
        raise typer.Exit(FOUND)


def _read(file: str) -> str:
    shipped = shipped_policies()
    return shipped[file] if file in shipped and not Path(file).exists() else Path(file).read_text("utf-8")


# --- for people -------------------------------------------------------------------------------------------


def _show(session: Session, file: str, checked: Checked) -> None:
    screen, sample = console(), checked.sample
    for line in told(checked.findings, file):
        screen.print(line, soft_wrap=True, markup=False, highlight=False)
    screen.print()
    place = f"{sample.country}-{sample.region}" if sample.region else sample.country
    heading = (
        f"{checked.policy} for {sample.amount} {sample.currency} due on {sample.due_on:%A %Y-%m-%d}, owed by "
        f"a {sample.kind} debtor in {place} ({sample.timezone}) who never answers"
    )
    screen.print(heading, soft_wrap=True, highlight=False)
    print_rows(session, [calendar_row(checked, row) for row in checked.rows], CALENDAR)
    for step, why in checked.not_taken.items():
        screen.print(f"not taken: {step} ({why})", soft_wrap=True, markup=False, highlight=False)
    for name, total in checked.charged.items():
        screen.print(f"charged on the way: {name} {total} {sample.currency}", highlight=False)
    if checked.fullest:
        screen.print()
        print_rows(session, list(fullest_rows(checked)), FULLEST)


def told(findings: Iterable[Finding], file: str) -> Iterator[str]:
    """The findings as sentences, each with the line in which its key stands; and how many there are."""
    errors = warnings = 0
    for one in findings:
        errors += one.severity == "error"
        warnings += one.severity == "warning"
        where = f"{file}:{one.line}" if one.line else file
        yield f"{where}: {one.severity}: {one} [{one.code}]"
    if errors or warnings:
        yield f"{counted(errors, 'errors')}, {counted(warnings, 'warnings')}"
    else:
        yield f"{file}: nothing was found"
