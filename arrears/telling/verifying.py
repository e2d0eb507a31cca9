"""Whether the log is as it was sealed, the tables as the log, and files as recorded: in one answer."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.exc import OperationalError

from arrears.wiring import Book
from engine import attachments
from engine.encryption.faults import KeyFault
from engine.sealing.faults import (
    AttachmentsUnreadable,
    AttachmentUnlike,
    Finding,
    TablesDiffer,
    TablesUnreadable,
)
from engine.sealing.verify import Held, Verdict, verify
from projections.check import differences


def verified(book: Book, outside: Sequence[Held], public_keys: Collection[str]) -> Verdict:
    """What was found in the log, the tables and the files; raises NothingSealed.

    A log that was changed may be unreadable: nothing of it is decoded before it is verified.
    """
    verdict = verify(book.store, outside, public_keys)
    return replace(verdict, findings=[*verdict.findings, *_tables(book), *_attachments(book)])


def verified_answer(verdict: Verdict, key_given: bool) -> dict[str, Any]:
    """The verdict for programs."""
    found = verdict.findings
    return {
        "agree": not found, "facts": verdict.facts, "sealed": verdict.sealed,
        "held_outside": verdict.held_outside, "checkpoints": verdict.checkpoints,
        "public_keys": verdict.public_keys, "public_key_given": key_given,
        "differences": [{"kind": one.kind, "sentence": str(one), **one.data} for one in found],
    }  # fmt: skip


def _tables(book: Book) -> list[Finding]:
    """Where the tables do not say what the log says, up to the fact they have reached."""
    try:
        return [TablesDiffer(difference=str(one)) for one in differences(book.database, book.store.read)]
    except OperationalError:
        raise
    except Exception as failure:
        # A fact that was changed can break a fold in any way.
        return [TablesUnreadable(why=f"{type(failure).__name__}: {failure}")]


def _attachments(book: Book) -> list[Finding]:
    """Attachments whose bytes are not those that were recorded, as far as the book's keys open them."""
    attachments.create(book.database)
    try:
        return [AttachmentUnlike(fault=str(fault)) for fault in attachments.check(book.store).faults]
    except KeyFault as fault:
        return [AttachmentsUnreadable(why=str(fault))]
    except ValueError:
        return []  # a fact that was changed so that it cannot be read: that is found, and said, by others
