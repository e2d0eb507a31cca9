"""Requests on the debtor and on how the account is worked."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from arrears.commands.base import Here, NothingGiven, Request
from arrears.imports.fields import Country, Day, Id, Text, TimeZone
from engine.application import Decide
from engine.domain.account import Account
from engine.domain.decisions import accounts, contacts
from engine.domain.errors import AccountAlreadyOpen
from engine.domain.facts.base import Fact
from policies.book import PolicyBook

AUTO = "auto"


class Whereabouts(Request):
    """Where the debtor can be reached."""

    email: Text | None = Field(default=None, description="the address for e-mail")
    phone: Text | None = Field(default=None, description="the number to call")
    address: Text | None = Field(default=None, description="the address for letters")


class Details(Whereabouts):
    """What is known of the debtor."""

    name: Text | None = Field(default=None, description="the person's or firm's name")
    kind: Literal["business", "consumer"] | None = Field(default=None, description="firm or private person")
    country: Country | None = Field(default=None, description="two letters (ISO 3166)")
    region: Text | None = Field(default=None, description="whose public holidays count, such as BY")
    timezone: TimeZone | None = Field(default=None, description="where the debtor is, such as Europe/Berlin")
    language: Text | None = Field(default=None, description="the language to write in, such as de")
    segment: Text | None = Field(
        default=None, description="the group of debtors it belongs to; auto: as the policy's rules tell it"
    )
    collector: Text | None = Field(default=None, description="who works the account")

    def given(self, auto: str | None) -> dict[str, Any]:
        """The details; a segment that the rules tell is given as `auto`."""
        details = {name: getattr(self, name) for name in Details.model_fields if name != "account"}
        return details | {"segment": auto if self.segment == AUTO else self.segment}


class Open(Details):
    """Open an account."""

    NAME: ClassVar[str] = "open"
    OPENS: ClassVar[bool] = True
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "name": "Acme Mills", "country": "DE", "timezone": "Europe/Berlin",
        "opened_on": "2026-01-01",
    }  # fmt: skip

    creditor: Id | None = Field(default=None, description="whom the debtor owes")
    person: Id | None = Field(default=None, description="the person behind several accounts")
    debt: Id | None = Field(default=None, description="what tells this debt of the person's from others")
    policy: Id | None = Field(default=None, description="the policy it follows; by default the book's")
    opened_on: Day | None = Field(default=None, description="since when; by default today")

    def decide(self, here: Here) -> Decide:
        opened_on = here.day(self.opened_on)
        details = {name: getattr(self, name) for name in ("creditor", "person", "debt")} | self.given(None)

        def decide(account: Account, policies: PolicyBook) -> list[Fact]:
            _check_policy(account, policies, self.policy)
            facts = accounts.open_account(account, number=self.account, opened_on=opened_on, **details)
            if self.policy is not None:
                since = here.start_of(opened_on)
                facts += accounts.assign_policy(account, policy=self.policy, effective_from=since)
            return facts

        return decide


def _check_policy(account: Account, policies: PolicyBook, policy: str | None) -> None:
    """An open account is not put under another policy by opening it again, and not since that day."""
    if policy is None:
        return
    policies.check_assignable(policy)
    if account.exists and account.policy != policy:
        recorded = f"policy {account.policy}" if account.policy else "the book's own policy"
        raise AccountAlreadyOpen(account=account.number, recorded=recorded, given=f"policy {policy}")


class ChangeDetails(Details):
    """Change the debtor's details. What is not given stays as it was."""

    NAME: ClassVar[str] = "details"
    EXAMPLE: ClassVar[dict[str, Any]] = {"account": "ACME", "phone": "+49 30 5550100"}

    changed_on: Day | None = Field(default=None, description="by default today")

    def decide(self, here: Here) -> Decide:
        given, changed_on = self.given(""), here.day(self.changed_on)
        if all(value is None for value in given.values()):
            raise NothingGiven("detail", "phone")
        return lambda account, _: accounts.change_details(account, changed_on=changed_on, **given)


class AddNote(Request):
    """Add a note. Given twice it stands there twice."""

    NAME: ClassVar[str] = "note"
    EXAMPLE: ClassVar[dict[str, Any]] = {"account": "ACME", "note": "Pays on the last Friday of the month."}

    note: Text = Field(description="what is to be known")

    def decide(self, here: Here) -> Decide:
        return lambda account, _: accounts.add_note(account, note=self.note)


class SetFollowUp(Request):
    """Put the account on a later day's worklist."""

    NAME: ClassVar[str] = "follow-up"
    EXAMPLE: ClassVar[dict[str, Any]] = {"account": "ACME", "on": "2026-07-06", "note": "has it arrived?"}

    on: Day = Field(description="on that day's worklist")
    note: Text | None = Field(default=None, description="what is to be looked at")

    def decide(self, here: Here) -> Decide:
        return lambda account, _: accounts.set_follow_up(account, on=self.on, note=self.note)


class MarkUnreachable(Request):
    """Record that the debtor cannot be found."""

    NAME: ClassVar[str] = "unreachable"
    EXAMPLE: ClassVar[dict[str, Any]] = {"account": "ACME", "found_on": "2026-05-06", "reason": "moved"}

    found_on: Day | None = Field(default=None, description="by default today")
    reason: Text | None = Field(default=None, description="why, in your words")

    def decide(self, here: Here) -> Decide:
        found_on = here.day(self.found_on)
        return lambda account, _: contacts.mark_unreachable(account, found_on=found_on, reason=self.reason)


class MarkLocated(Whereabouts):
    """Record that the debtor was found again, and where."""

    NAME: ClassVar[str] = "located"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "located_on": "2026-05-20", "phone": "+49 30 5550199",
    }  # fmt: skip

    located_on: Day | None = Field(default=None, description="by default today")

    def decide(self, here: Here) -> Decide:
        located_on = here.day(self.located_on)
        given = {"email": self.email, "phone": self.phone, "address": self.address}

        def decide(account: Account, _: PolicyBook) -> list[Fact]:
            found = contacts.mark_located(account, located_on=located_on)
            if any(given.values()):
                found = accounts.change_details(account, changed_on=located_on, **given) + found
            return found

        return decide

    @property
    def if_nothing(self) -> str | None:
        return "nothing to record: the debtor is not missing"
