"""What the text of a contact may say, in the debtor's language and locale."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from arrears.delivery.contact import Contact, contact_moment, is_on, template_name
from arrears.delivery.locales import amount_text, count_text, date_text, locale_of
from arrears.delivery.recipient import Creditor, Recipient
from arrears.delivery.short import in_alphabet
from arrears.delivery.templates import BREAKS, Format, Template, environment, sources
from arrears.remittance.reference import in_fours
from engine.domain.facts.base import Erased
from engine.domain.facts.contacts import Line
from engine.domain.money import ZERO

VALIDATION_NOTICE = "validation-notice"
NAMED_AT_MOST = 6
_ROWS = re.compile(r"[,\r\n]+")
_FOURS = re.compile(r".{1,4}")


class Values:
    """The values of one contact; `steps` as `templates_of` gives them, `reference` that for payments.

    `most`: so many items are listed, the oldest, and the others counted; None: all are.
    """

    def __init__(
        self,
        contact: Contact,
        to: Recipient,
        creditor: Creditor,
        worded: Template,
        steps: Mapping[str, str],
        opt_out: str = "",
        reference: str = "",
        most: int | None = None,
    ) -> None:
        self.opt_out, self.reference, self.most = opt_out, reference, most
        self.contact, self.to, self.creditor, self.worded, self.steps = contact, to, creditor, worded, steps
        self.locale = locale_of(worded.language, to.country)
        zone = ZoneInfo(to.timezone) if to.timezone else UTC
        self.on = contact_moment(contact).astimezone(zone).date()
        self._labels: dict[str, str] = {}

    def body(self, form: Format, subject: str) -> str:
        """The whole text in a format."""
        file = f"{self.worded.language}/{self.worded.name}.j2"
        kind = "message" if is_on(self.contact, "sms") else self.worded.kind
        values = self.all(form) | {"layout": f"{kind}.{form}.j2", "subject": subject}
        text = environment(form).get_template(file).render(values).strip() + "\n"
        return in_alphabet(text) if kind == "message" else text

    def block(self, form: Format, name: str, block: str) -> str:
        """One block of a template, in one line."""
        text = environment(form).get_template(f"{self.worded.language}/{name}.j2")
        context = text.new_context(self.all(form) | {"layout": ""})
        return BREAKS.sub(" ", "".join(text.blocks[block](context))).strip()

    def words(self, form: Format = "txt") -> Any:
        """What the texts of the language share."""
        return environment(form).get_template(f"{self.worded.language}/_words.j2").module

    def all(self, form: Format) -> dict[str, Any]:
        """What a template is given."""
        words, contact, to = self.words(form), self.contact, self.to
        own = [line for line in contact.lines if line.step == contact.step] or contact.lines
        listed, asked = self.listed(), self.asked()
        return {
            "words": words, "language": self.worded.language,
            "creditor": self.creditor, "sender": self.sender(words),
            "number": self._shown(to.number, words), "name": self._shown(to.name, words),
            "addressee": self.addressee(words), "by_post": is_on(contact, "letter"),
            "date": date_text(self.on, self.locale), "in_days": self._in_days,
            "invoices": self.shown, "line": self.line, "more": self.more(words, listed),
            "own": self._own(own, words),
            "some": own[0].item + (f" +{len(own) - 1}" if own[1:] else "") if own else "",
            "many": len(own) > 1, "listed": listed, "asked": asked if asked != listed else "",
            "to_pay": asked or listed, "opt_out": self.opt_out, "label": self._label(contact.step),
            "notices": self.notices(words), "payment": self.payment(words),
            "reference": in_fours(self.reference),
        }  # fmt: skip

    # --- who ----------------------------------------------------------------------------------------------

    def sender(self, words: Any) -> str:
        """In whose name it is written."""
        return self.creditor.name or str(words.neutral).strip()

    def addressee(self, words: Any) -> list[str]:
        """Name and address, a line each; where both were erased, that is said once."""
        rows = [self._shown(self.to.name, words), *_ROWS.split(self._shown(self.to.address, words))]
        return list(dict.fromkeys(row.strip() for row in rows if row.strip()))

    def _shown(self, value: str | Erased | None, words: Any) -> str:
        return str(words.erased).strip() if isinstance(value, Erased) else value or ""

    # --- what ---------------------------------------------------------------------------------------------

    def line(self, line: Line) -> dict[str, Any]:
        """An item of the contact, at its own step."""
        return {
            "item": line.item, "label": self._label(line.step), "days": line.days_past_due,
            "due_on": date_text(line.due_on, self.locale),
            "open": amount_text(line.open, line.currency, self.locale),
        }  # fmt: skip

    @cached_property
    def shown(self) -> Sequence[Line]:
        """The items that are listed."""
        lines = self.contact.lines
        if self.most is None or len(lines) <= self.most:
            return lines
        return sorted(lines, key=lambda one: one.due_on)[: self.most]

    def more(self, words: Any, listed: str) -> str:
        """How many items are not listed, and what is open on all of them together; "" where all are."""
        count = len(self.contact.lines) - len(self.shown)
        if not count:
            return ""
        said, number = getattr(words, "more", None), count_text(count, self.locale)
        # Words of a book's own may be older than this sentence.
        return str(said(number, count > 1, listed)) if said else f"+ {number}: {listed}"

    def _own(self, own: Sequence[Line], words: Any) -> str:
        """The items at the step of the contact, by name; where they are many, by what they are marked as."""
        if len(own) > NAMED_AT_MOST:
            return str(words.those(len(own), self._label(own[0].step)))
        return self._joined([line.item for line in own])

    def _label(self, step: str) -> str:
        """How far an invoice is: what its own step's text is called, or the step where that is not ours."""
        if step not in self._labels:
            self._labels[step] = self._label_of(step)
        return self._labels[step]

    def _label_of(self, step: str) -> str:
        name = template_name(self.contact) if step == self.contact.step else self.steps.get(step, "")
        known = f"{self.worded.language}/{name}.j2" in sources()
        if not known:
            return step
        text = environment("txt").get_template(f"{self.worded.language}/{name}.j2")
        return "".join(text.blocks["label"](text.new_context({"layout": ""}))).strip()

    def notices(self, words: Any) -> list[str]:
        """What has to be said whatever is asked for: claims on which no suit can be brought, and the right
        to dispute them where this is the notice of it."""
        said = []
        if self.contact.time_barred:
            said.append(words.time_barred(self._joined(self.contact.time_barred)))
        if getattr(self.contact, "purpose", "") == VALIDATION_NOTICE:
            said.append(words.validation())
        return said

    def _in_days(self, days: int) -> str:
        return date_text(self.on + timedelta(days), self.locale)

    # --- how much, and how to pay it ----------------------------------------------------------------------

    def payment(self, words: Any) -> list[tuple[str, str]]:
        """Where to pay and what to state, each with what it is called."""
        creditor, labels = self.creditor, words.payment
        given = [
            (labels["payee"], creditor.name if creditor.iban else ""),
            ("IBAN", " ".join(_FOURS.findall(creditor.iban))),
            ("BIC", creditor.bic),
            (labels["amount"], self.asked() or self.listed()),
            (labels["reference"], in_fours(self.reference)),
        ]
        return [(label, value) for label, value in given if value] if self.reference else []

    def listed(self) -> str:
        """What is open on the items of the contact."""
        return self._listed

    @cached_property
    def _listed(self) -> str:
        sums: dict[str, Decimal] = {}
        for line in self.contact.lines:
            sums[line.currency] = sums.get(line.currency, ZERO) + line.open
        return self._sums(sums)

    def asked(self) -> str:
        """What the contact demands."""
        return self._sums({one.currency: one.amount for one in self.contact.demand if one.amount > ZERO})

    def _sums(self, sums: Mapping[str, Decimal]) -> str:
        return self._joined([amount_text(sums[code], code, self.locale) for code in sorted(sums)])

    def _joined(self, parts: Sequence[str]) -> str:
        return ", ".join(parts)
