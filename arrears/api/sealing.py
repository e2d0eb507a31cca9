"""Checkpoints over the log, and what they prove to others. The server itself seals, where it has a key."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field, model_validator

from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.api.answers import answered
from arrears.api.asking import AskedBook
from arrears.api.bodies import Body, shown
from arrears.api.paging import Paged
from arrears.api.schemas import told
from arrears.imports.fields import Id
from arrears.wiring import Book
from engine.sealing import kept
from engine.sealing.checkpoints import Checkpoint
from engine.sealing.faults import NothingSealed
from engine.sealing.proofs import prove as prove_facts

router = APIRouter(tags=["seals"])

Auditor = Annotated[User, signed_in("read-log")]


class Prove(Body):
    """What to prove against the last checkpoint: facts of an account, or that an older log begins it."""

    model_config = shown(account="ACME")

    account: Id | None = None
    since: int | None = Field(default=None, ge=1, le=2**31 - 1, description="the number of a checkpoint")

    @model_validator(mode="after")
    def _names_something(self) -> "Prove":
        if self.account is None and self.since is None:
            raise ValueError("an account, or a checkpoint as since")
        return self


@router.get("/checkpoints", summary="Checkpoints", **told("Checkpoints"))
def checkpoints(_: Auditor, book: AskedBook, paged: Paged) -> Response:
    """All checkpoints, signed, to be held by somebody else."""
    [after] = paged.after(tuple[int]) or (0,)
    chain = [one for one in _chain(book) if one.number > after]
    page, last = paged.of(chain, lambda one: [one.number])
    return paged.answered({"checkpoints": [one.document for one in page]}, last)


def _chain(book: Book) -> list[Checkpoint]:
    try:
        return kept.chain(book.database) if kept.exists(book.database) else []
    except NothingSealed:
        return []


@router.post("/proofs", summary="Prove facts to others", **told("Proof"))
def prove(request: Request, _: Auditor, given: Prove) -> Response:
    """A proof that somebody else can check without the book; raises 409 where nothing is sealed yet."""
    book = book_of(request)
    stream = None if given.account is None else book.stream_of(given.account)
    proof, uncovered = prove_facts(book.store, stream, given.since)
    return answered({"proof": proof, "not_sealed_yet": uncovered})
