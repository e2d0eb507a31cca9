"""The text of a contact, rendered from what its fact pins: a pure function of its arguments."""

from collections.abc import Mapping
from dataclasses import dataclass

from arrears.delivery.contact import Contact, template_name
from arrears.delivery.recipient import Creditor, Recipient
from arrears.delivery.templates import Template, rendering, template
from arrears.delivery.values import Values


@dataclass(frozen=True, slots=True)
class Message:
    """A contact's text, and the template that words it."""

    template: Template
    subject: str
    text: str
    html: str


def render(
    contact: Contact, to: Recipient, creditor: Creditor, language: str, steps: Mapping[str, str],
    opt_out: str = "", reference: str = "", most: int | None = None,
) -> Message:  # fmt: skip
    """The contact's text in a language, each invoice at its own step; `steps` as `templates_of` gives them.

    `opt_out`: the link by which the debtor refuses the channel; `reference`: what payments are to state;
    `most`: so many items at most are listed, and the others counted. Raises UnknownTemplate,
    UnknownLanguage, TextFaulty.
    """
    worded = template(template_name(contact), language)
    with rendering(worded.name):
        values = Values(contact, to, creditor, worded, steps, opt_out, reference, most)
        subject = values.block("txt", worded.name, "subject")
        return Message(worded, subject, values.body("txt", subject), values.body("html", subject))
