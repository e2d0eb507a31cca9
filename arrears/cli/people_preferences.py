"""The verb on what a debtor asks for, or the law gives them, about contact."""

import re
from datetime import time
from typing import Annotated, Any, get_args

import typer

from arrears.cli.desk import at_desk
from arrears.cli.words import At, Note, Number, parse_zone, text_option
from arrears.commands.preferences import Hours, Prefer
from engine.domain.facts.contacts import Channel
from policies.contact_limits.profile import WEEKDAYS

_HOURS = re.compile(r"(?:(?P<days>[a-z,-]+) )?(?P<start>\d\d:\d\d)-(?P<end>\d\d:\d\d)")
NONE = "none"


def register(app: typer.Typer) -> None:
    """Adds the verb of this module."""
    app.command("prefer")(prefer)


def parse_hours(text: str) -> Any:
    """Hours such as '18:00-21:00' or 'mon-fri 18:00-21:00'; 'none' takes back what was asked."""
    if text == NONE:
        return None
    try:
        found = _HOURS.fullmatch(text.strip().lower())
        assert found is not None
        start, end = found["start"], found["end"]
        assert time.fromisoformat(start) != time.fromisoformat(end)
        return Hours(start=start, end=end, days=tuple(_days(found["days"] or "")))  # type: ignore[arg-type]
    except (AssertionError, ValueError):
        raise typer.BadParameter(
            f"'{text}' are no hours: expected such as 18:00-21:00 or 'mon-fri 18:00-21:00', or none"
        ) from None


def parse_channel(text: str) -> Any:
    """One of the channels; raises BadParameter."""
    if text not in get_args(Channel):
        raise typer.BadParameter(f"'{text}' is no channel: expected one of {', '.join(get_args(Channel))}")
    return text


def _days(text: str) -> list[str]:
    """The weekdays of 'mon-fri', 'fri-mon' or 'mon,wed'; raises ValueError."""
    days: list[str] = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        days += [WEEKDAYS[(start + n) % 7] for n in range((end - start) % 7 + 1)]
    return list(dict.fromkeys(days))


def prefer(
    context: typer.Context,
    number: Number,
    refuse: Annotated[
        list[Any] | None,
        typer.Option(parser=parse_channel, metavar="CHANNEL", help="no contact this way any more"),
    ] = None,
    allow: Annotated[
        list[Any] | None, typer.Option(parser=parse_channel, metavar="CHANNEL", help="this way again")
    ] = None,
    channel: Annotated[Channel | None, typer.Option(help="what goes by e-mail or text goes this way")] = None,
    at_work: Annotated[
        bool | None, typer.Option("--at-work/--not-at-work", help="whether they may be contacted at work")
    ] = None,
    inconvenient: Annotated[
        list[str] | None,
        typer.Option(parser=parse_hours, metavar="HOURS", help="such as 'mon-fri 18:00-21:00'; or none"),
    ] = None,
    possible_zone: Annotated[
        list[str] | None, typer.Option(parser=parse_zone, metavar="ZONE", help="where they may be; all count")
    ] = None,
    attorney: Annotated[str | None, text_option("--attorney", "who represents them from now on")] = None,
    unrepresented: Annotated[bool, typer.Option("--unrepresented", help="nobody does any more")] = False,
    direct_contact: Annotated[
        bool | None, typer.Option("--direct-contact/--no-direct-contact", help="the attorney allows it")
    ] = None,
    cease: Annotated[
        bool | None, typer.Option("--cease/--cease-withdrawn", help="a written request to cease contact came")
    ] = None,
    consent: Annotated[bool, typer.Option("--consent", help="they agreed to be called")] = False,
    time_barred: Annotated[
        list[str] | None, typer.Option(metavar="INVOICE", help="cannot be sued for")
    ] = None,
    not_time_barred: Annotated[
        list[str] | None, typer.Option(metavar="INVOICE", help="can be, after all")
    ] = None,
    at: At = None,
    note: Note = None,
) -> None:
    """Record what the debtor asks for on contact. What is not given stays as it was; limits heed it.

    \b
    Example: arrears prefer ACME --refuse sms --inconvenient "mon-fri 18:00-21:00"
    Example: arrears prefer ACME --attorney "Example & Partners" --at 2026-05-04T10:00Z
    """
    with at_desk(context) as desk:
        desk.record(Prefer(
            account=number, refuse=tuple(refuse or ()), allow=tuple(allow or ()), prefer=channel,
            at_work=at_work, inconvenient=_all(inconvenient), zones=tuple(possible_zone or ()),
            attorney=attorney, represented=False if unrepresented else None, direct_contact=direct_contact,
            cease=cease, consent=consent or None, time_barred=tuple(time_barred or ()),
            not_time_barred=tuple(not_time_barred or ()), changed_at=at, note=note,
        ))  # fmt: skip


def _all(hours: list[Any] | None) -> tuple[Hours, ...] | None:
    return None if hours is None else tuple(one for one in hours if one is not None)
