"""Amounts and dates as they are written where the debtor is (CLDR, by Babel)."""

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from engine.domain.money import exponent, money


def locale_of(language: str, country: str | None) -> Locale:
    """The locale of a shipped language in a country; of the language alone where CLDR has no such pair."""
    try:
        return Locale.parse(f"{language}_{country}") if country else Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return Locale.parse(language)


@lru_cache(maxsize=4096)
def amount_text(amount: Decimal, currency: str, locale: Locale) -> str:
    """The amount with exactly the currency's decimals: CLDR rounds some currencies to fewer than ISO 4217."""
    decimals = exponent(currency)
    places = f".{'0' * decimals}" if decimals else ""
    pattern = re.sub(r"0\.0+", f"0{places}", locale.currency_formats["standard"].pattern)
    exact = money(amount, currency)
    text = str(format_currency(exact, currency, pattern, locale, currency_digits=False))
    return re.sub(r"(?<=[^\W\d_])(?=\d)", "\xa0", text)  # Babel leaves out the space after letters: KWD1.234


def count_text(count: int, locale: Locale) -> str:
    """The number with its thousands set apart."""
    return str(format_decimal(count, locale=locale))


@lru_cache(maxsize=4096)
def date_text(day: date, locale: Locale) -> str:
    """The day with its month in words."""
    return str(format_date(day, "long", locale))
