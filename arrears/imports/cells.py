"""How dates, moments and amounts are written in the cells of a file."""

import re
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache

FIRST_YEAR, LAST_YEAR = 1900, 2200
AMOUNT_BELOW = Decimal(10) ** 15
"""So that an amount in minor units of any currency fits a 64-bit integer."""

ISO = "iso"
_ISO_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?P<time>[T ][0-9]{2}:[0-9]{2}.*)?")
_EXAMPLE = datetime(2021, 3, 31, 14, 5)  # noqa: DTZ001  an example is in no zone


class Expected(ValueError):
    """A cell that does not hold what it must; its text says what was expected."""


@lru_cache(maxsize=100_000)
def read_date(text: str, formats: tuple[str, ...]) -> date:
    """The date that the text states, cut from a timestamp where it is one; raises Expected."""
    moment = read_moment(text, formats)
    return moment.date() if isinstance(moment, datetime) else moment


def read_moment(text: str, formats: tuple[str, ...]) -> datetime | date:
    """The date, or the moment in its stated offset (naive where it states none); raises Expected."""
    found = {moment for each in formats if (moment := _read(text, each))}
    if not found:
        raise Expected(f"a date such as {' or '.join(map(_example, formats))}")
    if len(found) > 1:
        raise Expected("a date that can be read in one way only")
    moment = found.pop()
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise Expected(f"a date from {FIRST_YEAR} to {LAST_YEAR}")
    return moment


def _read(text: str, written: str) -> datetime | date | None:
    try:
        return _read_iso(text) if written == ISO else _read_as(text, written)
    except ValueError:
        return None


def _read_iso(text: str) -> datetime | date | None:
    match = _ISO_MOMENT.fullmatch(text)
    if match is None:
        return None
    if match["time"] is None:
        return date.fromisoformat(text)
    return datetime.fromisoformat(text.replace(" UTC", "+00:00"))


def _read_as(text: str, written: str) -> datetime | date:
    moment = datetime.strptime(text, written)  # noqa: DTZ007  without an offset the caller's zone counts
    return moment if "%H" in written or "%I" in written else moment.date()


def _example(written: str) -> str:
    return _EXAMPLE.date().isoformat() if written == ISO else _EXAMPLE.strftime(written)


def names_a_day(written: str) -> bool:
    """Whether dates written in this format can be read back: it has year, month and day."""
    try:
        return written == ISO or datetime.strptime(_example(written), written).date() == _EXAMPLE.date()  # noqa: DTZ007
    except ValueError:
        return False


def read_amount(text: str, decimal: str, thousands: str) -> Decimal:
    """The amount that the text states, exactly; raises Expected unless it is above zero."""
    text = text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
    if not _amount_pattern(decimal, thousands).fullmatch(text):
        raise Expected(f"an amount such as 1{thousands}250{decimal}00")
    if thousands:
        text = text.replace(thousands, "")
    amount = Decimal(text.replace(decimal, "."))
    if not 0 < amount < AMOUNT_BELOW:
        raise Expected(f"an amount above zero and below {AMOUNT_BELOW}")
    return amount


@cache
def _amount_pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    """Thousands stand in groups of three (or, before the last group, two): '12,50' is no amount of 1250."""
    whole = "[0-9]+"
    if thousands:
        mark = re.escape(thousands)
        whole = f"(?:[0-9]{{1,3}}(?:{mark}[0-9]{{2,3}})*{mark}[0-9]{{3}}|[0-9]+)"
    return re.compile(f"[-+]?{whole}(?:{re.escape(decimal)}[0-9]+)?")
