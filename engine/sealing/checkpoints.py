"""Checkpoints: what the whole log was at a moment, in one signed line, each chained to the one before."""

import json
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.sealing.faults import NoCheckpoint

BEFORE_THE_FIRST = "0" * 64

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Signature = Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]


class Checkpoint(BaseModel):
    """The first `size` facts of a log have this root. Hashes, key and signature are in hexadecimal digits.

    `previous` is the hash of the checkpoint before, zeros in the first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: Literal["arrears checkpoint 1"]
    number: Annotated[int, Field(ge=1)]
    size: Annotated[int, Field(ge=1)]
    root: Hash
    previous: Hash
    sealed_at: str
    public_key: Hash
    signature: Signature

    @property
    def document(self) -> dict[str, Any]:
        """What is written to files and to the book."""
        return self.model_dump()

    @property
    def hash(self) -> str:
        """What the next checkpoint holds of this one."""
        return sha256(canonical(self.document)).hexdigest()

    @property
    def is_signed(self) -> bool:
        """Whether its key signed what it says."""
        body = {name: value for name, value in self.document.items() if name != "signature"}
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.public_key))
        try:
            key.verify(bytes.fromhex(self.signature), canonical(body))
        except InvalidSignature:
            return False
        return True


def canonical(document: dict[str, Any]) -> bytes:
    """The one form in which a document is signed and hashed: JSON, sorted by name, without spaces."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def sign(
    key: Ed25519PrivateKey, last: Checkpoint | None, size: int, root: bytes, sealed_at: datetime
) -> Checkpoint:
    """The checkpoint that follows the last one."""
    body = {
        "format": "arrears checkpoint 1",
        "number": last.number + 1 if last else 1,
        "size": size,
        "root": root.hex(),
        "previous": last.hash if last else BEFORE_THE_FIRST,
        "sealed_at": sealed_at.isoformat(),
        "public_key": public_key_of(key),
    }
    return Checkpoint.model_validate({**body, "signature": key.sign(canonical(body)).hex()})


def public_key_of(key: Ed25519PrivateKey) -> str:
    """The public key, in hexadecimal digits."""
    return key.public_key().public_bytes_raw().hex()


def parse(text: str | bytes, source: str) -> list[Checkpoint]:
    """The checkpoints of a document, which is one or a list of them; raises NoCheckpoint."""
    try:
        found = json.loads(text)
        listed = [Checkpoint.model_validate(one) for one in (found if isinstance(found, list) else [found])]
    except ValidationError as wrong:
        raise NoCheckpoint(source, _says(wrong)) from wrong
    except ValueError as wrong:
        raise NoCheckpoint(source, str(wrong)) from wrong
    if not listed:
        raise NoCheckpoint(source, "the list is empty")
    return listed


def follows(checkpoint: Checkpoint, before: Checkpoint | None) -> bool:
    """Whether one is the next in the chain."""
    if before is None:
        return checkpoint.number == 1 and checkpoint.previous == BEFORE_THE_FIRST
    return (
        checkpoint.number == before.number + 1
        and checkpoint.previous == before.hash
        and checkpoint.size > before.size
    )


def _says(wrong: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, one['loc'])) or 'it'}: {one['msg']}" for one in wrong.errors(include_url=False)
    )
