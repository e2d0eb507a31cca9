"""Keys for signing: Ed25519, the private one in a PEM file (PKCS 8), the public one as hexadecimal digits."""

import os
import re
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from engine.sealing.checkpoints import public_key_of
from engine.sealing.faults import NoKey


def new_key(file: Path) -> str:
    """Makes a key, readable by its owner alone, in a new file, and returns the public key.

    Raises FileExistsError: a key is never overwritten.
    """
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(pem)
    return public_key_of(key)


def read_key(file: Path) -> Ed25519PrivateKey:
    """The key in a file; raises NoKey, OSError."""
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise NoKey(file, "an Ed25519 key as 'arrears seal --new-key FILE' makes it")
    return key


def read_public_key(file: Path) -> str:
    """The public key in a file; raises NoKey, OSError."""
    digits = file.read_bytes().strip().lower()
    if not re.fullmatch(rb"[0-9a-f]{64}", digits):
        raise NoKey(file, "the 64 digits of a public key as 'arrears seal --new-key FILE' prints them")
    return digits.decode()
