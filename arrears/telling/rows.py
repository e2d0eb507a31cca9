"""Rows of answers that several reports share: amounts as text with the currency's decimals."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from engine.domain.money import money
from policies.book import PolicyBook, Version
from projections.aging import OpenItem, by_part
from projections.contacts import ContactRow
from projections.promises import PromiseRow

ITEM_COLUMNS = ("item", "kind", "currency", "issued_on", "due_on", "days_past_due", "open")
PROMISE_COLUMNS = (
    *("promise", "status", "currency", "amount", "received", "received_late"),
    *("made_on", "promised_on", "deadline", "judged_on", "taken_by", "gives_up"),
)


def exact(amount: Decimal, currency: str) -> str:
    """The amount as text with the currency's decimals."""
    return str(money(amount, currency))


def by_currency(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    """The amounts as text by currency, which for people `in_words` puts in a row."""
    return {currency: exact(amount, currency) for currency, amount in sorted(amounts.items())}


def in_words(amounts: Mapping[str, str]) -> str:
    """Amounts by currency in one line: '120.00 EUR, 80.00 GBP'."""
    return ", ".join(f"{amount} {currency}" for currency, amount in amounts.items())


def parts_by_currency(open_items: Iterable[OpenItem]) -> dict[str, dict[str, str]]:
    """Principal, interest, fees and unapplied money as text by currency, for programs."""
    return {currency: by_name(parts, currency) for currency, parts in by_part(open_items).items()}


def by_name(parts: Mapping[str, Decimal], currency: str) -> dict[str, str]:
    """Amounts of one currency as text, each under its name."""
    return {name: exact(amount, currency) for name, amount in parts.items()}


def parts_in_words(parts: Mapping[str, Mapping[str, str]]) -> str:
    """What of the amounts is interest or a fee: ' (EUR: principal 100.00, interest 2.10, fees 40.00)'."""
    said = [
        f"{currency}: " + ", ".join(f"{name} {amount}" for name, amount in named.items() if Decimal(amount))
        for currency, named in parts.items()
        if Decimal(named["interest"]) or Decimal(named["fees"])
    ]
    return f" ({'; '.join(said)})" if said else ""


def item_row(item: OpenItem) -> dict[str, Any]:
    """An open item, or (item None) unapplied money, which counts against what is owed."""
    return {
        "account": item.number, "item": item.item, "kind": item.item_kind, "currency": item.currency,
        "issued_on": item.issued_on, "due_on": item.due_on, "days_past_due": item.days_past_due,
        "bucket": item.bucket, "open": exact(item.open, item.currency),
    }  # fmt: skip


def promise_row(one: PromiseRow) -> dict[str, Any]:
    """A promise, or one instalment of a plan, and how it stands."""
    return {
        "account": one.number, "promise": one.promise, "plan": one.plan, "status": one.status,
        "currency": one.currency, "amount": exact(one.amount, one.currency),
        "received": exact(one.received, one.currency),
        "received_late": exact(one.received_late, one.currency), "made_on": one.made_on,
        "promised_on": one.promised_on, "deadline": one.deadline, "judged_on": one.judged_on,
        "taken_by": one.taken_by, "replaced_by": one.replaced_by,
        "gives_up": None if one.gives_up is None else exact(one.gives_up, one.currency),
    }  # fmt: skip


def contact_row(contact: ContactRow) -> dict[str, Any]:
    """A contact and what became of it."""
    return {
        "account": contact.number, "at": contact.at, "kind": contact.kind, "channel": contact.channel,
        "step": contact.step, "policy": contact.policy, "status": contact.status,
        "outcome": contact.outcome,
        "items": contact.items, "by": contact.by, "contact": contact.contact, "breaches": contact.breaches,
    }  # fmt: skip


def step_title(versions: Sequence[Version], step: str) -> str:
    """What the step is called in the last of these versions that has it; else its id."""
    found = (version.policy.step(step) for version in reversed(versions))
    return next((known.title for known in found if known and known.title), step)


def version_of(policies: PolicyBook, policy: str, number: int) -> Version | None:
    """That version of the policy; None where the book does not hold it."""
    held = policies.versions.get(policy, [])
    return next((version for version in held if version.version == number), None)
