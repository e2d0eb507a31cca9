"""Requests that stop something and let it go on: disputes, holds, hardship."""

from datetime import date
from typing import Any, ClassVar

from pydantic import Field, model_validator

from arrears.commands.base import Here, Ids, Money, Request
from arrears.imports.cells import Expected
from arrears.imports.fields import Day, Id, Text
from engine.application import Decide
from engine.domain.account import Account
from engine.domain.decisions import stops
from engine.domain.facts.base import Fact
from policies.book import PolicyBook
from policies.disputes import dispute_deadline
from policies.holds import hold_terms, protected_until, protection


class OpenDispute(Request):
    """Record a dispute. It is about the invoices and parts named, else about all that is open."""

    NAME: ClassVar[str] = "dispute"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "dispute": "DISPUTE-1", "invoices": ["INV-1"], "reason": "arrived damaged",
        "opened_on": "2026-04-23",
    }  # fmt: skip

    dispute: Id | None = Field(default=None, description="what it is to be known by; by default a fresh id")
    invoices: Ids = Field(default=(), description="what it is about, each whole")
    parts: dict[Id, Money] = Field(default={}, description="how much is disputed of these invoices")
    reason: Text | None = Field(default=None, description="why, in the debtor's words")
    code: Id | None = Field(default=None, description="a reason code of the policy")
    owner: Text | None = Field(default=None, description="who is to settle it")
    deadline: Day | None = Field(
        default=None, description="by when it is to be settled; by default the policy's days"
    )
    opened_on: Day | None = Field(default=None, description="by default today")

    def decide(self, here: Here) -> Decide:
        opened_on, the_id = here.day(self.opened_on), self.dispute or here.new_id("dispute")

        def decide(account: Account, policies: PolicyBook) -> list[Fact]:
            by_day = dispute_deadline(policies, account, self.code, opened_on, self.deadline, here.now)
            return stops.open_dispute(
                account, dispute=the_id, opened_on=opened_on, items=self.invoices, parts=self.parts,
                reason=self.reason, code=self.code, owner=self.owner, deadline=by_day,
            )  # fmt: skip

        return decide


class ResolveDispute(Request):
    """End a dispute. A credit note for it is recorded by itself."""

    NAME: ClassVar[str] = "resolve"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "dispute": "DISPUTE-1", "outcome": "partly", "resolved_on": "2026-04-30",
        "credit": "CN-1",
    }  # fmt: skip

    dispute: Id = Field(description="the id of the dispute")
    outcome: stops.Outcome = Field(description="how it ended")
    resolved_on: Day | None = Field(default=None, description="by default today")
    credit: Id | None = Field(default=None, description="the credit note that was given for it")

    def decide(self, here: Here) -> Decide:
        resolved_on = here.day(self.resolved_on)
        return lambda account, _: stops.resolve_dispute(
            account, dispute=self.dispute, resolved_on=resolved_on, outcome=self.outcome, credit=self.credit
        )


class PlaceHold(Request):
    """Let something rest for a while: contact, the ladder, interest, fees, as the policy has it for the kind.

    It holds for the invoices named, else for the whole account.
    """

    NAME: ClassVar[str] = "hold"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "hold": "HOLD-1", "kind": "breathing-space", "from_on": "2026-05-11",
        "until_on": "2026-07-10",
    }  # fmt: skip

    hold: Id | None = Field(default=None, description="what it is to be known by; by default a fresh id")
    kind: Id = Field(description="what kind of hold: a shipped one such as legal, or one of the policy")
    from_on: Day | None = Field(default=None, description="its first day; by default today")
    until_on: Day | None = Field(
        default=None,
        description="the first day free again; by default as the policy has it",
    )
    entered_on: Day | None = Field(
        default=None,
        description="when it was entered on a public register: its days follow as the law has it",
    )
    invoices: Ids = Field(default=(), description="what it holds")
    reason: Text | None = Field(default=None, description="why, in your words")

    @model_validator(mode="after")
    def _days_once(self) -> "PlaceHold":
        if self.entered_on is not None and (self.from_on or self.until_on):
            raise Expected("either entered_on, from which its days follow, or from_on and until_on")
        return self

    def decide(self, here: Here) -> Decide:
        the_id = self.hold or here.new_id("hold")

        def decide(account: Account, policies: PolicyBook) -> list[Fact]:
            from_on, until_on = self.from_on or here.today, self.until_on
            if self.entered_on is not None:
                given = protection(policies, account, self.kind, self.entered_on, here.now)
                from_on, until_on = given.from_on, given.until_on
            terms = hold_terms(policies, account, self.kind, from_on, until_on, here.now)
            return stops.place_hold(
                account, hold=the_id, kind=self.kind, from_on=from_on, until_on=terms.until_on,
                items=self.invoices, reason=self.reason, stops=terms.stops,
            )  # fmt: skip

        return decide


class ReportHardship(Request):
    """Record that the debtor cannot pay, and hold the account while something is arranged."""

    NAME: ClassVar[str] = "hardship"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "hold": "HOLD-2", "note": "lost the job in February", "until_on": "2026-09-30",
    }  # fmt: skip

    hold: Id | None = Field(default=None, description="the hold's id; by default a fresh one")
    note: Text | None = Field(default=None, description="what was said, in your words")
    until_on: Day | None = Field(default=None, description="by default as the policy has it")
    reported_on: Day | None = Field(default=None, description="by default today")

    def decide(self, here: Here) -> Decide:
        reported_on, the_id = here.day(self.reported_on), self.hold or here.new_id("hold")
        place = self._hold(the_id, reported_on).decide(here)

        def decide(account: Account, policies: PolicyBook) -> list[Fact]:
            held = place(account, policies)
            reported = stops.report_hardship(reported_on=reported_on, note=self.note, hold=the_id)
            return held and [*reported, *held]

        return decide

    def _hold(self, hold: str, from_on: date) -> PlaceHold:
        return PlaceHold(
            account=self.account, hold=hold, kind="hardship", from_on=from_on, until_on=self.until_on
        )


class ReleaseHold(Request):
    """End a hold, or cancel one that has not begun."""

    NAME: ClassVar[str] = "release"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "hold": "HOLD-1", "released_on": "2026-05-18",
    }  # fmt: skip

    hold: Id = Field(description="the id of the hold")
    released_on: Day | None = Field(default=None, description="by default today")
    treatment_ended_on: Day | None = Field(
        default=None, description="when a crisis treatment ended: it is released as the law has it after that"
    )

    @model_validator(mode="after")
    def _day_once(self) -> "ReleaseHold":
        if self.treatment_ended_on is not None and self.released_on is not None:
            raise Expected("either treatment_ended_on or released_on")
        return self

    def decide(self, here: Here) -> Decide:
        def decide(account: Account, policies: PolicyBook) -> list[Fact]:
            return stops.release_hold(
                account, hold=self.hold, released_on=self._day(here, account, policies), today=here.today
            )

        return decide

    def _day(self, here: Here, account: Account, policies: PolicyBook) -> date:
        held = account.holds.get(self.hold)
        if self.treatment_ended_on is None or held is None:
            return here.day(self.released_on)
        return protected_until(policies, account, held.kind, self.treatment_ended_on, here.now)
