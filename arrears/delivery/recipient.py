"""Whom a contact addresses, and in whose name it is made."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from engine.domain.facts.accounts import AccountOpened, DebtorDetailsChanged
from engine.domain.facts.base import Erased, Fact

_DETAILS = ("name", "kind", "country", "timezone", "language", "address", "email", "phone")


@dataclass(frozen=True, slots=True)
class Creditor:
    """In whose name texts are written. What is empty is left out, a name replaced by a neutral one.

    `address`: its lines parted by commas; `country` ISO 3166-1 alpha-2.
    """

    name: str = ""
    reach: str = ""
    pay_to: str = ""
    address: str = ""
    country: str = ""
    iban: str = ""
    bic: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """The debtor as known at the time of a contact. `language` ISO 639, `country` ISO 3166-1 alpha-2."""

    number: str | Erased = ""
    name: str | Erased | None = None
    kind: str | None = None
    country: str | None = None
    timezone: str | None = None
    language: str | None = None
    address: str | Erased | None = None
    email: str | Erased | None = None
    phone: str | Erased | None = None


def recipient(facts: Iterable[Fact]) -> Recipient:
    """The debtor's details as these facts of one account leave them."""
    debtor = Recipient()
    for fact in facts:
        if isinstance(fact, AccountOpened):
            debtor = replace(debtor, number=fact.number)
        if isinstance(fact, AccountOpened | DebtorDetailsChanged):
            told = {name: value for name in _DETAILS if (value := getattr(fact, name)) is not None}
            debtor = replace(debtor, **told)
    return debtor
