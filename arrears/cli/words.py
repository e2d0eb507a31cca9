"""The words of the verbs: arguments and options that several of them take, each checked as it is read."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError

from arrears.cli.session import parse_moment
from arrears.imports.cells import FIRST_YEAR, Expected, read_amount
from arrears.imports.fields import Country, Currency, Day, Id, Text, TimeZone
from engine.domain.money import ZERO
from policies.payment_terms import UnknownTerms, payment_terms


def checked(kind: Any, what: str) -> Callable[[str], Any]:
    """A parser for a field that may hold what the same column of a file may; raises BadParameter."""
    adapter: TypeAdapter[Any] = TypeAdapter(kind)

    def parse(text: str) -> Any:
        try:
            return adapter.validate_python(text.strip())
        except ValidationError as refused:
            error = refused.errors(include_url=False)[0]
            expected = error["ctx"].get("error") or _length(**error["ctx"])
            raise typer.BadParameter(f"'{text}' is no {what}: expected {expected}") from None

    return parse


def _length(min_length: int = 0, max_length: int = 0) -> str:
    return f"at most {max_length} characters" if max_length else "at least one character"


def parse_amount(text: str) -> Decimal:
    """An amount above zero such as 1250.00; raises BadParameter."""
    try:
        return read_amount(text.strip(), ".", "")
    except Expected as wrong:
        raise typer.BadParameter(f"'{text}' is no amount: expected {wrong}") from None


def parse_past_moment(text: str) -> datetime:
    """A moment such as 2026-03-31T09:00Z, not before 1900; raises BadParameter."""
    moment = parse_moment(text)
    if moment.year < FIRST_YEAR:
        raise typer.BadParameter(f"'{text}' is no moment: expected one from {FIRST_YEAR} on")
    return moment


def parse_claim(text: str) -> Decimal:
    """An amount that may be zero, as a corrected claim may be; raises BadParameter."""
    return ZERO if re.fullmatch(r"0+(\.0+)?", text.strip()) else parse_amount(text)


def parse_percent(text: str) -> Decimal:
    """A share from 0 to 100 such as 25 or 12.5; raises BadParameter."""
    share = parse_claim(text)
    if share > 100:
        raise typer.BadParameter(f"'{text}' is no percentage: expected one from 0 to 100")
    return share


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a repayment plan, as agreed."""

    on: date
    amount: Decimal


def parse_instalment(text: str) -> Part:
    """A part of a plan such as 2026-05-01=50.00; raises BadParameter."""
    on, equals, amount = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"'{text}' is no instalment: expected one such as 2026-05-01=50.00")
    return Part(parse_day(on), parse_amount(amount))


@dataclass(frozen=True, slots=True)
class DisputedAmount:
    """So much of an invoice."""

    invoice: str
    amount: Decimal


def parse_disputed(text: str) -> DisputedAmount:
    """A part of an invoice such as INV-1=30.00; raises BadParameter."""
    invoice, equals, amount = text.rpartition("=")
    if not equals:
        raise typer.BadParameter(f"'{text}' is no part of an invoice: expected one such as INV-1=30.00")
    return DisputedAmount(parse_id(invoice), parse_amount(amount))


def parse_terms(text: str) -> str:
    """Terms of payment such as "net 30 EOM"; raises BadParameter."""
    try:
        payment_terms(text)
    except UnknownTerms as unknown:
        raise typer.BadParameter(str(unknown)) from None
    return text.strip()


parse_day: Callable[[str], date] = checked(Day, "date")
parse_id = checked(Id, "number")
parse_text = checked(Text, "text")
parse_currency = checked(Currency, "currency")
parse_country = checked(Country, "country")
parse_zone = checked(TimeZone, "time zone")


def named(items: list[str] | None) -> tuple[str, ...]:
    """The invoices and charges named, each once."""
    return tuple(dict.fromkeys(items or ()))


def an_id(metavar: str, meaning: str) -> Any:
    """An argument that holds an id that people know."""
    return typer.Argument(parser=parse_id, metavar=metavar, help=meaning, show_default=False)


def day_option(name: str, meaning: str) -> Any:
    """An option that holds a date."""
    return typer.Option(name, parser=parse_day, metavar="DATE", help=meaning)


def text_option(name: str, meaning: str, parser: Callable[[str], Any] = parse_text) -> Any:
    """An option that holds words."""
    return typer.Option(name, parser=parser, metavar="TEXT", help=meaning)


def id_option(name: str, metavar: str, meaning: str) -> Any:
    """An option that holds an id that people know."""
    return typer.Option(name, parser=parse_id, metavar=metavar, help=meaning)


Number = Annotated[str, an_id("ACCOUNT", "the number the account is known by")]
Amount = Annotated[Decimal, typer.Argument(parser=parse_amount, metavar="AMOUNT", help="such as 1250.00")]
Code = Annotated[str, typer.Argument(parser=parse_currency, metavar="CURRENCY", help="ISO 4217, such as EUR")]
PartAmount = Annotated[
    Decimal | None,
    typer.Option("--amount", parser=parse_amount, metavar="AMOUNT", help="by default all there is"),
]
On = Annotated[date | None, day_option("--on", "the day it happened; by default today")]
At = Annotated[
    datetime | None,
    typer.Option(
        "--at", parser=parse_past_moment, metavar="MOMENT",
        help="when it happened, such as 2026-03-31T09:00+02:00 (without an offset UTC); by default now",
    ),
]  # fmt: skip
Invoices = Annotated[
    list[str] | None,
    typer.Option(
        "--invoice", parser=parse_id, metavar="INVOICE",
        help="an invoice or charge it is about; may be given several times",
    ),
]  # fmt: skip
Reason = Annotated[str | None, text_option("--reason", "why, in your words")]
Note = Annotated[str | None, text_option("--note", "what was said, in your words")]
NewId = Annotated[str | None, id_option("--id", "ID", "what it is to be known by; by default a fresh id")]
