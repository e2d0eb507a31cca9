"""What is posted is signed as Standard Webhooks has it: HMAC-SHA256 over its id, the moment and the body.

A secret is `whsec_` and base64, as that specification writes it; any other text is taken as it stands.
"""

import binascii
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta

PREFIX, VERSION = "whsec_", "v1"
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE = timedelta(minutes=5)
SECRET_BYTES = 32


class SecretUnfit(ValueError):
    """A secret that nothing can be signed with; it is not shown."""

    def __init__(self) -> None:
        super().__init__(f"expected a secret: any text, or base64 behind '{PREFIX}'")


class SignatureWrong(ValueError):
    """What was posted to us is not, or not any more, from whom it says it is."""


def new_secret() -> str:
    """A secret that nobody can guess."""
    return PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def key_of(secret: str) -> bytes:
    """The key that the secret stands for; raises SecretUnfit."""
    try:
        is_base64 = secret.startswith(PREFIX)
        key = b64decode(secret.removeprefix(PREFIX), validate=True) if is_base64 else secret.encode()
    except binascii.Error:
        raise SecretUnfit from None
    if not key:
        raise SecretUnfit
    return key


def signed(secret: str, message: str, body: bytes, at: datetime) -> dict[str, str]:
    """The headers that a body of that id is posted with; raises SecretUnfit."""
    timestamp = str(int(at.timestamp()))
    return {ID: message, TIMESTAMP: timestamp, SIGNATURE: _signature(secret, message, timestamp, body)}


def _signature(secret: str, message: str, timestamp: str, body: bytes) -> str:
    content = f"{message}.{timestamp}.".encode() + body
    return f"{VERSION},{b64encode(hmac.digest(key_of(secret), content, 'sha256')).decode()}"


def check(secret: str, headers: Mapping[str, str], body: bytes, at: datetime) -> str:
    """The id of a body that was posted to us and signed with this secret; raises SignatureWrong."""
    message, timestamp = headers.get(ID, ""), headers.get(TIMESTAMP, "")
    if not message or not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > 12:
        raise SignatureWrong(f"expected the headers {ID}, {TIMESTAMP} and {SIGNATURE}")
    if abs(at.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        raise SignatureWrong(
            f"the time in {TIMESTAMP} is more than five minutes off: it is {at:%H:%M:%S} UTC"
        )
    expected = _signature(secret, message, timestamp, body).encode()
    given = headers.get(SIGNATURE, "").encode().split()
    if not any(hmac.compare_digest(one, expected) for one in given):
        raise SignatureWrong(f"the signature in {SIGNATURE} is not of this body and our secret")
    return message
