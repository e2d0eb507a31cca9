"""Seals the personal data of facts as they are stored, and opens them as they are read."""

import hmac
import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engine.domain.facts.base import Erased
from engine.domain.facts.personal import ERASED, Shape, change_personal
from engine.encryption.faults import KeyMissing, SealBroken
from engine.encryption.master import NONCE_BYTES
from engine.encryption.ring import Ring
from engine.encryption.sealed import SEALED, is_sealed, parts_of

Keys = Mapping[str, AESGCM | None]
"""Keys by stream; None: erased."""

KEYS_KEPT = 100_000


def fresh_nonce() -> bytes:
    """12 random bytes: an account has far too few values for two to be the same."""
    return os.urandom(NONCE_BYTES)


class Cipher:
    """The keys of a book at work. Those that were read are kept as long as nothing is erased in any process:
    each page of facts that is read or stored asks the ring for that first."""

    def __init__(self, ring: Ring) -> None:
        self.ring = ring
        self._kept: dict[str, AESGCM | None] = {}
        self._erasures = -1
        self.forgotten: Callable[[], None] = lambda: None
        """Called where keys were erased: whoever keeps what they opened is to forget it, too."""

    def derived_id(self, name: str) -> UUID:
        """An id that only who has the ring can derive from that name (HMAC-SHA-256)."""
        return UUID(bytes=hmac.digest(self.ring.secret, name.encode(), sha256)[:16])

    # --- keys -----------------------------------------------------------------------------------------------

    def keys(self, streams: Iterable[str]) -> Keys:
        """The keys of these streams as they now are; raises KeyMissing."""
        kept = self._load(wanted := list(dict.fromkeys(streams)))
        for stream in wanted:
            if stream not in kept:
                raise KeyMissing(stream, self.ring.place)
        return kept

    def keys_to_seal(self, streams: Iterable[str]) -> Keys:
        """The keys of these streams, made where they have none yet."""
        kept = self._load(wanted := list(dict.fromkeys(streams)))
        if missing := [stream for stream in wanted if stream not in kept]:
            self.ring.make(missing)
            kept = self._load(wanted)
        return kept

    def refresh(self) -> None:
        """Forgets keys that were read, and tells who asked for it, where some were erased in any process."""
        erasures = self.ring.erasures()
        if erasures != self._erasures:
            self._kept, self._erasures = {}, erasures
            self.forgotten()

    def _load(self, streams: list[str]) -> dict[str, AESGCM | None]:
        self.refresh()
        if len(self._kept) > KEYS_KEPT:
            self._kept = {}
        kept = self._kept
        missing = [stream for stream in streams if stream not in kept]
        found = self.ring.load(missing) if missing else {}
        kept.update({stream: AESGCM(key) if key else None for stream, key in found.items()})
        return kept

    # --- values ---------------------------------------------------------------------------------------------

    def texts(self, values: Iterable[str | None]) -> list[str | None]:
        """The values of tables as people read them: those that are sealed opened, or said to be erased."""
        held = list(values)
        sealed = {value: parts_of(value) for value in held if value is not None and is_sealed(value)}
        keys = self.keys(stream for stream, _, _ in sealed.values()) if sealed else {}
        opened = {
            value: _text(open_value(keys[stream], place, stored))
            for value, (stream, place, stored) in sealed.items()
        }
        return [None if value is None else opened.get(value, value) for value in held]


def seal_fields(
    fields: dict[str, Any],
    shape: Shape,
    place: str,
    key: AESGCM | None,
    nonce: Callable[[], bytes] = fresh_nonce,
) -> None:
    """Seals the personal values among a fact's fields, in place; without a key they are left out.

    An empty text, which takes a detail back, names nobody and stays as it is.
    """

    def sealed(path: str, value: Any) -> Any:
        if value == "":
            return value
        if key is None or value == ERASED:
            return ERASED
        unique = nonce()
        locked = key.encrypt(unique, orjson.dumps(value), f"{place}{path}".encode())
        return {SEALED: b64encode(unique + locked).decode()}

    change_personal(fields, shape, sealed)


def open_value(key: AESGCM | None, place: str, sealed: str) -> Any:
    """The JSON value that was sealed at that place, that of `Erased` without a key; raises SealBroken."""
    if key is None:
        return ERASED
    try:
        stored = b64decode(sealed, validate=True)
        return orjson.loads(key.decrypt(stored[:NONCE_BYTES], stored[NONCE_BYTES:], place.encode()))
    except (InvalidTag, ValueError):
        raise SealBroken(place) from None


def _text(value: Any) -> str:
    return str(Erased()) if value == ERASED else str(value)
