"""How the console writes figures, dates and moments; each is markup that programs can read too."""

import re
from contextvars import ContextVar
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal

from markupsafe import Markup

from engine.domain.facts.base import Erased
from engine.domain.money import exponent

READER_ZONE: ContextVar[tzinfo] = ContextVar("reader_zone", default=UTC)
"""The time zone in which the reader of the page that is being drawn wants moments."""

MINUS = "\N{MINUS SIGN}"
NONE = Markup('<span class="none" aria-label="none">–</span>')


def figure(amount: Decimal | None, currency: str) -> str | Markup:
    """An amount with its currency's decimals, for a column of one currency: 1,234.50."""
    if amount is None:
        return NONE
    return f"{amount:,.{exponent(currency)}f}".replace("-", MINUS)


def money(amount: Decimal | None, currency: str) -> Markup:
    """An amount and its currency on one line: 1,234.50 EUR."""
    if amount is None:
        return NONE
    return Markup('<span class="money">{}&nbsp;<abbr>{}</abbr></span>').format(
        figure(amount, currency), currency
    )


def count(number: int | None) -> str | Markup:
    """A whole number with separators of thousands: 50,000."""
    return NONE if number is None else f"{number:,}".replace("-", MINUS)


def day(on: date | None) -> Markup:
    """A date as it is typed and sorted: 2026-03-31."""
    return NONE if on is None else Markup('<time datetime="{0}">{0}</time>').format(on.isoformat())


def moment(at: datetime | None, seconds: bool = False) -> Markup:
    """A moment in the reader's zone; the pointer on it shows the zone and the moment in UTC."""
    if at is None:
        return NONE
    local = at.astimezone(READER_ZONE.get())
    text = local.strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")
    universal = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Markup('<time datetime="{}" title="{} ({})">{}</time>').format(
        universal, universal, local.strftime("%Z"), text
    )


def percent(share: float | Decimal | None, decimals: int = 0) -> str | Markup:
    """A share of one as per cent: 0.125 -> 12.5 %."""
    return NONE if share is None else f"{share * 100:.{decimals}f}\N{NARROW NO-BREAK SPACE}%"


def personal(value: object) -> str | Markup:
    """What is known of a person, or that it was erased; nothing where it was never known."""
    if value is None or value == "":
        return NONE
    return Markup('<em class="erased">erased</em>') if isinstance(value, Erased) else str(value)


def words(name: str) -> str:
    """A name from the code as words: 'partly_kept' and 'first-notice' -> 'partly kept', 'first notice'."""
    return name.replace("_", " ").replace("-", " ")


def fact_kind(topic: str) -> str:
    """The topic of a fact as words: 'ReminderIssued' -> 'Reminder issued'."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", topic).capitalize()


def basis(value: str) -> str | Markup:
    """A figure that a decision was made on: a moment in the reader's zone, anything else as it stands."""
    try:
        return moment(datetime.fromisoformat(value)) if "T" in value else value
    except ValueError:
        return value


FILTERS = {
    function.__name__: function
    for function in (figure, money, count, day, moment, percent, personal, words, fact_kind, basis)
}  # fmt: skip
