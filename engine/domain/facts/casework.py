"""Facts about how people work an account: who does, whom they talk to, and the papers that belong to it."""

from datetime import date
from typing import Literal, get_args

from engine.domain.facts.base import Fact, Personal, Value

Role = Literal[
    "accounts_payable", "owner", "director", "lawyer", "guarantor", "administrator", "relative", "adviser",
    "other",
]  # fmt: skip
ROLES: tuple[Role, ...] = get_args(Role)


class CollectorAssigned(Fact):
    """From that day the collector works the account; `previous` did so before (None: nobody).

    A hand-over passes on what `previous` worked, with a note for whoever takes over.
    """

    collector: str
    assigned_on: date
    previous: str | None = None
    reason: Literal["assignment", "hand_over"] = "assignment"
    note: Personal[str] | None = None

    @property
    def happened_on(self) -> date:
        return self.assigned_on


class Reach(Value):
    """A telephone number or an e-mail address."""

    at: Personal[str]


class ContactPersonChanged(Fact):
    """Somebody to talk to about the account, beside the debtor's own details; None leaves a detail as it was.

    `removed`: they are not to be contacted about it any more.
    """

    person: str
    changed_on: date
    role: Role | None = None
    name: Personal[str] | None = None
    phones: tuple[Reach, ...] | None = None
    emails: tuple[Reach, ...] | None = None
    note: Personal[str] | None = None
    removed: bool = False

    @property
    def happened_on(self) -> date:
        return self.changed_on


class AttachmentAdded(Fact):
    """A file belongs to the account. Its bytes stand beside the log; `sha256` (hex) says which they are."""

    attachment: str
    file_name: Personal[str]
    media_type: str
    size_bytes: int
    sha256: str
    note: Personal[str] | None = None
