"""What whoever takes up an account has to know of it, gathered in one look, with the text to call by."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from heapq import nsmallest
from typing import Any

from sqlalchemy import select

from arrears.delivery.contact import Contact, template_name, templates_of
from arrears.delivery.recipient import Creditor, Recipient, recipient
from arrears.delivery.render import render
from arrears.delivery.templates import TextFaulty, UnknownTemplate, best_language
from arrears.remittance.reference import payment_reference
from arrears.telling.previews import contact_about
from arrears.wiring import Book
from engine.domain.account import Account, ContactPerson, Dispute, Hold, Item, Promise
from engine.domain.facts.accounts import AccountOpened, DebtorDetailsChanged, FollowUpSet, NoteAdded
from engine.domain.facts.base import Erased, Fact
from engine.domain.facts.contacts import CallMade, CallScheduled, InboundContactReceived
from engine.domain.money import ZERO
from policies.view import View
from projections.connection import reading
from projections.contacts import NOT_MADE, SCHEDULED, ContactRow, contact_rows
from projections.personal import read_people
from projections.tables import accounts
from projections.worklist import BEGINNING

ITEMS, CONTACTS, PROMISES, NOTES = 12, 6, 4, 5
"""So many of each are shown."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What is owed in one currency: all that is open, what of it is overdue, and what may be asked for."""

    currency: str
    open: Decimal
    overdue: Decimal
    unapplied: Decimal
    demand: Decimal


@dataclass(frozen=True, slots=True)
class Script:
    """The words of a call in a language."""

    title: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Noted:
    """What somebody wrote down, and when it came to be known."""

    at: datetime
    by: str
    text: str | Erased


@dataclass(frozen=True)
class Briefing:
    """An account as whoever works it needs to see it, at `version`."""

    stream: str
    number: str
    version: int
    debtor: Any
    owed: Sequence[Owed]
    oldest_days: int | None
    items: Sequence[tuple[Item, int]]
    more_items: int
    persons: Sequence[ContactPerson]
    contacts: Sequence[ContactRow]
    promises: Sequence[Promise]
    disputes: Sequence[Dispute]
    holds: Sequence[Hold]
    notes: Sequence[Noted]
    follow_up: FollowUpSet | None
    calls_due: int
    is_reserved: bool
    script: Script | None


def briefing(book: Book, number: str, creditor: Creditor) -> Briefing:
    """All of it, as it stands now; raises AccountUnknown."""
    at, policies = book.clock(), book.engine.policies()
    stream = book.account_id(number)
    told = _facts(book, stream)
    debtor = recipient(told)
    today = at.astimezone(book.zone).date()
    with reading(book.database) as connection:
        [row] = read_people(connection, select(accounts).where(accounts.c.stream == stream))
        made = contact_rows(connection, BEGINNING, at, only=[stream], stood_at=at)
    with book.account(number) as account:
        view = View(account, policies, at) if policies.has_policy(account, at) else None
        oldest = nsmallest(ITEMS, account.open_items.values(), key=lambda one: (one.due_on, one.id))
        return Briefing(
            stream=stream, number=number, version=account.version, debtor=row,
            owed=_owed(account, view, today),
            oldest_days=(today - oldest[0].due_on).days if oldest else None,
            items=[(one, (today - one.due_on).days) for one in oldest],
            more_items=len(account.open_items) - len(oldest), persons=list(account.contact_persons.values()),
            contacts=[one for one in made if _was_made(one)][: -CONTACTS - 1 : -1],
            promises=list(account.promises.values())[: -PROMISES - 1 : -1],
            disputes=[one for one in account.disputes.values() if one.resolved_on is None],
            holds=[one for one in account.holds.values() if one.days.end is None or one.days.end > today],
            notes=list(_notes(told))[: -NOTES - 1 : -1], follow_up=_follow_up(told, today),
            calls_due=len(account.calls_due), is_reserved="call" in account.reserved.values(),
            script=_script(view, told, debtor, creditor) if view else None,
        )  # fmt: skip


def _was_made(one: ContactRow) -> bool:
    return one.kind != SCHEDULED and one.status not in NOT_MADE


# --- what the facts say -----------------------------------------------------------------------------------

_TOLD = (
    *(AccountOpened, DebtorDetailsChanged, NoteAdded, FollowUpSet, CallMade, CallScheduled),
    InboundContactReceived,
)


def _facts(book: Book, stream: str) -> list[Fact]:
    """The facts of the account that carry words."""
    book.catch_up()
    with book.engine.looking.at(stream) as looked:
        return [one.fact for one in looked.facts if isinstance(one.fact, _TOLD)]


def _notes(told: Iterable[Fact]) -> Iterable[Noted]:
    for fact in told:
        said = fact.text if isinstance(fact, NoteAdded) else getattr(fact, "note", None)
        if said and isinstance(fact, NoteAdded | CallMade | InboundContactReceived | FollowUpSet):
            yield Noted(fact.known_at, fact.by, said)


def _follow_up(told: Sequence[Fact], today: date) -> FollowUpSet | None:
    """The last follow-up that was set, if its day has come."""
    latest = [fact for fact in told if isinstance(fact, FollowUpSet)]
    return latest[-1] if latest and latest[-1].on <= today else None


# --- what is owed -----------------------------------------------------------------------------------------


def _owed(account: Account, view: View | None, today: date) -> list[Owed]:
    sums: dict[str, list[Decimal]] = {currency: [ZERO, ZERO] for currency in account.unapplied}
    for one in account.open_items.values():
        of_currency = sums.setdefault(one.currency, [ZERO, ZERO])
        of_currency[0] += one.open
        if one.due_on < today:
            of_currency[1] += one.open
    asked = _asked(view, today) if view else []
    return [
        Owed(
            currency, open_, overdue, account.unapplied.get(currency, ZERO),
            view.demand(currency, asked) if view else ZERO,
        )
        for currency, (open_, overdue) in sorted(sums.items())
    ]  # fmt: skip


def _asked(view: View, today: date) -> list[Item]:
    """The items of which something may be asked for, since they were due before that day."""
    groups = (items for items in view.alike if items[0].due_on < today and view.demandable(items[0]))
    return [item for items in groups for item in items]


# --- what to say ------------------------------------------------------------------------------------------


def _script(view: View, told: Sequence[Fact], debtor: Recipient, creditor: Creditor) -> Script | None:
    """The text of the call that is due, as it was pinned; else that of the policy's first call, about what
    may be asked for now. Nobody reads out thousands of items: beyond the oldest they are counted.
    None: there is no text, or nothing to ask for."""
    account = view.account
    scheduled = [one for one in told if isinstance(one, CallScheduled) and one.contact in account.calls_due]
    try:
        call = scheduled[-1] if scheduled else _supposed(view)
        if call is None or not template_name(call):
            return None
        message = render(
            call, debtor, creditor, best_language(debtor.language), templates_of(view.policy),
            reference=payment_reference(account.id), most=ITEMS,
        )  # fmt: skip
    except (UnknownTemplate, TextFaulty):
        return None
    return Script(message.subject, message.text, message.template.language)


def _supposed(view: View) -> Contact | None:
    step = next((one for one in view.policy.steps if one.call), None)
    items = _asked(view, view.today)
    if step is None or step.call is None or not step.call.script or not items:
        return None
    items.sort(key=lambda one: (one.due_on, view.place_of[one.id]))
    return contact_about(view, items, step.call.script, step.id)
