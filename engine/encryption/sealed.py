"""What a sealed value looks like where it is stored and in tables; nothing here needs a key.

Stored: `{"sealed": "…"}`, base64 of a nonce of 12 bytes, the ciphertext and its tag of 16 bytes (AES-256-GCM)
of the JSON of the value, which is bound to its place: `STREAM:VERSION:TOPIC:/FIELD`. In tables, where the
place is not known any more: the text `sealed:PLACE:…`.
"""

from collections.abc import Callable
from typing import Any

SEALED = "sealed"
MARK = b'{"sealed":"'
"""Stored bytes without this hold nothing sealed: within a text its quotation marks would be escaped."""

PREFIX = f"{SEALED}:"

Change = Callable[[str, str], Any]
"""What stands instead of a sealed value, by its place and what was stored."""


def place_of(stream: str, version: int, topic: str) -> str:
    """Where a fact stands, to which the path of a field is added."""
    return f"{stream}:{version}:{topic}:"


def change_sealed(part: Any, place: str, change: Change) -> Any:
    """The JSON value with each sealed value in it, at any depth, changed."""
    if isinstance(part, dict):
        sealed = part.get(SEALED)
        if len(part) == 1 and isinstance(sealed, str):
            return change(place, sealed)
        for name, value in part.items():
            if isinstance(value, dict | list):
                part[name] = change_sealed(value, f"{place}/{name}", change)
    elif isinstance(part, list):
        return [change_sealed(value, f"{place}/{number}", change) for number, value in enumerate(part)]
    return part


def keep_sealed(place: str, sealed: str) -> str:
    """The value for a table: as sealed as it was stored."""
    return f"{PREFIX}{place}:{sealed}"


def is_sealed(text: str) -> bool:
    """Whether a table holds the value sealed."""
    return text.startswith(PREFIX)


def parts_of(text: str) -> tuple[str, str, str]:
    """The stream, the place and the stored value of what a table holds sealed."""
    place, _, sealed = text.removeprefix(PREFIX).rpartition(":")
    return place.rsplit(":", 3)[0], place, sealed
