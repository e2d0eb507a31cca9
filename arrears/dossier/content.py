"""What a dossier says, gathered from the book: the facts, the balances on both clocks, and each contact."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from arrears.delivery.contact import Contact, template_name, templates_of
from arrears.delivery.recipient import Creditor, Recipient, recipient
from arrears.delivery.render import Message, render
from arrears.delivery.templates import UnknownTemplate, best_language
from arrears.dossier.movements import Movement, movements
from arrears.dossier.scope import about, items_of, resting_on
from arrears.remittance.reference import payment_reference
from arrears.wiring import Book
from engine.application import POLICIES
from engine.domain.facts.base import Because, Fact, Stored
from engine.domain.facts.contacts import (
    CallMade,
    CallScheduled,
    ContactDeferred,
    InboundContactReceived,
    ReminderIssued,
)
from policies.book import PolicyBook, Version
from projections.aging import OpenItem, open_items
from projections.connection import reading


@dataclass(frozen=True, slots=True)
class Asked:
    """What the dossier is to be about, in which language the texts, in whose name. None: as known now."""

    number: str
    invoice: str | None
    as_known: datetime | None
    language: str | None
    creditor: Creditor


@dataclass(frozen=True, slots=True)
class Telling:
    """How facts, moments and reasons are told to people."""

    sentence: Callable[[Fact], str]
    clock: Callable[[datetime], str]
    reasons: Callable[[Stored], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Standing:
    """What was owed at the end of the day as it was known at one moment."""

    moved: list[Movement]
    open_items: list[OpenItem]


@dataclass(frozen=True, slots=True)
class Encounter:
    """A contact: its text (or why there is none), what the limits asked for, and what became of it."""

    stored: Stored
    message: Message | None
    no_text: str
    limits: dict[str, str]
    put_off: list[Stored]
    outcomes: list[Stored]


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything that the pages show. `then` is as known at the moment asked for, `now` as known now."""

    asked: Asked
    stream: str
    as_of: date
    zone: ZoneInfo
    debtor: Recipient
    facts: list[Stored]
    policy_facts: list[Stored]
    versions: list[Version]
    then: Standing
    now: Standing
    encounters: list[Encounter]

    @property
    def learnt_since(self) -> list[Movement]:
        """What moved the balance by that day, and was known only after the moment asked for."""
        moment = self.asked.as_known
        return [] if moment is None else [one for one in self.now.moved if one.known_at > moment]


def gather(book: Book, asked: Asked) -> Dossier:
    """The dossier of an account, or of one of its invoices; raises AccountUnknown, InvoiceUnknown."""
    book.catch_up()
    stream = book.account_id(asked.number)
    all_facts = book.store.stream(stream)
    known = [one for one in all_facts if asked.as_known is None or one.fact.known_at <= asked.as_known]
    items = None if asked.invoice is None else items_of(known, asked.number, asked.invoice)
    facts = known if items is None else about(known, items)
    as_of = book.today if asked.as_known is None else asked.as_known.astimezone(book.zone).date()
    policies = book.engine.policies()
    return Dossier(
        asked=asked, stream=stream, as_of=as_of, zone=book.zone,
        debtor=recipient(one.fact for one in known), facts=facts,
        policy_facts=resting_on(facts, book.store.stream(POLICIES)), versions=_versions(facts, policies),
        then=_standing(book, stream, known, as_of, asked.as_known, items),
        now=_standing(book, stream, all_facts, as_of, None, items),
        encounters=_encounters(known, facts, policies, asked),
    )  # fmt: skip


def _standing(
    book: Book,
    stream: str,
    facts: Sequence[Stored],
    as_of: date,
    as_known: datetime | None,
    items: frozenset[str] | None,
) -> Standing:
    with reading(book.database, as_known, as_of) as connection:
        still_open = open_items(connection, as_of, only=[stream])
    ours = [one for one in still_open if items is None or one.item in items]
    return Standing(movements(facts, as_of, items), ours)


def version_of(policies: PolicyBook, because: Because | None) -> Version | None:
    """The version of the policy that decided; None for an outside fact, or where it is not here."""
    held = policies.versions.get(because.policy, []) if because else []
    return next((one for one in held if because and one.version == because.policy_version), None)


def _versions(facts: Sequence[Stored], policies: PolicyBook) -> list[Version]:
    """Each policy version that decided something here, once."""
    found = [version_of(policies, one.fact.because) for one in facts]
    return list({(one.name, one.version): one for one in found if one}.values())


# --- contacts ---------------------------------------------------------------------------------------------


def _encounters(
    known: Sequence[Stored], facts: Sequence[Stored], policies: PolicyBook, asked: Asked
) -> list[Encounter]:
    return [_encounter(one, known, policies, asked) for one in facts if _is_contact(one.fact)]


def _is_contact(fact: Fact) -> bool:
    """A call that settles a scheduled one is told with that one."""
    if isinstance(fact, CallMade):
        return not fact.answers
    return isinstance(fact, ReminderIssued | CallScheduled | InboundContactReceived)


def _encounter(one: Stored, known: Sequence[Stored], policies: PolicyBook, asked: Asked) -> Encounter:
    version = version_of(policies, one.fact.because)
    rules = version.policy.contact.model_dump(mode="json") if version else {}
    message, no_text = _text(one, known, version, asked)
    return Encounter(
        stored=one, message=message, no_text=no_text,
        limits={name: _plain(value) for name, value in rules.items() if value not in (None, {}, [])},
        put_off=_put_off(one, known), outcomes=[other for other in known if _settles(other.fact, one.fact)],
    )  # fmt: skip


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(part)}" for name, part in value.items())
    return ", ".join(map(_plain, value)) if isinstance(value, list) else str(value)


def _put_off(one: Stored, known: Sequence[Stored]) -> list[Stored]:
    """The limits that had put the same step off for one of its items since the contact before it."""
    step = getattr(one.fact, "step", "")
    items = {line.item for line in getattr(one.fact, "lines", ())}
    earlier = [other for other in known if other.version < one.version]
    last = max((other.version for other in earlier if _is_contact(other.fact)), default=0)
    return [
        other
        for other in earlier
        if other.version > last
        and isinstance(other.fact, ContactDeferred)
        and other.fact.step == step
        and items & set(other.fact.items)
    ]


def _settles(later: Fact, contact: Fact) -> bool:
    name = getattr(contact, "contact", None)
    if later is contact or name is None:
        return False
    return getattr(later, "contact", None) == name or name in getattr(later, "answers", ())


def _text(
    one: Stored, known: Sequence[Stored], version: Version | None, asked: Asked
) -> tuple[Message | None, str]:
    """The text of a contact of ours, to whom it was addressed then, or why there is none."""
    fact = one.fact
    if not isinstance(fact, ReminderIssued | CallScheduled):
        return None, ""
    if not template_name(fact):
        return None, "No text: it was recorded by hand or imported, and its words are not in this book."
    to = recipient(other.fact for other in known if other.version <= one.version)
    steps = templates_of(version.policy) if version else {}
    return _rendered(fact, to, steps, asked, payment_reference(one.stream))


def _rendered(
    fact: Contact, to: Recipient, steps: dict[str, str], asked: Asked, reference: str
) -> tuple[Message | None, str]:
    language = asked.language or best_language(to.language)
    try:
        return render(fact, to, asked.creditor, language, steps, reference=reference), ""
    except UnknownTemplate:
        return None, f"No text: the template '{template_name(fact)}' is not one of those shipped."
