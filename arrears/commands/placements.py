"""Requests on placement with an agency and what agencies do for us: remittances and traces."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Literal

from pydantic import Field

from arrears.commands.base import Claim, Here, Ids, Money, Percent, Request
from arrears.imports.fields import Currency, Day, Id, Text
from engine.application import Decide
from engine.domain.account import Account
from engine.domain.decisions import agencies, contacts
from engine.domain.errors import DiffersFromRecorded, RuleBroken
from engine.domain.facts.base import Fact
from engine.domain.facts.escalation import AgencyTerms
from engine.domain.money import ZERO
from policies.book import PolicyBook

Status = Literal["proposed", "placed"]
_WHICH = "which placement; not needed where there is only one to choose"


class NoPlacement(RuleBroken):
    sentence = "account '{account}' has no placement that is {status}"


class SeveralPlacements(RuleBroken):
    sentence = "account '{account}' has several placements that are {status}, name one: {placements}"


class ProposalWaits(RuleBroken):
    sentence = (
        "account '{account}' waits for a decision on {placements}: place or decline that, "
        "or name the invoices for '{agency}'"
    )


def _of(account: Account, status: Status) -> list[str]:
    """The placements of the account that stand so."""
    return [placement.id for placement in account.placements.values() if placement.status == status]


def _only(account: Account, status: Status) -> str:
    """The one placement that stands so; raises NoPlacement, SeveralPlacements."""
    found = _of(account, status)
    if not found:
        raise NoPlacement(account=account.number, status=status)
    if len(found) > 1:
        raise SeveralPlacements(account=account.number, status=status, placements=", ".join(found))
    return found[0]


@dataclass(frozen=True)
class _Agreed:
    """What is agreed with the agency on a day; what is not given is as the policy then in force has it."""

    placed_on: date
    at: datetime
    commission: Decimal | None
    until: date | None

    def terms(self, account: Account, policies: PolicyBook, agency: str) -> AgencyTerms | None:
        given = {"commission_percent": self.commission, "until": self.until}
        given = {name: value for name, value in given.items() if value is not None}
        known = policies.in_force(account, self.at).policy.agency_terms(agency, self.placed_on)
        if not given:
            return known
        return (known or AgencyTerms(commission_percent=ZERO)).model_copy(update=given)


class _Placing(Request):
    """What placing invoices with an agency agrees."""

    placed_on: Day | None = Field(default=None, description="by default today")
    commission_percent: Percent | None = Field(
        default=None, description="what the agency keeps; by default as the policy says"
    )
    until: Day | None = Field(default=None, description="the day from which the invoices are ours again")

    def agreed(self, here: Here) -> _Agreed:
        """The terms as far as they are given here."""
        placed_on = here.day(self.placed_on)
        return _Agreed(placed_on, here.start_of(placed_on), self.commission_percent, self.until)


class ApprovePlacement(_Placing):
    """Approve what is proposed for an agency."""

    NAME: ClassVar[str] = "approve"
    EXAMPLE: ClassVar[dict[str, Any]] = {"account": "ACME", "placed_on": "2026-06-02"}

    placement: Id | None = Field(default=None, description=_WHICH)

    def decide(self, here: Here) -> Decide:
        agreed = self.agreed(here)

        def decide(account: Account, policies: PolicyBook) -> list[Fact]:
            name = self.placement or _only(account, "proposed")
            proposed = account.placements.get(name)
            terms = agreed.terms(account, policies, proposed.agency) if proposed else None
            return contacts.approve_placement(
                account, placement=name, placed_on=agreed.placed_on, terms=terms
            )

        return decide


class PlaceDirectly(_Placing):
    """Place with an agency what nobody proposed."""

    NAME: ClassVar[str] = "place"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "placement": "PLACEMENT-1", "agency": "Harbour Recoveries",
        "invoices": ["INV-2"], "placed_on": "2026-06-02",
    }  # fmt: skip

    placement: Id | None = Field(default=None, description="what it is to be known by; by default a fresh id")
    agency: Id = Field(description="the agency's name")
    invoices: Ids = Field(default=(), description="by default all that is open")

    def decide(self, here: Here) -> Decide:
        agreed, the_id = self.agreed(here), self.placement or here.new_id("placement")

        def decide(account: Account, policies: PolicyBook) -> list[Fact]:
            self._check(account, the_id)
            return contacts.place_directly(
                account, placement=the_id, agency=self.agency, placed_on=agreed.placed_on,
                items=self.invoices, terms=agreed.terms(account, policies, self.agency),
            )  # fmt: skip

        return decide

    def _check(self, account: Account, placement: str) -> None:
        known = account.placements.get(placement)
        if known is None and not self.invoices and (waiting := _of(account, "proposed")):
            raise ProposalWaits(account=account.number, placements=", ".join(waiting), agency=self.agency)
        if known is not None and (known.status, known.agency) != ("placed", self.agency):
            raise DiffersFromRecorded(
                kind="placement", id=placement, recorded=f"{known.status} with {known.agency}",
                given=f"placed with {self.agency}",
            )  # fmt: skip


class DeclinePlacement(Request):
    """Decline what is proposed for an agency. The invoices stay with us."""

    NAME: ClassVar[str] = "decline"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "declined_on": "2026-06-02", "reason": "a good customer, try once more",
    }  # fmt: skip

    placement: Id | None = Field(default=None, description=_WHICH)
    declined_on: Day | None = Field(default=None, description="by default today")
    reason: Text | None = Field(default=None, description="why, in your words")

    def decide(self, here: Here) -> Decide:
        declined_on = here.day(self.declined_on)
        return lambda account, _: contacts.take_back(
            account, placement=self.placement or _only(account, "proposed"), on=declined_on, declined=True,
            reason=self.reason,
        )  # fmt: skip


class RecallPlacement(Request):
    """Recall what an agency has. The agency stops, the invoices are ours again."""

    NAME: ClassVar[str] = "recall"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "recalled_on": "2026-06-09", "reason": "paying us directly",
    }  # fmt: skip

    placement: Id | None = Field(default=None, description=_WHICH)
    recalled_on: Day | None = Field(default=None, description="by default today")
    reason: Text | None = Field(default=None, description="why, in your words")

    def decide(self, here: Here) -> Decide:
        recalled_on = here.day(self.recalled_on)
        return lambda account, _: contacts.take_back(
            account, placement=self.placement or _only(account, "placed"), on=recalled_on, declined=False,
            reason=self.reason,
        )  # fmt: skip


class RecordRemittance(Request):
    """Record what an agency passed on. The amount is all that the debtor paid it, before its commission.

    The debtor is credited with all of it, on the day on which the agency received it.
    """

    NAME: ClassVar[str] = "remittance"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "remittance": "HR-77", "amount": "10.00", "currency": "EUR",
        "received_on": "2026-06-02", "commission": "2.50",
    }  # fmt: skip

    remittance: Id = Field(description="the agency's number for it")
    amount: Money
    currency: Currency = Field(description="ISO 4217")
    placement: Id | None = Field(default=None, description=_WHICH)
    received_on: Day | None = Field(default=None, description="when the agency received it; by default today")
    commission: Claim | None = Field(
        default=None, description="what the agency kept; by default the placement's percentage of the amount"
    )
    remitted_on: Day | None = Field(default=None, description="by default today")

    def decide(self, here: Here) -> Decide:
        remitted_on = here.day(self.remitted_on)
        received_on = here.day(self.received_on or self.remitted_on)
        return lambda account, _: agencies.record_remittance(
            account, remittance=self.remittance, placement=self.placement or _only(account, "placed"),
            gross=self.amount, currency=self.currency, received_on=received_on, remitted_on=remitted_on,
            commission=self.commission,
        )  # fmt: skip


class RequestTrace(Request):
    """Ask for a trace: somebody is to find out where the debtor is. It ends with located or not-found."""

    NAME: ClassVar[str] = "trace"
    EXAMPLE: ClassVar[dict[str, Any]] = {"account": "ACME"}

    trace: Id | None = Field(default=None, description="what it is to be known by; by default a fresh id")

    def decide(self, here: Here) -> Decide:
        the_id = self.trace or here.new_id("trace")
        return lambda account, _: agencies.request_trace(account, trace=the_id)

    @property
    def if_nothing(self) -> str | None:
        return "nothing to record: a trace is under way"


class FailTrace(Request):
    """Record that the trace did not find the debtor."""

    NAME: ClassVar[str] = "not-found"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "failed_on": "2026-05-19", "reason": "no trace of the firm in any register",
    }  # fmt: skip

    failed_on: Day | None = Field(default=None, description="by default today")
    reason: Text | None = Field(default=None, description="why, in your words")

    def decide(self, here: Here) -> Decide:
        failed_on = here.day(self.failed_on)
        return lambda account, _: agencies.fail_trace(account, failed_on=failed_on, reason=self.reason)
