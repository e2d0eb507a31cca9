"""The alphabet of text messages (GSM 03.38): a message in it holds 160 characters, any other only 70."""

import unicodedata

ALPHABET = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
TWO_PLACES = frozenset("^{}\\[~]|€")
_INSTEAD = {"\xa0": " ", "\u202f": " ", "’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "…": "..."}


def in_alphabet(text: str) -> str:
    """The text with spaces, quotation marks and accents that the alphabet lacks replaced by those it has.

    What has no likeness there stays, and makes the message one of 70 characters.
    """
    return "".join(one if one in ALPHABET | TWO_PLACES else _likeness(one) for one in text)


def places(text: str) -> int:
    """How many of the 160 places of a message the text takes."""
    return sum(1 + (one in TWO_PLACES) for one in text)


def _likeness(one: str) -> str:
    found = _INSTEAD.get(one) or unicodedata.normalize("NFD", one)[0]
    return found if set(found) <= ALPHABET else one
