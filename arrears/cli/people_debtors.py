"""Verbs on the debtor and on how the account is worked."""

from datetime import date
from typing import Annotated, Literal

import typer

from arrears.cli.desk import at_desk
from arrears.cli.words import (
    Number,
    On,
    Reason,
    day_option,
    id_option,
    parse_country,
    parse_day,
    parse_text,
    parse_zone,
    text_option,
)
from arrears.commands import debtors

Name = Annotated[str | None, text_option("--name", "the person's or firm's name")]
Kind = Annotated[
    Literal["business", "consumer"] | None, typer.Option("--kind", help="a firm or a private person")
]
Country = Annotated[str | None, text_option("--country", "two letters (ISO 3166), such as DE", parse_country)]
Region = Annotated[str | None, text_option("--region", "whose public holidays count, such as BY")]
Zone = Annotated[
    str | None, text_option("--timezone", "where the debtor is, such as Europe/Berlin", parse_zone)
]
Language = Annotated[str | None, text_option("--language", "the language to write in, such as de")]
Email = Annotated[str | None, text_option("--email", "the address for e-mail")]
Phone = Annotated[str | None, text_option("--phone", "the number to call")]
Address = Annotated[str | None, text_option("--address", "the address for letters")]
Segment = Annotated[
    str | None,
    text_option("--segment", "the group of debtors it belongs to; auto: as the policy's rules tell it"),
]
Collector = Annotated[str | None, text_option("--collector", "who works the account")]


def register(app: typer.Typer) -> None:
    """Adds the verbs of this module."""
    app.command("open")(open_account)
    app.command("details")(details)
    app.command("note")(note)
    app.command("follow-up")(follow_up)
    app.command("unreachable")(unreachable)
    app.command("located")(located)


def open_account(
    context: typer.Context,
    number: Number,
    name: Name = None,
    kind: Kind = None,
    country: Country = None,
    region: Region = None,
    timezone: Zone = None,
    language: Language = None,
    email: Email = None,
    phone: Phone = None,
    address: Address = None,
    segment: Segment = None,
    collector: Collector = None,
    creditor: Annotated[str | None, id_option("--creditor", "ID", "whom the debtor owes")] = None,
    person: Annotated[str | None, id_option("--person", "ID", "the person behind several accounts")] = None,
    debt: Annotated[
        str | None, id_option("--debt", "ID", "what tells this debt of the person's from others, for limits")
    ] = None,
    policy: Annotated[
        str | None, id_option("--policy", "NAME", "the policy it follows; by default the book's")
    ] = None,
    opened: Annotated[date | None, day_option("--opened", "since when; by default today")] = None,
) -> None:
    """Open an account. Where there is no book yet it is made.

    \b
    Example: arrears open ACME --name "Acme Mills" --country DE --timezone Europe/Berlin
    """
    with at_desk(context, create=True) as desk:
        desk.record(debtors.Open(
            account=number, name=name, kind=kind, country=country, region=region, timezone=timezone,
            language=language, email=email, phone=phone, address=address, segment=segment,
            collector=collector, creditor=creditor, person=person, debt=debt, policy=policy,
            opened_on=opened,
        ))  # fmt: skip


def details(
    context: typer.Context,
    number: Number,
    name: Name = None,
    kind: Kind = None,
    country: Country = None,
    region: Region = None,
    timezone: Zone = None,
    language: Language = None,
    email: Email = None,
    phone: Phone = None,
    address: Address = None,
    segment: Segment = None,
    collector: Collector = None,
    on: On = None,
) -> None:
    """Change the debtor's details. What is not given stays as it was.

    \b
    Example: arrears details ACME --phone "+49 30 5550100" --email accounts@acme.example
    """
    with at_desk(context) as desk:
        desk.record(debtors.ChangeDetails(
            account=number, name=name, kind=kind, country=country, region=region, timezone=timezone,
            language=language, email=email, phone=phone, address=address, segment=segment,
            collector=collector, changed_on=on,
        ))  # fmt: skip


def note(
    context: typer.Context,
    number: Number,
    text: Annotated[str, typer.Argument(parser=parse_text, metavar="TEXT", help="what is to be known")],
) -> None:
    """Add a note. Given twice it stands there twice.

    \b
    Example: arrears note ACME "Pays on the last Friday of the month."
    """
    with at_desk(context) as desk:
        desk.record(debtors.AddNote(account=number, note=text))


def follow_up(
    context: typer.Context,
    number: Number,
    day: Annotated[date, typer.Argument(parser=parse_day, metavar="DATE", help="such as 2026-05-04")],
    note: Annotated[str | None, text_option("--note", "what is to be looked at")] = None,
) -> None:
    """Put the account on a later day's worklist.

    \b
    Example: arrears follow-up ACME 2026-05-04 --note "has the parcel arrived?"
    """
    with at_desk(context) as desk:
        desk.record(debtors.SetFollowUp(account=number, on=day, note=note))


def unreachable(context: typer.Context, number: Number, on: On = None, reason: Reason = None) -> None:
    """Record that the debtor cannot be found.

    \b
    Example: arrears unreachable ACME --on 2026-05-06 --reason "moved, no forwarding address"
    """
    with at_desk(context) as desk:
        desk.record(debtors.MarkUnreachable(account=number, found_on=on, reason=reason))


def located(
    context: typer.Context,
    number: Number,
    on: On = None,
    email: Email = None,
    phone: Phone = None,
    address: Address = None,
) -> None:
    """Record that the debtor was found again, and where.

    \b
    Example: arrears located ACME --on 2026-05-20 --phone "+49 30 5550199"
    """
    with at_desk(context) as desk:
        desk.record(debtors.MarkLocated(
            account=number, located_on=on, email=email, phone=phone, address=address
        ))  # fmt: skip
