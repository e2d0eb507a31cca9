"""How a text would read on an account now, about all that may be demanded: nothing is sent or recorded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from arrears.delivery.carrier import Undeliverable
from arrears.delivery.contact import Contact, templates_of
from arrears.delivery.gateway import telephone
from arrears.delivery.letters.pages import Print
from arrears.delivery.letters.text import NoAddress, letter_text, postal_address
from arrears.delivery.letters.windows import WINDOWS, WindowName
from arrears.delivery.mail import mail_address
from arrears.delivery.recipient import Creditor, Recipient, recipient
from arrears.delivery.render import Message, render
from arrears.delivery.templates import DEFAULT_LANGUAGE, base_language, best_language, template, worded_in
from arrears.remittance.reference import payment_reference
from arrears.wiring import Book
from engine.domain.account import Item
from engine.domain.decisions.contacts import line
from engine.domain.errors import RuleBroken
from engine.domain.facts.contacts import CallScheduled, Channel, Demanded, ReminderIssued
from policies.contact_limits.case import Proposal
from policies.contact_limits.permits import time_barred
from policies.view import View

OPT_OUT_EXAMPLE = "https://example.org/unsubscribe/…"
"""Stands in a preview where a message carries the link by which its debtor refuses more of them."""


class NothingToWrite(RuleBroken):
    sentence = "account '{account}' has no open item that could be demanded: there is nothing to write about"


class NowhereToWrite(RuleBroken):
    sentence = "account '{account}' has no postal address: no letter can be written to it"


class ReadOut(RuleBroken):
    sentence = "the text '{text}' is read out by whoever calls: it is no letter"


@dataclass(frozen=True, slots=True)
class Supposed:
    """The contact that there would be if every item that may be demanded were at the step of a text."""

    account: str
    stream: str
    contact: Contact
    to: Recipient
    steps: dict[str, str]

    @property
    def channel(self) -> Channel:
        """By which it would go."""
        return self.contact.channel if isinstance(self.contact, ReminderIssued) else "call"


def suppose(book: Book, number: str, name: str, channel: Channel | None = None) -> Supposed:
    """The contact that the text, or the step of the account's policy, of that name would be.

    By the channel of its step unless another is given. Raises AccountUnknown, NothingToWrite,
    UnknownTemplate.
    """
    facts = book.facts_of(number)
    account, now = book.folded(number), book.clock()
    view = View(account, book.engine.policies(), now)
    steps = templates_of(view.policy)
    text = steps.get(name, name)
    step = name if name in steps else next((one for one, used in steps.items() if used == text), name)
    items = sorted(filter(view.demandable, account.open_items.values()), key=lambda item: item.due_on)
    if not items:
        raise NothingToWrite(account=number)
    contact = contact_about(view, items, text, step, channel)
    return Supposed(number, account.id, contact, recipient(one.fact for one in facts), steps)


def contact_about(
    view: View, items: Sequence[Item], text: str, step: str, channel: Channel | None = None
) -> Contact:
    """The contact about these items, all at that step, that there would be now; raises UnknownTemplate."""
    currencies = sorted({item.currency for item in items})
    shared: dict[str, Any] = {
        "contact": "preview", "step": step, "lines": tuple(line(item, step, view.today) for item in items),
        "demand": tuple(Demanded(currency=code, amount=view.demand(code, items)) for code in currencies),
    }  # fmt: skip
    known = view.policy.step(step)
    if template(text, worded_in(text)[0]).kind == "call":
        return CallScheduled(
            script=text, scheduled_at=view.at, time_barred=_barred(view, items, "call"), **shared
        )
    by: Channel = channel or (known.remind.channel if known and known.remind else "letter")
    purpose = known.remind.purpose if known and known.remind else "collect"
    return ReminderIssued(
        channel=by, template=text, issued_at=view.at, purpose=purpose,
        time_barred=_barred(view, items, by), **shared,
    )  # fmt: skip


def _barred(view: View, items: Sequence[Item], channel: Channel) -> tuple[str, ...]:
    """The claims on which no suit can be brought, which a text has to say."""
    asked = Proposal(view.at, channel, items=frozenset(item.id for item in items))
    return time_barred(view.account, view.book, view.policy, asked)


def lacking(supposed: Supposed, language: str | None = None) -> list[str]:
    """What there is not, in sentences: a way to the debtor, texts in the language that it would go in."""
    said = []
    try:
        _WAYS[supposed.channel](supposed.to)
    except Undeliverable as why:
        said.append(f"{why}: it would not reach the debtor by {_NAMES[supposed.channel]}")
    wanted = supposed.to.language
    if language is None and wanted and best_language(wanted) != base_language(wanted):
        said.append(f"there are no texts in the debtor's language '{wanted}': '{DEFAULT_LANGUAGE}' is used")
    return said


_WAYS: dict[Channel, Callable[[Recipient], object]] = {
    "letter": postal_address, "email": mail_address, "sms": telephone, "call": telephone
}  # fmt: skip
_NAMES: dict[Channel, str] = {
    "letter": "letter", "email": "e-mail", "sms": "text message", "call": "telephone"
}  # fmt: skip


def preview_message(supposed: Supposed, creditor: Creditor, language: str | None = None) -> Message:
    """Its subject, plain text and HTML; raises UnknownLanguage, TextFaulty."""
    opt_out = OPT_OUT_EXAMPLE if supposed.channel in ("email", "sms") else ""
    return render(
        supposed.contact, supposed.to, creditor, language or best_language(supposed.to.language),
        supposed.steps, opt_out, payment_reference(supposed.stream),
    )  # fmt: skip


def preview_letter(
    supposed: Supposed, creditor: Creditor, language: str | None = None, window: WindowName = "din-5008-b"
) -> bytes:
    """The PDF as it would be printed; raises ReadOut, NowhereToWrite, UnknownLanguage, TextFaulty."""
    if isinstance(supposed.contact, CallScheduled):
        raise ReadOut(text=supposed.contact.script)
    made = Print(WINDOWS[window])
    try:
        text = letter_text(
            supposed.contact, supposed.to, creditor, language or best_language(supposed.to.language),
            supposed.steps, payment_reference(supposed.stream),
        )  # fmt: skip
    except NoAddress:
        raise NowhereToWrite(account=supposed.account) from None
    made.add(text, supposed.account)
    return made.finished()
