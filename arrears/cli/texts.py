"""`arrears template …`: the texts of contacts, and how one would read on an account."""

from datetime import datetime
from typing import Annotated, Any

import typer

from arrears.cli.output import print_json, print_rows
from arrears.cli.session import session_of
from arrears.delivery.contact import Contact, templates_of
from arrears.delivery.recipient import Creditor, recipient
from arrears.delivery.render import render
from arrears.delivery.templates import best_language, languages, template, template_names
from arrears.wiring import Book
from engine.domain.account import Account
from engine.domain.decisions.contacts import line
from engine.domain.errors import RuleBroken
from engine.domain.facts.contacts import CallScheduled, Demanded, ReminderIssued
from policies.book import PolicyBook
from policies.view import View

Language = Annotated[
    str | None,
    typer.Option(metavar="LANGUAGE", help="en, de, fr or es; by default the debtor's, else English"),
]
CreditorName = Annotated[
    str,
    typer.Option("--creditor", envvar="ARREARS_CREDITOR", help="in whose name texts are written"),
]
CreditorReach = Annotated[
    str,
    typer.Option("--reach", envvar="ARREARS_CREDITOR_REACH", help="how debtors reach the creditor"),
]
CreditorPayTo = Annotated[
    str,
    typer.Option("--pay-to", envvar="ARREARS_CREDITOR_PAY_TO", help="where debtors are to pay"),
]

texts = typer.Typer(no_args_is_help=True, help="The texts of letters, messages and calls.")


class NothingToWrite(RuleBroken):
    sentence = "account '{account}' has no open item that could be demanded: there is nothing to write about"


def register(app: typer.Typer) -> None:
    app.add_typer(texts, name="template")


@texts.command("list")
def list_(context: typer.Context) -> None:
    """List the texts that are shipped, in which languages, and the steps that use them in this book.

    Example: arrears template list
    """
    session = session_of(context)
    with session.book() as book:
        users = _users(book.engine.policies())
    rows = [_row(name, users.get(name, [])) for name in template_names()]
    if session.format == "json":
        print_json({"templates": rows})
    else:
        shown = [row | {"languages": ", ".join(languages()), "used": ", ".join(row["used"])} for row in rows]
        print_rows(session, shown, ("template", "kind", "languages", "used"))


def _users(policies: PolicyBook) -> dict[str, list[str]]:
    """The steps of the last version of each policy, by the text that they use."""
    users: dict[str, list[str]] = {}
    for name, versions in sorted(policies.versions.items()):
        for step, text in templates_of(versions[-1].policy).items():
            users.setdefault(text, []).append(f"{name}/{step}")
    return users


def _row(name: str, used: list[str]) -> dict[str, Any]:
    worded = {language: template(name, language) for language in languages()}
    return {
        "template": name, "kind": next(iter(worded.values())).kind, "used": used,
        "sha256": {language: one.sha256 for language, one in worded.items()},
    }  # fmt: skip


@texts.command("show")
def show(context: typer.Context, name: str, language: Language = None) -> None:
    """Print a text as it is kept, with the places where figures are put in.

    Example: arrears template show collection-notice --language de
    """
    session = session_of(context)
    shown = template(name, language or best_language())
    if session.format == "json":
        print_json({
            "template": name, "language": shown.language, "kind": shown.kind, "sha256": shown.sha256,
            "source": shown.source,
        })  # fmt: skip
    else:
        typer.echo(shown.source, nl=False)


@texts.command("preview")
def preview(
    context: typer.Context,
    number: Annotated[str, typer.Argument(metavar="ACCOUNT", help="the number the account is known by")],
    name: Annotated[str, typer.Argument(metavar="TEMPLATE", help="a text of 'arrears template list'")],
    language: Language = None,
    html: Annotated[bool, typer.Option("--html", help="print the HTML instead of the plain text")] = False,
    creditor: CreditorName = "",
    reach: CreditorReach = "",
    pay_to: CreditorPayTo = "",
) -> None:
    """Print a text as it would read on an account now, about all that may be demanded of it.

    Nothing is sent and nothing is recorded.

    Example: arrears template preview ACME collection-notice --language de
    """
    session = session_of(context)
    with session.book() as book:
        debtor = recipient(one.fact for one in book.store.stream(book.account_id(number)))
        with book.account(number) as account:
            contact, steps = _supposed(book, account, name)
    spoken = language or best_language(debtor.language)
    message = render(contact, debtor, Creditor(creditor, reach, pay_to), spoken, steps)
    if session.format == "json":
        print_json({
            "account": number, "template": name, "language": spoken, "sha256": message.template.sha256,
            "subject": message.subject, "text": message.text, "html": message.html,
        })  # fmt: skip
    else:
        typer.echo(message.html if html else f"{message.subject}\n\n{message.text}", nl=False)


def _supposed(book: Book, account: Account, name: str) -> tuple[Contact, dict[str, str]]:
    """The contact that there would be if every item that may be demanded were at the step of that text."""
    now = book.clock()
    view = View(account, book.engine.policies(), now)
    steps = templates_of(view.policy)
    step = next((step for step, text in steps.items() if text == name), name)
    items = sorted(filter(view.demandable, account.open_items.values()), key=lambda item: item.due_on)
    if not items:
        raise NothingToWrite(account=account.number)
    demand = tuple(
        Demanded(currency=code, amount=view.demand(code, items))
        for code in sorted({i.currency for i in items})
    )
    shared: dict[str, Any] = {
        "contact": "preview", "step": step, "demand": demand,
        "lines": tuple(line(item, step, view.today) for item in items),
    }  # fmt: skip
    return _contact(view, name, now, shared), steps


def _contact(view: View, name: str, now: datetime, shared: dict[str, Any]) -> Contact:
    if template(name, best_language()).kind == "call":
        return CallScheduled(script=name, scheduled_at=now, **shared)
    known = view.policy.step(shared["step"])
    channel = known.remind.channel if known and known.remind else "letter"
    return ReminderIssued(channel=channel, template=name, issued_at=now, **shared)
