"""`arrears replay` and `arrears forecast`: the same engine, with another policy or with the clock ahead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from arrears.cli.clocks import say
from arrears.cli.output import print_json, print_rows
from arrears.cli.replay_answers import show_diff
from arrears.cli.replay_forecast import show_forecast
from arrears.cli.replay_workers import DaskOption, Spread, WorkersOption
from arrears.cli.session import parse_date, parse_moment, session_of
from arrears.telling.forecast import forecast_answer
from arrears.telling.replay_control import CONTROL_COLUMNS, control_answer, control_verdict
from arrears.telling.replay_diff import diff_answer, timeline
from arrears.wiring import Book, whole
from engine.replay.control import Control, control
from engine.replay.diff import diff
from engine.replay.forecast import Outlook, forecast
from engine.replay.reading import PolicyHistory, last_known
from engine.replay.what_if import Question
from policies.book import ALWAYS
from policies.calendar import local_moment
from policies.document import parse
from policies.supposing import SupposedPolicies, suppose

DIFFERENT = 1
SHOWN = 20
INSTANT = timedelta(microseconds=1)
MIDNIGHT = time(0)

Accounts = Annotated[
    list[str] | None,
    typer.Option("--account", metavar="NUMBER", help="only this account (may be repeated)"),
]


def register(app: typer.Typer) -> None:
    app.command("replay")(replay_command)
    app.command("forecast")(forecast_command)


@dataclass(frozen=True)
class Asked:
    """What a replay was asked for: a policy file, the days it is to hold on, the accounts that are named."""

    file: Path
    first: date | None
    last: date | None
    for_all: bool
    named: Sequence[str]

    def policies(self, book: Book) -> SupposedPolicies:
        """The book's policies with the file in force; where the book has no such policy, for every account.

        Raises PolicyInvalid, FileNotFoundError.
        """
        document = whole(self.file.read_text(encoding="utf-8"))
        name = parse(document, self.file.name).name
        recorded = book.engine.policies()
        start = ALWAYS if self.first is None else local_moment(self.first, MIDNIGHT, book.zone)
        return suppose(recorded, name, document, start, for_all=self.for_all or name not in recorded.versions)

    def until(self, book: Book) -> datetime:
        """Where the replay ends: after the last day asked for, else right after the last fact."""
        if self.last is not None:
            return local_moment(self.last + timedelta(1), MIDNIGHT, book.zone)
        return (last_known(book.database) or book.clock()) + INSTANT


def replay_command(
    context: typer.Context,
    policy: Annotated[Path | None, typer.Option(metavar="FILE", help="the policy document to try")] = None,
    check: Annotated[
        bool, typer.Option("--control", help="decide again what was decided; exit code 1 where it differs")
    ] = False,
    first: Annotated[
        date | None,
        typer.Option("--from", parser=parse_date, metavar="DATE", help="decisions before that day stand"),
    ] = None,
    last: Annotated[
        date | None,
        typer.Option("--to", parser=parse_date, metavar="DATE", help="by default the day of the last fact"),
    ] = None,
    account: Accounts = None,
    for_all: Annotated[
        bool, typer.Option("--for-all", help="every account follows it, whatever policy it has")
    ] = False,
    workers: WorkersOption = None,
    dask: DaskOption = None,
) -> None:
    """Decide the book's history again under another policy, and show what would have been different.

    The file takes the place of the policy of its name; a policy that the book does not have is tried on every
    account. With --account, the two timelines side by side. Nothing is stored.

    \b
    Example: arrears replay --policy sooner.toml --from 2026-01-01
    Example: arrears replay --control --workers 4
    """
    if (policy is None) != check:
        raise typer.BadParameter("say either --policy FILE or --control")
    if policy is None:
        if first or last or for_all:
            raise typer.BadParameter("--control goes over the whole history, as it was")
        _control(context, account or [], workers, dask)
        return
    if first and last and last < first:
        raise typer.BadParameter(f"--to is {last}, before --from {first}")
    _what_if(context, Asked(policy, first, last, for_all, account or []), workers, dask)


def _control(context: typer.Context, named: Sequence[str], workers: int | None, dask: str | None) -> None:
    session = session_of(context)
    with session.book() as book:
        book.catch_up()
        policies = PolicyHistory(book.store, book.zone)
        job = partial(control, policies=policies, replayed_at=book.clock())
        found = Spread(book, named, workers, dask).over(job)
    answer = control_answer(found, session.zone)
    if session.format == "json":
        print_json(answer)
    else:
        differences = answer["differences"]
        shown = differences if session.format == "csv" else differences[:SHOWN]
        if shown or session.format == "csv":
            print_rows(session, shown, CONTROL_COLUMNS)
        say(session, control_verdict(found, session.zone), _not_shown(found, len(shown)))
    if found.differences.count:
        raise typer.Exit(DIFFERENT)


def _not_shown(found: Control, shown: int) -> str | None:
    """What of the differences stands elsewhere, and what nowhere."""
    count, listed = found.differences.count, len(found.differences.first)
    if listed > shown:
        return f"{listed - shown} more of them are in the answer with --format json or csv."
    return f"Only the first {listed} are listed." if count > listed else None


def _what_if(context: typer.Context, asked: Asked, workers: int | None, dask: str | None) -> None:
    session = session_of(context)
    with session.book() as book:
        book.catch_up()
        question = Question(asked.policies(book), asked.until(book), book.clock())
        if question.until <= question.start:
            raise typer.BadParameter(f"there is nothing to replay: the last fact is older than {asked.first}")
        spread = Spread(book, asked.named, workers, dask)
        found = spread.over(partial(diff, question=question, keep=bool(asked.named)))
        answer = diff_answer(found, question, spread.count())
    if asked.named:
        answer["timelines"] = [
            {"account": one.number, "rows": timeline(one, session.zone)}
            for one in sorted(found.kept, key=lambda one: one.number)
        ]
    if session.format == "json":
        print_json(answer)
    else:
        show_diff(session, answer)


def forecast_command(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, help="how many days, the first of them included")] = 30,
    with_promises: Annotated[
        bool, typer.Option("--with-promises", help="the money of pending promises comes as it was promised")
    ] = False,
    at: Annotated[
        datetime | None,
        typer.Option(parser=parse_moment, metavar="MOMENT", help="from when on; by default from now on"),
    ] = None,
    account: Accounts = None,
    workers: WorkersOption = None,
    dask: DaskOption = None,
) -> None:
    """Show what the policies will send, call and place in the days to come if nothing else happens.

    Example: arrears forecast --days 30 --with-promises
    """
    session = session_of(context)
    with session.book() as book:
        book.catch_up()
        start = at or book.clock()
        end = start.astimezone(book.zone).date() + timedelta(days)
        outlook = Outlook(start, local_moment(end, MIDNIGHT, book.zone), with_promises)
        job = partial(forecast, policies=book.engine.policies(), outlook=outlook)
        found = Spread(book, account or [], workers, dask).over(job)
    answer = forecast_answer(found, outlook)
    if session.format == "json":
        print_json(answer)
    else:
        show_forecast(session, answer)
