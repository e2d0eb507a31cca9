"""Taking a key ring from one book to another, as a file whose keys only its master key opens."""

from base64 import b64decode, b64encode
from pathlib import Path

import orjson
from cryptography.exceptions import InvalidTag
from pydantic import BaseModel, ConfigDict, ValidationError

from engine.encryption.faults import KeysUnreadable, MasterKeyDiffers
from engine.encryption.master import MasterKey
from engine.encryption.ring import Contents, secret_of

FORM = "arrears keys 1"


class _File(BaseModel):
    """Each key and the secret wrapped by the master key, in base64."""

    model_config = ConfigDict(extra="forbid")

    form: str
    ring: str
    secret: str
    keys: dict[str, str]
    erased: list[str]


def written(contents: Contents, master: MasterKey) -> bytes:
    """The ring as a JSON document, its keys wrapped."""

    def wrapped(name: str, key: bytes) -> str:
        return b64encode(master.wrap(name, key)).decode()

    held = {stream: wrapped(stream, key) for stream, key in contents.keys.items()}
    secret = wrapped(secret_of(contents.ring), contents.secret)
    file = _File(form=FORM, ring=contents.ring, secret=secret, keys=held, erased=contents.erased)
    return orjson.dumps(file.model_dump(), option=orjson.OPT_INDENT_2) + b"\n"


def read(file: Path, master: MasterKey) -> Contents:
    """What `written` wrote; raises KeysUnreadable, MasterKeyDiffers, OSError."""
    try:
        found = _File.model_validate_json(file.read_bytes())
    except ValidationError:
        raise KeysUnreadable(str(file)) from None
    if found.form != FORM:
        raise KeysUnreadable(str(file))

    def unwrapped(name: str, key: str) -> bytes:
        return master.unwrap(name, b64decode(key))

    try:
        secret = unwrapped(secret_of(found.ring), found.secret)
        held = {stream: unwrapped(stream, key) for stream, key in found.keys.items()}
    except (InvalidTag, ValueError):
        raise MasterKeyDiffers(str(file)) from None
    return Contents(found.ring, secret, held, found.erased)
