"""Files that belong to an account: stored with a fact that says which they are, and given out again."""

import mimetypes
from hashlib import sha256

from arrears.wiring import Book, new_id
from engine import attachments as stored
from engine.domain.account import Account, Attachment
from engine.domain.decisions.casework import add_attachment
from engine.domain.errors import AttachmentUnknown, RuleBroken
from engine.domain.facts.base import Fact
from policies.book import PolicyBook

UNKNOWN_TYPE = "application/octet-stream"


class EmptyFile(RuleBroken):
    sentence = "the file '{file_name}' is empty"


def attach(
    book: Book, number: str, file_name: str, content: bytes, *, note: str | None = None,
    media_type: str | None = None, attachment: str | None = None,
) -> list[Fact]:  # fmt: skip
    """Stores the bytes and the fact that they belong to the account; nothing new where they do already.

    Raises AccountUnknown, EmptyFile, TooLarge, DiffersFromRecorded, AccountIsErased.
    """
    if not content:
        raise EmptyFile(file_name=file_name)
    account_id, digest = book.account_id(number), sha256(content).hexdigest()
    with book.account(number) as account:
        same = next((one.id for one in account.attachments.values() if one.sha256 == digest), None)
    the_id = attachment or same or new_id("file")
    is_kept = stored.keep(book.store, account_id, the_id, content)

    def decide(account: Account, _: PolicyBook) -> list[Fact]:
        return add_attachment(
            account, attachment=the_id, file_name=file_name, size_bytes=len(content), sha256=digest,
            media_type=media_type or mimetypes.guess_type(file_name)[0] or UNKNOWN_TYPE, note=note,
        )  # fmt: skip

    try:
        return book.execute(number, decide)
    except RuleBroken:
        if is_kept:
            stored.drop(book.store, account_id, the_id)
        raise


def attachments_of(book: Book, number: str) -> list[Attachment]:
    """The files of an account in the order in which they were attached; raises AccountUnknown."""
    with book.account(number) as account:
        return list(account.attachments.values())


def content_of(book: Book, number: str, attachment: str) -> tuple[Attachment, bytes]:
    """A file and its bytes, which have the recorded hash.

    Raises AccountUnknown, AttachmentUnknown, and what `engine.attachments.fetch` raises.
    """
    with book.account(number) as account:
        found, account_id = account.attachments.get(attachment), account.id
    if found is None:
        raise AttachmentUnknown(account=number, attachment=attachment)
    return found, stored.fetch(book.store, account_id, attachment, found.sha256)
