"""The text of a contact, rendered from what its fact pins: a pure function of its arguments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from arrears.delivery.locales import amount_text, date_text, locale_of
from arrears.delivery.recipient import Creditor, Recipient
from arrears.delivery.templates import BREAKS, Format, Template, environment, rendering, sources, template
from engine.domain.facts.base import Erased
from engine.domain.facts.contacts import CallScheduled, Line, ReminderIssued
from engine.domain.money import ZERO
from policies.document import Policy

Contact = ReminderIssued | CallScheduled


@dataclass(frozen=True, slots=True)
class Message:
    """A contact's text, and the template that words it."""

    template: Template
    subject: str
    text: str
    html: str


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


def render(
    contact: Contact, to: Recipient, creditor: Creditor, language: str, steps: Mapping[str, str],
    opt_out: str = "",
) -> Message:  # fmt: skip
    """The contact's text in a language, each invoice at its own step; `steps` as `templates_of` gives them.

    `opt_out`: the link by which the debtor refuses the channel. Raises UnknownTemplate, UnknownLanguage,
    TextFaulty.
    """
    worded = template(template_name(contact), language)
    with rendering(worded.name):
        values = _Values(contact, to, creditor, worded, steps, opt_out)
        subject = values.block("txt", worded.name, "subject")
        return Message(worded, subject, values.body("txt", subject), values.body("html", subject))


class _Values:
    """What a template may say, in the debtor's locale."""

    def __init__(
        self,
        contact: Contact,
        to: Recipient,
        creditor: Creditor,
        worded: Template,
        steps: Mapping[str, str],
        opt_out: str,
    ) -> None:
        self.opt_out = opt_out
        self.contact, self.to, self.creditor, self.worded, self.steps = contact, to, creditor, worded, steps
        self.locale = locale_of(worded.language, to.country)
        zone = ZoneInfo(to.timezone) if to.timezone else UTC
        self.on = contact_moment(contact).astimezone(zone).date()

    def body(self, form: Format, subject: str) -> str:
        """The whole text in a format."""
        file = f"{self.worded.language}/{self.worded.name}.j2"
        layout = f"{self.worded.kind}.{form}.j2"
        values = self._values(form) | {"layout": layout, "subject": subject}
        return environment(form).get_template(file).render(values).strip() + "\n"

    def block(self, form: Format, name: str, block: str) -> str:
        """One block of a template, in one line."""
        text = environment(form).get_template(f"{self.worded.language}/{name}.j2")
        context = text.new_context(self._values(form) | {"layout": ""})
        return BREAKS.sub(" ", "".join(text.blocks[block](context))).strip()

    def _words(self, form: Format) -> Any:
        return environment(form).get_template(f"{self.worded.language}/_words.j2").module

    def _values(self, form: Format) -> dict[str, Any]:
        words, contact, to = self._words(form), self.contact, self.to
        own = [line for line in contact.lines if line.step == contact.step] or contact.lines
        listed, asked = self._total(contact.lines), self._asked()
        return {
            "words": words, "language": self.worded.language,
            "creditor": self.creditor, "sender": self.creditor.name or str(words.neutral).strip(),
            "number": self._shown(to.number, words), "name": self._shown(to.name, words),
            "addressee": self._addressee(words),
            "by_post": isinstance(contact, ReminderIssued) and contact.channel == "letter",
            "date": date_text(self.on, self.locale), "in_days": self._in_days,
            "invoices": contact.lines, "line": self._line, "own": self._joined([o.item for o in own]),
            "many": len(own) > 1, "listed": listed, "asked": asked if asked != listed else "",
            "to_pay": asked or listed, "opt_out": self.opt_out,
        }  # fmt: skip

    def _shown(self, value: str | Erased | None, words: Any) -> str:
        return str(words.erased).strip() if isinstance(value, Erased) else value or ""

    def _addressee(self, words: Any) -> list[str]:
        """Name and address, a line each; where both were erased, that is said once."""
        rows = [self._shown(self.to.name, words), *self._shown(self.to.address, words).split(",")]
        return list(dict.fromkeys(row.strip() for row in rows if row.strip()))

    def _in_days(self, days: int) -> str:
        return date_text(self.on + timedelta(days), self.locale)

    def _line(self, line: Line) -> dict[str, Any]:
        return {
            "item": line.item, "label": self._label(line.step), "days": line.days_past_due,
            "due_on": date_text(line.due_on, self.locale),
            "open": amount_text(line.open, line.currency, self.locale),
        }  # fmt: skip

    def _label(self, step: str) -> str:
        """How far the invoice is: what its own step's text is called, or the step where that is not ours."""
        name = template_name(self.contact) if step == self.contact.step else self.steps.get(step, "")
        known = f"{self.worded.language}/{name}.j2" in sources()
        return self.block("txt", name, "label") if known else step

    def _total(self, lines: Sequence[Line]) -> str:
        sums: dict[str, Decimal] = {}
        for line in lines:
            sums[line.currency] = sums.get(line.currency, ZERO) + line.open
        return self._sums(sums)

    def _asked(self) -> str:
        return self._sums({one.currency: one.amount for one in self.contact.demand if one.amount > ZERO})

    def _sums(self, sums: Mapping[str, Decimal]) -> str:
        return self._joined([amount_text(sums[code], code, self.locale) for code in sorted(sums)])

    def _joined(self, parts: Sequence[str]) -> str:
        return ", ".join(parts)
