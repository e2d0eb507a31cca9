"""The invented debtors."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from random import Random

from arrears.demo import names
from arrears.demo.case import Debtor
from arrears.demo.places import PLACES, Place
from arrears.demo.sheets import Sheets

COLLECTORS = ("Ilvadra Pellomor", "Trelosk Haxabry", "Wexymo Sornudra", "Brulizin Jadopell")
SIZES = {"key": 3.0, "standard": 1.0, "small": 0.5, "consumer": 0.3}
"""How large a segment's invoices are beside the median."""

_BUSINESS_SEGMENTS, _BUSINESS_WEIGHTS = ("key", "standard", "small"), (12, 58, 30)
_CONSUMER_SHARE = 0.22
_NO_TIMEZONE_SHARE = 0.015
_PHONES_PER_PLACE = 100


class Debtors:
    """Makes debtors of its own name and telephone number each, as far as the numbers reach."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._first_words: set[tuple[str, ...]] = set()
        self._in_place: Counter[Place] = Counter()

    def make(self, number: int, opened_on: date) -> Debtor:
        """The debtor of account `C-<number>`."""
        rng = self._rng
        place = rng.choices(PLACES, [place.weight for place in PLACES])[0]
        consumer = rng.random() < _CONSUMER_SHARE
        name = self._new_name(lambda: names.person(rng) if consumer else names.firm(rng, place.country))
        return Debtor(
            account=f"C-{number:04d}",
            name=name,
            kind="consumer" if consumer else "business",
            place=place,
            timezone="" if rng.random() < _NO_TIMEZONE_SHARE else place.timezone,
            email=names.email(rng, name),
            phone=self._phone(place),
            address=names.address(rng, place.city),
            segment="consumer" if consumer else rng.choices(_BUSINESS_SEGMENTS, _BUSINESS_WEIGHTS)[0],
            collector=rng.choice(COLLECTORS),
            opened_on=opened_on,
        )

    def _new_name(self, invent: Callable[[], str]) -> str:
        """A name whose first two words, of which its address is made, no other has."""
        while (words := tuple((name := invent()).split()[:2])) in self._first_words:
            pass
        self._first_words.add(words)
        return name

    def _phone(self, place: Place) -> str:
        self._in_place[place] += 1
        return place.phone.format(self._in_place[place] % _PHONES_PER_PLACE)


def enter(sheets: Sheets, debtor: Debtor) -> None:
    """Adds the debtor's row to the accounts."""
    row = {
        "account": debtor.account,
        "name": debtor.name,
        "kind": debtor.kind,
        "country": debtor.place.country,
        "region": debtor.place.region,
        "timezone": debtor.timezone,
        "language": debtor.place.language,
        "email": debtor.email,
        "phone": debtor.phone,
        "address": debtor.address,
        "segment": debtor.segment,
        "collector": debtor.collector,
        "opened_on": str(debtor.opened_on),
    }
    sheets.add("accounts", debtor.opened_on, row)
