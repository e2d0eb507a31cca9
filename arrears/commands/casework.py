"""Requests on how an account is worked: by whom, and with which contact persons."""

from typing import Any, ClassVar

from pydantic import Field

from arrears.commands.base import Here, Request
from arrears.imports.fields import Day, Id, Text
from engine.application import Decide
from engine.domain.decisions import casework
from engine.domain.facts.casework import Role


class AssignCollector(Request):
    """Give an account to a collector, on whose worklist it is from then on."""

    NAME: ClassVar[str] = "assign"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "collector": "mira", "note": "speaks Spanish, as they do",
    }  # fmt: skip

    collector: Id = Field(description="by the name under which they record")
    assigned_on: Day | None = Field(default=None, description="by default today")
    note: Text | None = Field(default=None, description="why, in your words")

    def decide(self, here: Here) -> Decide:
        assigned_on = here.day(self.assigned_on)
        return lambda account, _: casework.assign_collector(
            account, collector=self.collector, assigned_on=assigned_on, note=self.note
        )


class ChangeContactPerson(Request):
    """Add somebody to talk to about the account, or change what is known of them.

    Numbers and addresses that are given take the place of those that were known.
    """

    NAME: ClassVar[str] = "contact-person"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "person": "PAYABLES", "role": "accounts_payable", "name": "Ida Example",
        "phones": ["+49 30 5550110"],
    }  # fmt: skip

    person: Id = Field(description="what they are known by on this account, such as PAYABLES")
    role: Role | None = Field(default=None, description="what they are to the debtor")
    name: Text | None = Field(default=None, description="who they are")
    phones: tuple[Text, ...] | None = None
    emails: tuple[Text, ...] | None = None
    note: Text | None = Field(default=None, description="what is to be known, in your words")
    changed_on: Day | None = Field(default=None, description="by default today")

    def decide(self, here: Here) -> Decide:
        changed_on = here.day(self.changed_on)
        return lambda account, _: casework.change_contact_person(
            account, person=self.person, changed_on=changed_on, role=self.role, name=self.name,
            phones=self.phones, emails=self.emails, note=self.note,
        )  # fmt: skip


class RemoveContactPerson(Request):
    """Record that a contact person is not to be contacted about the account any more."""

    NAME: ClassVar[str] = "remove-contact-person"
    EXAMPLE: ClassVar[dict[str, Any]] = {"account": "ACME", "person": "PAYABLES"}

    person: Id = Field(description="what they are known by on this account")
    changed_on: Day | None = Field(default=None, description="by default today")

    def decide(self, here: Here) -> Decide:
        changed_on = here.day(self.changed_on)
        return lambda account, _: casework.remove_contact_person(
            account, person=self.person, changed_on=changed_on
        )
