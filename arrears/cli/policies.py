"""`arrears policy …`: check, publish, list, show, retire, assign, default."""

from dataclasses import asdict
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any

import typer

from arrears.cli.limits import described
from arrears.cli.output import console, errors, print_json, print_rows
from arrears.cli.policy_check import check_, told
from arrears.cli.session import Session, parse_date, session_of
from arrears.telling.policies import checked_in, limits_answer, policies_answer, policy_answer, version_of
from arrears.wiring import Book, shipped_limits, whole
from policies.book import ALWAYS
from policies.calendar import local_moment
from policies.contact_limits.documents import profile_of
from policies.publishing import assign as assign_to
from policies.publishing import make_default, publish, retire

From = Annotated[
    date | None,
    typer.Option(
        "--from", parser=parse_date, metavar="DATE", help="from the start of that day; by default at once"
    ),
]

policy = typer.Typer(no_args_is_help=True, help="Policies: what is done when, to whom, and how.")


def register(app: typer.Typer) -> None:
    policy.command("check")(check_)
    app.add_typer(policy, name="policy")


def _since(book: Book, day: date | None) -> datetime:
    """The moment from which something holds: at once, or, in a book without accounts, from ever."""
    if day is not None:
        return local_moment(day, time(0), book.zone)
    return book.clock() if book.has_accounts() else ALWAYS


def _shown(moment: datetime) -> str:
    return "always" if moment == ALWAYS else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _say(session: Session, done: bool, sentence: str, nothing_new: str, **data: object) -> None:
    if session.format == "json":
        print_json({"recorded": done, **data})
    else:
        console().print(sentence if done else nothing_new, soft_wrap=True)


@policy.command("publish")
def publish_(context: typer.Context, file: Path, since: From = None) -> None:
    """Publish a policy, or a new version of it, from a TOML file; what is doubtful about it is said.

    Example: arrears policy publish my-policy.toml --from 2026-04-01
    """
    session = session_of(context)
    written = file.read_text(encoding="utf-8")
    document = whole(written)
    with session.book(create=True) as book:
        effective = _since(book, since)
        facts = book.decide_on_policies(
            lambda policies: publish(policies, document, str(file), effective, book.decided_until())
        )
        name = next((fact.policy for fact in facts if hasattr(fact, "policy")), "")
        found = checked_in(book, written, str(file)).findings
        if facts and found and session.format != "json":
            for line in told(found, str(file)):
                errors().print(line, soft_wrap=True, markup=False, highlight=False)
        _say(
            session, bool(facts), f"published {name}, in force from {_shown(effective)}",
            f"{file} is already published as it is: nothing to do", policy=name,
            effective_from=str(effective), findings=[asdict(one) for one in found],
        )  # fmt: skip


@policy.command("list")
def list_(context: typer.Context) -> None:
    """List every policy, its versions, and which one is the default.

    Example: arrears policy list
    """
    session = session_of(context)
    with session.book() as book:
        answer = policies_answer(book.engine.policies(), book.clock())
    if session.format == "json":
        print_json(answer)
    else:
        rows = [_for_people(row) for row in answer["policies"]]
        print_rows(
            session, rows, ["policy", "version", "in force from", "default", "retired", "title", "sha256"]
        )


def _for_people(row: dict[str, Any]) -> dict[str, Any]:
    return row | {
        "in force from": _shown(row["effective_from"] or ALWAYS),
        "default": "default" if row["default"] else "",
        "retired": _shown(row["retired_at"]) if row["retired_at"] else "",
        "sha256": row["sha256"][:12],
    }


@policy.command("show")
def show(
    context: typer.Context,
    name: str,
    version: Annotated[int | None, typer.Option(help="by default the last")] = None,
) -> None:
    """Print a policy's document as it was published.

    Example: arrears policy show notice-calls-agency
    """
    session = session_of(context)
    with session.book() as book:
        shown = version_of(book.engine.policies(), name, version)
    if session.format == "json":
        print_json(policy_answer(shown))
    else:
        typer.echo(shown.document, nl=False)


@policy.command("limits")
def limits(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="one profile, with all its rules")
    ] = None,
) -> None:
    """List the profiles of contact limits; of one, which rules it applies and which it does not.

    \b
    Example: arrears policy limits
    Example: arrears policy limits us-consumer-third-party
    """
    session = session_of(context)
    answer = limits_answer(name)
    profiles = {
        one: profile_of(document) for one, document in shipped_limits().items() if name in (None, one)
    }
    if session.format == "json":
        print_json(answer)
    elif name is None or session.format == "csv":
        rows = [
            {"profile": one, "rule": rule.rule, "source": rule.source}
            for one, profile in profiles.items()
            for rule in profile.rules
        ]
        print_rows(session, rows, ["profile", "rule", "source"])
    else:
        typer.echo("\n".join(described(name, profiles[name])))


@policy.command("retire")
def retire_(context: typer.Context, name: str) -> None:
    """Retire a policy: no account can be given it any more.

    Example: arrears policy retire gentle-to-firm
    """
    session = session_of(context)
    with session.book() as book:
        facts = book.decide_on_policies(lambda policies: retire(policies, name, book.clock()))
        _say(session, bool(facts), f"{name} is retired; accounts that have it keep it", "", policy=name)


@policy.command("assign")
def assign(context: typer.Context, account: str, name: str, since: From = None) -> None:
    """Put one account under a policy.

    Example: arrears policy assign ACME thirty-sixty-ninety
    """
    session = session_of(context)
    with session.book() as book:
        effective = local_moment(since, time(0), book.zone) if since else book.clock()
        decided_until = book.decided_until(book.account_id(account))
        facts = book.execute(
            account, lambda known, policies: assign_to(policies, known, name, effective, decided_until)
        )
        _say(
            session, bool(facts), f"{account} follows {name} from {_shown(effective)}",
            f"{account} follows {name} already: nothing to do", account=account, policy=name,
        )  # fmt: skip


@policy.command("default")
def default(context: typer.Context, name: str, since: From = None) -> None:
    """Choose the policy of every account that has none of its own.

    Example: arrears policy default thirty-sixty-ninety
    """
    session = session_of(context)
    with session.book(create=True) as book:
        effective = _since(book, since)
        facts = book.decide_on_policies(
            lambda policies: make_default(policies, name, effective, book.decided_until())
        )
        _say(
            session, bool(facts), f"{name} is the default from {_shown(effective)}",
            f"{name} is the default already: nothing to do", policy=name,
        )  # fmt: skip
