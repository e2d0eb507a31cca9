"""What a letter says, part by part, from the same templates as an e-mail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from babel import Locale
from segno import QRCode

from arrears.delivery.carrier import Undeliverable
from arrears.delivery.contact import Contact, template_name
from arrears.delivery.locales import date_text
from arrears.delivery.recipient import Creditor, Recipient
from arrears.delivery.templates import Template, rendering, template
from arrears.delivery.values import Values
from arrears.remittance.epc import CURRENCY, Transfer, payment_code
from arrears.remittance.reference import in_fours
from engine.domain.facts.base import Erased
from engine.domain.money import ZERO

Pairs = Sequence[tuple[str, str]]


class NoAddress(Undeliverable):
    """Nobody knows where the debtor lives: it waits for an address, and has not failed."""

    def __init__(self) -> None:
        super().__init__("no postal address is known")


@dataclass(frozen=True, slots=True)
class LetterText:
    """The words of a letter. `rows`: item, stage, due date, how late, what is open; `code` is for apps."""

    template: Template
    sender: str
    sender_rows: Sequence[str]
    addressee: Sequence[str]
    about: Pairs
    subject: str
    before: Sequence[str]
    heads: Sequence[str]
    rows: Sequence[tuple[str, str, str, str, str]]
    after: Sequence[str]
    notices: Sequence[str]
    paying: str
    payment: Pairs
    code: QRCode | None
    scan: str
    last: Sequence[str]
    signed: Sequence[str]
    words: Any

    def page(self, number: int, count: int) -> str:
        """What stands at the foot of a page."""
        return str(self.words.page(number, count))


def postal_address(to: Recipient) -> str:
    """Where the debtor lives; raises NoAddress."""
    if not to.address or isinstance(to.address, Erased):
        raise NoAddress
    return to.address


def letter_text(
    contact: Contact, to: Recipient, creditor: Creditor, language: str, steps: Mapping[str, str],
    reference: str,
) -> LetterText:  # fmt: skip
    """The words of a contact as a letter; raises NoAddress, UnknownTemplate, UnknownLanguage, TextFaulty."""
    postal_address(to)
    worded = template(template_name(contact), language)
    with rendering(worded.name):
        return _worded(Values(contact, to, creditor, worded, steps, reference=reference))


def _worded(values: Values) -> LetterText:
    words, creditor, name = values.words(), values.creditor, values.worded.name
    opening, asking = (values.block("txt", name, block) for block in ("opening", "asking"))
    listed, asked, number = values.listed(), values.asked(), values.all("txt")["number"]
    sums = f"{words.sum(listed)} {words.demand(asked) if asked and asked != listed else ''}".strip()
    paid, trouble = str(words.paid()), str(words.trouble(creditor.reach))
    paying = f"{words.pay_to()} {creditor.pay_to}\n" if creditor.pay_to else ""
    sender = values.sender(words)
    return LetterText(
        template=values.worded, sender=sender, words=words, subject=values.block("txt", name, "subject"),
        sender_rows=[row.strip() for row in creditor.address.split(",") if row.strip()],
        addressee=[*values.addressee(words), *_abroad(creditor, values.to)],
        about=[
            (words.about["date"], date_text(values.on, values.locale)), (words.about["account"], number),
            (words.about["reference"], in_fours(values.reference)),
        ],
        before=[str(words.greeting(values.all("txt")["name"])), opening], heads=_heads(words),
        rows=[_row(values, line, words) for line in values.contact.lines],
        after=[sums, asking], notices=[str(notice) for notice in values.notices(words)],
        paying=f"{paying}{words.paying()}", payment=values.payment(words), code=_code(values),
        scan=str(words.scan()), last=[paid, trouble],
        signed=[str(words.closing()), sender, str(words.reference(number))],
    )  # fmt: skip


def _heads(words: Any) -> list[str]:
    return [str(head) for head in words.heads]


def _row(values: Values, line: Any, words: Any) -> tuple[str, str, str, str, str]:
    one = values.line(line)
    late = str(words.late(one["days"])) if one["days"] > 0 else ""
    return one["item"], one["label"], one["due_on"], late, one["open"]


def _abroad(creditor: Creditor, to: Recipient) -> list[str]:
    """The country as the creditor's post calls it, where the letter leaves its country."""
    if not creditor.country or not to.country or creditor.country == to.country:
        return []
    names = Locale.parse(f"und_{creditor.country}").territories
    return [names.get(to.country, to.country).upper()]


def _code(values: Values) -> QRCode | None:
    """The code to pay what is demanded in euro; none for other money, or beyond what the scheme has."""
    asked = {one.currency: one.amount for one in values.contact.demand}
    open_ = sum((line.open for line in values.contact.lines if line.currency == CURRENCY), ZERO)
    amount: Decimal = asked.get(CURRENCY, open_)
    creditor = values.creditor
    transfer = Transfer(creditor.name, creditor.iban, creditor.bic, amount, values.reference)
    return payment_code(transfer) if transfer.can_be_coded else None
