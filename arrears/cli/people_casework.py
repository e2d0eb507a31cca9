"""Verbs on how accounts are worked: by whom, with which contact persons, and with which files."""

from pathlib import Path
from typing import Annotated

import typer

from arrears.casework.attachments import attach as attach_file
from arrears.casework.attachments import attachments_of, content_of
from arrears.casework.collectors import hand_over as hand_over_accounts
from arrears.cli.desk import answer, at_desk
from arrears.cli.output import console, counted, print_json, print_rows
from arrears.cli.words import NewId, Note, Number, On, an_id, text_option
from arrears.commands import casework as commands
from arrears.telling.casework import ATTACHMENT_COLUMNS, attachment_row
from engine.domain.facts.casework import Role

Collector = Annotated[str, an_id("COLLECTOR", "who is to work it, by the name under which they record")]
Several = Annotated[
    list[str] | None, typer.Option("--phone", metavar="NUMBER", help="may be given several times")
]


def register(app: typer.Typer) -> None:
    """Adds the verbs of this module."""
    app.command("assign")(assign)
    app.command("hand-over")(hand_over)
    app.command("contact-person")(contact_person)
    app.command("attach")(attach)
    app.command("attachments")(attachments)


# --- who works it -----------------------------------------------------------------------------------------


def assign(
    context: typer.Context, number: Number, collector: Collector, note: Note = None, on: On = None
) -> None:
    """Give an account to a collector, on whose worklist it is from then on.

    \b
    Example: arrears assign ACME mira --note "speaks Spanish, as they do"
    """
    with at_desk(context) as desk:
        desk.record(commands.AssignCollector(account=number, collector=collector, assigned_on=on, note=note))


def hand_over(
    context: typer.Context,
    collector: Annotated[str, an_id("FROM", "whose accounts they are")],
    to: Annotated[str, an_id("TO", "who takes them over")],
    note: Note = None,
    on: On = None,
) -> None:
    """Give all accounts of a collector to another.

    \b
    Example: arrears hand-over mira noor --note "Mira is away until May"
    """
    with at_desk(context) as desk:
        count = hand_over_accounts(desk.book, collector, to, desk.here.day(on), note)
    if desk.session.format == "json":
        print_json({"from": collector, "to": to, "accounts": count})
    else:
        console().print(f"{counted(count, 'accounts')} handed over from {collector} to {to}.", markup=False)


# --- whom to talk to --------------------------------------------------------------------------------------


def contact_person(
    context: typer.Context,
    number: Number,
    person: Annotated[str, an_id("PERSON", "what they are known by on this account, such as PAYABLES")],
    role: Annotated[Role | None, typer.Option("--role", help="what they are to the debtor")] = None,
    name: Annotated[str | None, text_option("--name", "who they are")] = None,
    phone: Several = None,
    email: Annotated[
        list[str] | None, typer.Option("--email", metavar="ADDRESS", help="may be given several times")
    ] = None,
    note: Note = None,
    remove: Annotated[bool, typer.Option("--remove", help="they are not to be contacted any more")] = False,
    on: On = None,
) -> None:
    """Add somebody to talk to about the account, change what is known of them, or take them off.

    Numbers and addresses that are given take the place of those that were known.

    \b
    Example: arrears contact-person ACME PAYABLES --role accounts_payable --name "Ida Example" --phone "+49 30 5550110"
    """  # noqa: E501 - an example stands in one line
    with at_desk(context) as desk:
        if remove:
            desk.record(commands.RemoveContactPerson(account=number, person=person, changed_on=on))
            return
        desk.record(commands.ChangeContactPerson(
            account=number, person=person, role=role, name=name, phones=tuple(phone) if phone else None,
            emails=tuple(email) if email else None, note=note, changed_on=on,
        ))  # fmt: skip


# --- files ------------------------------------------------------------------------------------------------


def attach(
    context: typer.Context,
    number: Number,
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="up to 10 MiB")],
    note: Note = None,
    file_id: NewId = None,
) -> None:
    """Attach a file to an account: a signed order, a letter that came in.

    \b
    Example: arrears attach ACME order.txt --note "the signed order" --id ORDER-1
    """
    with at_desk(context) as desk:
        facts = attach_file(desk.book, number, file.name, file.read_bytes(), note=note, attachment=file_id)
        answer(desk.session, facts)


def attachments(
    context: typer.Context,
    number: Number,
    attachment: Annotated[
        str | None, typer.Argument(metavar="[ATTACHMENT]", help="write this one to --out")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="where to write it")] = None,
) -> None:
    """List the files of an account, or write one of them to a file.

    \b
    Example: arrears attachments ACME
    Example: arrears attachments ACME ORDER-1 --out order-copy.txt
    """
    if (attachment is None) != (out is None):
        raise typer.BadParameter("to write a file name the attachment, and --out FILE")
    with at_desk(context) as desk:
        if attachment is None or out is None:
            rows = [attachment_row(one) for one in attachments_of(desk.book, number)]
            if desk.session.format == "json":
                print_json({"account": number, "attachments": rows})
            else:
                print_rows(desk.session, rows, ATTACHMENT_COLUMNS)
            return
        found, content = content_of(desk.book, number, attachment)
        out.write_bytes(content)
    if desk.session.format == "json":
        print_json({**attachment_row(found), "file": str(out)})
    else:
        console().print(f"{attachment} is in {out} ({found.size_bytes} bytes, as recorded).", markup=False)
