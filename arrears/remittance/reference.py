"""The payment reference of an account: an ISO 11649 creditor reference that follows from its stream.

It is the same in every contact, needs no table, names nobody, and outlasts the erasure of the account. Twelve
characters carry sixty bits of the stream's id, which tell apart more accounts than any book has; two check
digits keep a mistyped one from finding another account.
"""

import re

from stdnum import iso11649
from stdnum.iso7064 import mod_97_10

_PREFIX, _BODY, _BITS = "RF", 12, 60
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_STREAM = re.compile(r"(.*-)([0-9a-f]{8})-([0-9a-f]{4})-[0-9a-f]([0-9a-f]{3})-[0-9a-f]{4}-[0-9a-f]{12}")
_WRITTEN = re.compile(rf"(?<![0-9A-Z])RF[ .-]?\d\d(?:[ .-]?[0-9A-Z]){{{_BODY}}}(?![0-9A-Z])", re.IGNORECASE)

Span = tuple[str, str]
"""The lowest and the highest stream that a reference may stand for: an index finds what lies between."""


def payment_reference(stream: str) -> str:
    """The reference of the account on that stream, without spaces."""
    known = _STREAM.fullmatch(stream)
    if known is None:
        raise ValueError(f"'{stream}' is no stream of an account")
    number, body = int(known[2] + known[3] + known[4], 16), ""
    for _ in range(_BODY):
        number, digit = divmod(number, len(_DIGITS))
        body = _DIGITS[digit] + body
    return f"{_PREFIX}{mod_97_10.calc_check_digits(body + _PREFIX)}{body}"


def in_fours(reference: str) -> str:
    """The reference as people read it, in groups of four."""
    return str(iso11649.format(reference))


def references_in(text: str) -> list[str]:
    """The references of our form in what a payer wrote, check digits right, each once."""
    found = (iso11649.compact(match[0]) for match in _WRITTEN.finditer(text))
    return list(dict.fromkeys(one for one in found if _number(one) < 1 << _BITS and iso11649.is_valid(one)))


def _number(reference: str) -> int:
    return int(reference[-_BODY:], len(_DIGITS))


def span(reference: str, prefix: str) -> Span:
    """Between which streams the account of a reference lies; `prefix` is that of all streams of accounts."""
    digits = f"{_number(reference):015x}"
    start = f"{prefix}{digits[:8]}-{digits[8:12]}"
    return f"{start}-0000-0000-{'0' * 12}", f"{start}-ffff-ffff-{'f' * 12}"
