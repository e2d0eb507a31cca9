"""The master key: 32 bytes (AES-256) that wrap every key of a ring, kept where neither log nor ring is."""

import binascii
import os
from base64 import b64decode, b64encode
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engine.encryption.faults import NoMasterKey

KEY_BYTES = 32
NONCE_BYTES = 12


class MasterKey:
    """Wraps keys with AES-GCM, each bound to a name: a wrapped key is of no use under another one."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._cipher = AESGCM(key)

    @property
    def text(self) -> str:
        """The key in base64, as files and variables hold it."""
        return b64encode(self._key).decode()

    def wrap(self, name: str, key: bytes) -> bytes:
        """The key, encrypted, behind its nonce."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, key, name.encode())

    def unwrap(self, name: str, wrapped: bytes) -> bytes:
        """The key that was wrapped under that name; raises cryptography's InvalidTag."""
        return self._cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], name.encode())


def new_master() -> MasterKey:
    """A key that nobody has had before."""
    return MasterKey(AESGCM.generate_key(bit_length=KEY_BYTES * 8))


def parse_master(text: str, source: str) -> MasterKey:
    """The key that the text holds; raises NoMasterKey, which names the source."""
    try:
        key = b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise NoMasterKey(source)
    return MasterKey(key)


def read_master(file: Path) -> MasterKey:
    """The key in a file; raises NoMasterKey, OSError."""
    return parse_master(file.read_bytes().decode("ascii", "replace"), str(file))


def write_master(file: Path, key: MasterKey) -> None:
    """Writes the key into a new file that only its owner may read, whole or not at all.

    Raises FileExistsError: a key is never overwritten.
    """
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(f"{key.text}\n")
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(draft, file)
    finally:
        draft.unlink()
