"""Names of firms, people and streets that do not exist, put together from syllables."""

from random import Random

_HEADS = "Vel Quor Zim Ost Plen Drav Kwi Mur Tesk Yol Fenn Hax Brul Ilv Sorn Wex Jad Ulb Trel Gosk".split()
_MIDDLES = "a o u i andu osk ivi ette orra ulam eb ymo".split()
_TAILS = "mor lim quist dra nek vash tol bry xen gar pell zin".split()
_TRADES = "Supplies Works Logistics Foods Studio Instruments Textiles Workshop Printing Systems".split()
_FORMS = {
    "DE": ("GmbH", "KG"),
    "FR": ("SARL", "SAS"),
    "ES": ("SL",),
    "GB": ("Ltd", "LLP"),
    "US": ("Inc", "LLC"),
    "JP": ("KK",),
    "KW": ("WLL",),
    "CH": ("AG", "GmbH"),
    "AU": ("Pty Ltd",),
}


def word(rng: Random) -> str:
    """An invented word with a capital: Quoranduvash."""
    return rng.choice(_HEADS) + rng.choice(_MIDDLES) + rng.choice(_TAILS)


def firm(rng: Random, country: str) -> str:
    """An invented firm with the country's legal form: Teskomor Foods SARL."""
    return f"{word(rng)} {rng.choice(_TRADES)} {rng.choice(_FORMS[country])}"


def person(rng: Random) -> str:
    """An invented person: Ilvoxen Pleninek."""
    return f"{word(rng)} {word(rng)}"


def email(rng: Random, name: str) -> str:
    """An address for `name` in a domain that is kept for examples."""
    first, second, *_ = name.lower().split()
    return f"{first}.{second}@example.{rng.choice(('com', 'net', 'org'))}"


def address(rng: Random, city: str) -> str:
    """A street and number in `city`."""
    return f"{rng.randint(1, 180)} {word(rng)} Street, {city}"
