"""The contacts that have a text, and which text each step of a policy uses."""

from datetime import datetime

from engine.domain.facts.contacts import CallScheduled, ReminderIssued
from policies.document import Policy

Contact = ReminderIssued | CallScheduled


def templates_of(policy: Policy) -> dict[str, str]:
    """Which text each contact step of the policy uses."""
    steps = ((step.id, step.remind, step.call) for step in policy.steps)
    return {
        step: remind.template if remind else call.script if call else ""
        for step, remind, call in steps
        if remind or call
    }


def template_name(contact: Contact) -> str:
    """The name of the contact's text; empty where somebody recorded a letter of another system."""
    return contact.script if isinstance(contact, CallScheduled) else contact.template


def contact_moment(contact: Contact) -> datetime:
    """When it went out or was to leave, or was put on the worklist."""
    if isinstance(contact, CallScheduled):
        return contact.scheduled_at
    return contact.leaves_at or contact.issued_at


def is_on(contact: Contact, channel: str) -> bool:
    """Whether it is a message that goes by this channel."""
    return isinstance(contact, ReminderIssued) and contact.channel == channel
