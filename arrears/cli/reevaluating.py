"""`arrears reevaluate …`: a past period under other promise terms or bucket edges; adopting is said apart."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from arrears.cli.clocks import AsOf
from arrears.cli.output import print_json
from arrears.cli.reevaluate_answers import show_edges, show_promises
from arrears.cli.replaying import Accounts
from arrears.cli.reports import parse_edges
from arrears.cli.running import progress
from arrears.cli.session import Session, parse_date, session_of
from arrears.cli.words import parse_text
from arrears.telling.aging import edges_in_force
from arrears.telling.reevaluation import edges_answer, promises_answer
from arrears.wiring import Book
from arrears.working.reevaluating import adopt_terms, days_of, supposed
from engine.domain.facts.base import Fact
from engine.replay.reading import account_ids
from engine.replay.rejudging import Period, Seen, rejudge
from policies.publishing import adopt_edges
from projections.aging_edges import compare_edges

reevaluate = typer.Typer(
    no_args_is_help=True, help="A past period under other promise terms or bucket edges; nothing is stored."
)

First = Annotated[
    date | None, typer.Option("--from", parser=parse_date, metavar="DATE", help="the first day of the period")
]
Last = Annotated[
    date | None, typer.Option("--to", parser=parse_date, metavar="DATE", help="the last day of the period")
]
Adopt = Annotated[bool, typer.Option("--adopt", help="store it: facts with the reason, all of them or none")]
Why = Annotated[
    str | None,
    typer.Option("--reason", parser=parse_text, metavar="TEXT", help="with --adopt: why, in your words"),
]
Yes = Annotated[bool, typer.Option("--yes", help="with --adopt: do not ask")]


def register(app: typer.Typer) -> None:
    reevaluate.command("promises")(promises)
    reevaluate.command("buckets")(buckets)
    app.add_typer(reevaluate, name="reevaluate")


def promises(
    context: typer.Context,
    policy: Annotated[Path, typer.Option(metavar="FILE", help="the policy document whose terms to try")],
    first: First = None,
    last: Last = None,
    account: Accounts = None,
    for_all: Annotated[bool, typer.Option("--for-all", help="every account, whatever policy it has")] = False,
    adopt: Adopt = False,
    reason: Why = None,
    yes: Yes = False,
) -> None:
    """Judge the promises made in a period by the terms that another policy would have given them.

    The file takes the place of the policy of its name. The log stays as it is, unless --adopt is said.

    \b
    Example: arrears reevaluate promises --policy patient.toml --from 2026-01-01 --to 2026-03-31
    Example: arrears reevaluate promises --policy patient.toml --adopt --reason "agreed with sales" --yes
    """
    _check(first, last, adopt, reason)
    session = session_of(context)
    with session.book() as book:
        policies = supposed(book, policy.read_text(encoding="utf-8"), policy.name, for_all)
        with _accounts(book, account or []) as (ids, seen):
            period = Period(first, last, book.clock())
            found = list(rejudge(book.engine, ids, policies, period, seen))
        answer = promises_answer(found, policies, first, last, session.zone)
        if adopt:
            _agree(session, yes, f"judge {sum(one.terms_differ for one in found)} promises by other terms")
            answer["adopted"] = adopt_terms(book, found, str(reason))
    if session.format == "json":
        print_json(answer)
    else:
        show_promises(session, answer)


@contextmanager
def _accounts(book: Book, named: Sequence[str]) -> Iterator[tuple[list[str], Seen]]:
    """The accounts named, or all, in a book whose tables are up, and a progress bar over them."""
    book.catch_up()
    ids = [book.account_id(number) for number in dict.fromkeys(named)] or account_ids(book.database)
    with progress("accounts", len(ids)) as bar:
        yield ids, lambda count: bar.advance(bar.task_ids[0], count)


def _check(first: date | None, last: date | None, adopt: bool, reason: str | None) -> None:
    if first and last and last < first:
        raise typer.BadParameter(f"--to is {last}, before --from {first}")
    if adopt and not reason:
        raise typer.BadParameter("--adopt needs --reason: it is stored with the facts")
    if reason and not adopt:
        raise typer.BadParameter("--reason goes with --adopt")


def _agree(session: Session, yes: bool, what: str) -> None:
    """Asks whether to store it; raises Abort where the answer is no."""
    if not yes:
        typer.confirm(f"Store it: {what}, in {session.url}?", abort=True, err=True)


# --- bucket edges -----------------------------------------------------------------------------------------


def buckets(
    context: typer.Context,
    edges: Annotated[
        str, typer.Option(metavar="DAYS", help="the last days past due of each bucket but the last")
    ],
    as_of: AsOf = None,
    first: First = None,
    last: Last = None,
    adopt: Adopt = False,
    reason: Why = None,
    since: Annotated[
        date | None,
        typer.Option(
            parser=parse_date, metavar="DATE", help="with --adopt: from that day on; default: today"
        ),
    ] = None,
    yes: Yes = False,
) -> None:
    """Show aging under other bucket edges beside the present ones: on a day, or at the end of each month.

    \b
    Example: arrears reevaluate buckets --edges 15,45,75 --from 2026-01-01 --to 2026-03-31
    Example: arrears reevaluate buckets --edges 15,45,75 --adopt --reason "as the group reports" --yes
    """
    _check(first, last, adopt, reason)
    if as_of and (first or last):
        raise typer.BadParameter("say either --as-of or --from and --to")
    given = parse_edges(edges)
    session = session_of(context)
    with session.book() as book:
        book.catch_up()
        days = days_of(as_of, first, last, book.today)
        compared = [compare_edges(book.database, day, edges_in_force(book, day)[0], given) for day in days]
        answer = edges_answer(compared, given)
        if adopt:
            on = since or book.today
            _agree(session, yes, f"bucket edges {edges} from {on} on")
            answer["adopted"] = _adopt_edges(book, given, on, str(reason))
    if session.format == "json":
        print_json(answer)
    else:
        show_edges(session, compared, answer)


def _adopt_edges(book: Book, edges: tuple[int, ...], on: date, reason: str) -> int:
    facts: list[Fact] = book.decide_on_policies(lambda policies: adopt_edges(policies, edges, on, reason))
    return len(facts)
