"""What a cell of each sort may hold, as pydantic fields; a cell that may not raises Expected."""

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainValidator,
    StringConstraints,
    ValidationInfo,
)

from arrears.imports.cells import ISO, Expected, read_amount, read_date, read_moment
from engine.domain.money import TooPrecise, UnknownCurrency, exponent, money


class Written(BaseModel):
    """How a file writes dates and amounts; the context in which rows are validated."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    date_format: tuple[str, ...] = (ISO,)
    decimal: str = "."
    thousands: str = ""


PLAIN = Written()


def _written(info: ValidationInfo) -> Written:
    return info.context if isinstance(info.context, Written) else PLAIN


def _date(value: Any, info: ValidationInfo) -> Any:
    return read_date(value, _written(info).date_format) if isinstance(value, str) else value


def _moment(value: Any, info: ValidationInfo) -> datetime | date:
    if isinstance(value, date):
        return value
    return read_moment(value, _written(info).date_format)


def _amount(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, str):
        return value
    written = _written(info)
    return read_amount(value, written.decimal, written.thousands)


def _no_finer(amount: Decimal, info: ValidationInfo) -> Decimal:
    """No amount is more precise than its currency, which is checked before it."""
    currency = info.data.get("currency")
    if currency is None:
        return amount
    try:
        return money(amount, currency)
    except TooPrecise:
        raise Expected(f"at most {exponent(currency)} decimals in {currency}") from None


def _currency(code: str) -> str:
    try:
        exponent(code.upper())
    except UnknownCurrency:
        raise Expected("an ISO 4217 currency such as EUR") from None
    return code.upper()


def _ids(value: Any) -> Any:
    """The ids of a cell, each once: several are separated by semicolons."""
    if not isinstance(value, str):
        return value
    return tuple(dict.fromkeys(each for part in value.split(";") if (each := part.strip())))


@cache
def _countries() -> frozenset[str]:
    table = (files("tzdata") / "zoneinfo" / "iso3166.tab").read_text(encoding="utf-8")
    codes = (line.split("\t")[0] for line in table.splitlines() if line and not line.startswith("#"))
    return frozenset(codes) | {"XK"}  # Kosovo has no ISO code yet, but books know it as XK


def _country(code: str) -> str:
    if code.upper() not in _countries():
        raise Expected("an ISO 3166 country of two letters such as GB")
    return code.upper()


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())


def _timezone(name: str) -> str:
    if name not in _timezones():
        raise Expected("an IANA time zone such as Europe/London")
    return name


def _storable(text: str) -> str:
    """PostgreSQL keeps no text with a NUL in it."""
    if "\0" in text:
        raise Expected("text without NUL characters")
    return text


Id = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_storable)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=10_000), AfterValidator(_storable)]
Ids = Annotated[tuple[Id, ...], BeforeValidator(_ids)]
Day = Annotated[date, BeforeValidator(_date)]
Moment = Annotated[datetime | date, PlainValidator(_moment)]
Currency = Annotated[str, AfterValidator(_currency)]
Amount = Annotated[Decimal, BeforeValidator(_amount), AfterValidator(_no_finer)]
Country = Annotated[str, AfterValidator(_country)]
TimeZone = Annotated[str, AfterValidator(_timezone)]
