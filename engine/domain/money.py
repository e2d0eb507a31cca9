"""Money: Decimal amounts in ISO 4217 currencies, each with its own number of decimals."""

from decimal import Decimal
from functools import cache

ZERO = Decimal(0)

# ISO 4217 list one, active codes; those with two decimals first, the others by their exponent.
_TWO = """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF
CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG
HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR
MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK
SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD
XCG YER ZAR ZMW ZWG"""
_EXPONENTS = {
    **dict.fromkeys(_TWO.split(), 2),
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}

OTHER_DECIMALS = {code: decimals for code, decimals in _EXPONENTS.items() if decimals != 2}
"""The currencies that do not have two decimals, and how many they have."""


class UnknownCurrency(ValueError):
    """A code that is no active ISO 4217 currency."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        super().__init__(f"'{currency}' is not a currency: expected an ISO 4217 code such as EUR")


class TooPrecise(ValueError):
    """An amount with more decimals than its currency has."""

    def __init__(self, amount: Decimal, currency: str) -> None:
        self.amount, self.currency = amount, currency
        decimals = exponent(currency)
        super().__init__(f"{amount} {currency} is too precise: {currency} has {decimals} decimals")


def exponent(currency: str) -> int:
    """The number of decimals of a currency (EUR 2, JPY 0, KWD 3); raises UnknownCurrency."""
    try:
        return _EXPONENTS[currency]
    except KeyError:
        raise UnknownCurrency(currency) from None


@cache
def unit(currency: str) -> Decimal:
    """The smallest amount of a currency: 0.01 for EUR, 1 for JPY, 0.001 for KWD."""
    return Decimal(1).scaleb(-exponent(currency))


def money(amount: Decimal, currency: str) -> Decimal:
    """The amount written with exactly the currency's decimals; raises TooPrecise, never rounds."""
    exact = amount.quantize(unit(currency))
    if exact != amount:
        raise TooPrecise(amount, currency)
    return exact


def to_minor(amount: Decimal, currency: str) -> int:
    """The amount as a whole number of the currency's smallest units; raises TooPrecise."""
    return int(money(amount, currency).scaleb(exponent(currency)))


def from_minor(minor: int, currency: str) -> Decimal:
    """The amount that so many smallest units make: 12345 EUR -> 123.45."""
    return Decimal(minor).scaleb(-exponent(currency))


def to_thousandths(amount: Decimal) -> int:
    """The amount of whichever currency as a whole number of thousandths: none has smaller units."""
    return int(amount.scaleb(3))


def thousandths_of(currency: str) -> int:
    """How many thousandths the smallest unit of a currency has: 10 for EUR, 1000 for JPY, 1 for KWD."""
    return int(unit(currency) * 1000)


def from_thousandths(thousandths: int, currency: str) -> Decimal:
    """The amount that so many thousandths make, with the currency's decimals; raises TooPrecise."""
    return money(Decimal(thousandths).scaleb(-3), currency)
