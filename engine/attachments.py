"""The bytes of attachments: beside the log, sealed under the key of their account, found by their hash.

A fact says which file belongs to an account and its SHA-256; the bytes lie in a table of their own, which is
no projection: it cannot be made anew from the log. Where the account's key is erased nobody can read them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Engine,
    LargeBinary,
    MetaData,
    Table,
    Text,
    delete,
    select,
)

from engine.domain.errors import RuleBroken
from engine.domain.facts.casework import AttachmentAdded
from engine.encryption.cipher import Cipher, fresh_nonce
from engine.encryption.faults import NoKeyRing
from engine.encryption.master import NONCE_BYTES
from engine.store import Store
from projections.catch_up import insert_or
from projections.connection import reading, writing

LARGEST_BYTES = 10 * 1024 * 1024
"""10 MiB: a scanned contract, not a film."""

metadata = MetaData()
contents = Table(
    "attachment_contents",
    metadata,
    Column("account", Text, primary_key=True),
    Column("attachment", Text, primary_key=True),
    Column("is_sealed", Boolean, nullable=False),
    Column("content", LargeBinary, nullable=False),
)


class AttachmentMissing(RuleBroken):
    sentence = "the content of attachment '{attachment}' is not in this book"


class AttachmentErased(RuleBroken):
    sentence = "the content of attachment '{attachment}' was erased with its debtor"


class AttachmentDiffers(RuleBroken):
    sentence = "the content of attachment '{attachment}' is not what was recorded (SHA-256 {sha256})"


class TooLarge(RuleBroken):
    sentence = "{size_bytes} bytes are too many for an attachment; {largest_bytes} are allowed"


@dataclass(frozen=True)
class Checked:
    """What became of the attachments of a log: how many are as recorded, how many erased, and what is wrong
    with the others."""

    intact: int
    erased: int
    faults: list[RuleBroken]


def create(database: Engine) -> None:
    """Makes the table where it is not there yet."""
    with writing(database) as connection:
        metadata.create_all(connection)


def keep(store: Store, account: str, attachment: str, content: bytes) -> bool:
    """Stores the bytes, sealed where the book has keys, and says whether none were stored under that id.

    Raises TooLarge, KeyFault, AttachmentErased.
    """
    if len(content) > LARGEST_BYTES:
        raise TooLarge(size_bytes=len(content), largest_bytes=LARGEST_BYTES)
    stored = _sealed(store.cipher, account, attachment, content) if store.cipher else content
    row = {
        "account": account, "attachment": attachment, "is_sealed": store.cipher is not None,
        "content": stored,
    }  # fmt: skip
    with writing(store.database) as connection:
        added = insert_or(connection, contents).values(row).on_conflict_do_nothing()
        return connection.execute(added).rowcount == 1


def _sealed(cipher: Cipher, account: str, attachment: str, content: bytes) -> bytes:
    key = cipher.keys_to_seal([account])[account]
    if key is None:
        raise AttachmentErased(attachment=attachment)
    nonce = fresh_nonce()
    return nonce + key.encrypt(nonce, content, _place(account, attachment))


def _place(account: str, attachment: str) -> bytes:
    return f"{account}:attachment:{attachment}".encode()


def drop(store: Store, account: str, attachment: str) -> None:
    """Forgets bytes of which no fact speaks."""
    with writing(store.database) as connection:
        connection.execute(delete(contents).where(*_of(account, attachment)))


class Kept(NamedTuple):
    """The bytes of one attachment as they are stored: what is sealed stays so."""

    account: str
    attachment: str
    is_sealed: bool
    content: bytes


def kept(database: Engine) -> Iterator[Kept]:
    """All of them, one in memory at a time."""
    with database.connect() as connection:
        ids = connection.execute(select(contents.c.account, contents.c.attachment)).all()
    for account, attachment in sorted(map(tuple, ids)):
        with database.connect() as connection:
            row = connection.execute(select(contents).where(*_of(account, attachment))).first()
        if row is not None:
            yield Kept(account, attachment, row.is_sealed, bytes(row.content))


def take_over(database: Engine, one: Kept) -> None:
    """Stores bytes as they were stored elsewhere; those that are there already stay."""
    with writing(database) as connection:
        connection.execute(insert_or(connection, contents).values(one._asdict()).on_conflict_do_nothing())


def fetch(store: Store, account: str, attachment: str, digest: str) -> bytes:
    """The bytes with that SHA-256 (hex).

    Raises AttachmentMissing, AttachmentErased, AttachmentDiffers, KeyFault.
    """
    with reading(store.database) as connection:
        row = connection.execute(select(contents).where(*_of(account, attachment))).first()
    if row is None:
        raise AttachmentMissing(attachment=attachment)
    found = _opened(store, row) if row.is_sealed else bytes(row.content)
    if found is None or sha256(found).hexdigest() != digest:
        raise AttachmentDiffers(attachment=attachment, sha256=digest)
    return found


def _opened(store: Store, row: Any) -> bytes | None:
    """The bytes as they were; None where they were changed since."""
    if store.cipher is None:
        raise NoKeyRing
    key = store.cipher.keys([row.account])[row.account]
    if key is None:
        raise AttachmentErased(attachment=row.attachment)
    sealed = bytes(row.content)
    try:
        return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _place(row.account, row.attachment))
    except InvalidTag:
        return None


def _of(account: str, attachment: str) -> tuple[ColumnElement[bool], ...]:
    return contents.c.account == account, contents.c.attachment == attachment


def check(store: Store) -> Checked:
    """Whether the bytes of each attachment in the log have the recorded hash; raises KeyFault."""
    intact, erased, faults = 0, 0, list[RuleBroken]()
    for one in store.of_kind(AttachmentAdded.TOPIC):
        assert isinstance(one.fact, AttachmentAdded)
        try:
            fetch(store, one.stream, one.fact.attachment, one.fact.sha256)
            intact += 1
        except AttachmentErased:
            erased += 1
        except (AttachmentMissing, AttachmentDiffers) as fault:
            faults.append(fault)
    return Checked(intact, erased, faults)
