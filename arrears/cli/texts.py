"""`arrears template …`: the texts of contacts, and how one would read on an account."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from arrears.cli.output import print_json, print_rows
from arrears.cli.session import session_of
from arrears.delivery.recipient import Creditor
from arrears.delivery.render import Message
from arrears.delivery.settings import delivery_settings
from arrears.telling.previews import preview_letter, preview_message, suppose
from arrears.telling.texts import preview_answer, template_answer, templates_answer
from engine.domain.facts.contacts import Channel

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


def named_creditor(name: str, reach: str, pay_to: str) -> Creditor:
    """The creditor of the settings of delivery, called what these options say; raises SettingsWrong."""
    return replace(delivery_settings().named_creditor, name=name, reach=reach, pay_to=pay_to)


texts = typer.Typer(no_args_is_help=True, help="The texts of letters, messages and calls.")


def register(app: typer.Typer) -> None:
    app.add_typer(texts, name="template")


@texts.command("list")
def list_(context: typer.Context) -> None:
    """List the texts that are shipped, in which languages, and the steps that use them in this book.

    Example: arrears template list
    """
    session = session_of(context)
    with session.book() as book:
        answer = templates_answer(book.engine.policies())
    if session.format == "json":
        print_json(answer)
    else:
        shown = [
            row | {"languages": ", ".join(row["sha256"]), "used": ", ".join(row["used"])}
            for row in answer["templates"]
        ]
        print_rows(session, shown, ("template", "kind", "languages", "used"))


@texts.command("show")
def show(context: typer.Context, name: str, language: Language = None) -> None:
    """Print a text as it is kept, with the places where figures are put in.

    Example: arrears template show collection-notice --language de
    """
    session = session_of(context)
    answer = template_answer(name, language)
    if session.format == "json":
        print_json(answer)
    else:
        typer.echo(answer["source"], nl=False)


@texts.command("preview")
def preview(
    context: typer.Context,
    number: Annotated[str, typer.Argument(metavar="ACCOUNT", help="the number the account is known by")],
    name: Annotated[
        str, typer.Argument(metavar="TEMPLATE", help="a text of 'arrears template list', or a step's id")
    ],
    language: Language = None,
    channel: Annotated[
        Channel | None, typer.Option("--channel", help="how it would go; by default as its step does")
    ] = None,
    html: Annotated[bool, typer.Option("--html", help="print the HTML instead of the plain text")] = False,
    pdf: Annotated[
        Path | None, typer.Option("--pdf", metavar="FILE", help="write it as it would be printed")
    ] = None,
    creditor: CreditorName = "",
    reach: CreditorReach = "",
    pay_to: CreditorPayTo = "",
) -> None:
    """Print a text as it would read on an account now, about all that may be demanded of it.

    Nothing is sent and nothing is recorded.

    \b
    Example: arrears template preview ACME collection-notice --language de
    Example: arrears template preview ACME notice --pdf notice.pdf
    """
    session, named = session_of(context), named_creditor(creditor, reach, pay_to)
    with session.book() as book:
        supposed = suppose(book, number, name, "letter" if pdf else channel)
    if pdf is not None:
        pdf.write_bytes(preview_letter(supposed, named, language, delivery_settings().letters_window))
    message = preview_message(supposed, named, language)
    if session.format == "json":
        print_json(preview_answer(supposed, message, language))
    elif pdf is None:
        short = supposed.channel == "sms"
        typer.echo(message.html if html else message.text if short else _whole(message), nl=False)


def _whole(message: Message) -> str:
    return f"{message.subject}\n\n{message.text}"
