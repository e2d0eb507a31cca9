"""Requests on what waits for a second person: approving it, refusing it, taking it back."""

from typing import Any, ClassVar

from pydantic import Field

from arrears.commands.base import Here, Request
from arrears.imports.fields import Day, Id, Text
from arrears.wiring import LOCAL_ROLE
from engine.application import Decide
from engine.domain.account import Account
from engine.domain.decisions import authority
from engine.domain.errors import RuleBroken
from engine.domain.facts.base import Fact
from policies.approvals import approve
from policies.book import PolicyBook

_WHICH = "which request; not needed where only one waits"


class NothingWaits(RuleBroken):
    sentence = "nothing of account '{account}' waits for approval"


class SeveralWait(RuleBroken):
    sentence = "several requests of account '{account}' wait for approval, name one: {requests}"


class _Deciding(Request):
    """What is decided about one request."""

    request: Id | None = Field(default=None, description=_WHICH)

    def which(self, account: Account) -> str:
        """The request named, else the only one that waits; raises NothingWaits, SeveralWait."""
        if self.request is not None:
            return self.request
        waiting = list(account.to_approve)
        if not waiting:
            raise NothingWaits(account=self.account)
        if len(waiting) > 1:
            raise SeveralWait(account=self.account, requests=", ".join(waiting))
        return waiting[0]


class Grant(_Deciding):
    """Approve what somebody else asked for. It is recorded at once, with the names of both.

    Nobody approves what they asked for themselves, nor more than their own role may decide.
    """

    NAME: ClassVar[str] = "grant"
    EXAMPLE: ClassVar[dict[str, Any]] = {"account": "ACME"}

    def decide(self, here: Here) -> Decide:
        person = here.person(here.role or LOCAL_ROLE)
        return lambda account, policies: approve(policies, account, self.which(account), person)

    def decide_known(self, here: Here) -> Decide:
        """The decision, as it was asked for: by whose leave is said on what follows from it."""
        decide = self.decide(here)

        def checked(account: Account, policies: PolicyBook) -> list[Fact]:
            self.check_known(account)
            return decide(account, policies)

        return checked


class Refuse(_Deciding):
    """Refuse what somebody else asked for."""

    NAME: ClassVar[str] = "refuse"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "reason": "they can pay this",
    }  # fmt: skip

    refused_on: Day | None = Field(default=None, description="by default today")
    reason: Text | None = Field(default=None, description="why, in your words")

    def decide(self, here: Here) -> Decide:
        refused_on = here.day(self.refused_on)
        return lambda account, _: authority.refuse_leave(
            account, request=self.which(account), on=refused_on, by=here.by, reason=self.reason
        )


class Retract(_Deciding):
    """Take back what you asked for."""

    NAME: ClassVar[str] = "retract"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "reason": "they paid after all",
    }  # fmt: skip

    withdrawn_on: Day | None = Field(default=None, description="by default today")
    reason: Text | None = Field(default=None, description="why, in your words")

    def decide(self, here: Here) -> Decide:
        withdrawn_on = here.day(self.withdrawn_on)
        return lambda account, _: authority.withdraw_request(
            account, request=self.which(account), on=withdrawn_on, by=here.by, reason=self.reason
        )
