"""Folds a page of the log into rows: rows to add, and changes to the few tables that hold the present."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, tzinfo

from sqlalchemy import Table

from engine.domain.facts import accounts, casework, items
from engine.domain.facts.base import Fact, Stored
from engine.domain.money import ZERO
from projections import tables
from projections.audit import widened
from projections.naming import named
from projections.postings import Posting, postings
from projections.rows import ACCOUNT_PREFIX, Row, happened_on, is_backfilled, local_date, rows

DETAILS = ("name", "kind", "country", "timezone", "phone", "email", "segment", "collector")


@dataclass
class Page:
    """What a page of the log changes in the tables; `accounts`, `items`, `unapplied` and `blocks` hold one
    change per row."""

    added: dict[Table, list[Row]] = field(default_factory=lambda: defaultdict(list))
    accounts: dict[str, Row] = field(default_factory=dict)
    items: dict[tuple[str, str], Row] = field(default_factory=dict)
    unapplied: dict[tuple[str, str], Row] = field(default_factory=dict)
    blocks: dict[int, Row] = field(default_factory=dict)


def fold(stored: Sequence[Stored], zone: tzinfo = UTC) -> Page:
    """What these facts change in the tables, whatever page they come in; moments dated in the book's zone."""
    page = Page()
    for one in stored:
        on = happened_on(one.fact, zone)
        page.added[tables.timeline].append(_timeline(one, on))
        widened(page.blocks, one, on)
        for table, row in rows(one.fact, one):
            dated = {"happened_on": on} if "happened_on" in table.c else {}
            page.added[table].append({"position": one.position, **dated, **row})
        if one.stream.startswith(ACCOUNT_PREFIX):
            page.added[tables.names] += named(one)
            _fold_account(page, one, on)
            _fold_items(page, one)
        if isinstance(one.fact, accounts.PolicyAssigned):
            page.added[tables.assignments].append(_assignment(one.fact, one, zone))
    return page


def _timeline(one: Stored, on: date) -> Row:
    fact, because = one.fact, one.fact.because
    return {
        "position": one.position, "account": one.stream, "version": one.version, "topic": fact.TOPIC,
        "happened_on": on, "known_at": fact.known_at, "recorded_at": fact.recorded_at,
        "by": fact.by, "policy": because.policy if because else None,
        "step": because.step if because else None, "backfilled": is_backfilled(fact),
    }  # fmt: skip


def _assignment(fact: accounts.PolicyAssigned, one: Stored, zone: tzinfo) -> Row:
    """On a stream that is no account's it is the assignment of every account that has none of its own."""
    return {
        "position": one.position, "account": one.stream if one.stream.startswith(ACCOUNT_PREFIX) else None,
        "policy": fact.policy, "effective_from": fact.effective_from,
        "effective_on": local_date(fact.effective_from, zone), "known_at": fact.known_at,
    }  # fmt: skip


def _fold_account(page: Page, one: Stored, on: date) -> None:
    said = _account_change(one.fact)
    unsaid = dict.fromkeys((*DETAILS, "number", "policy", "opened_on"))
    if said:
        page.added[tables.account_details].append({
            "position": one.position, "account": one.stream, "happened_on": on,
            "known_at": one.fact.known_at, **unsaid, "went_live": None, **said,
        })  # fmt: skip
    change = said | ({"backfilled": True} if is_backfilled(one.fact) else {})
    if change:
        row = page.accounts.setdefault(
            one.stream, {"stream": one.stream, **unsaid, "backfilled": False, "went_live": False}
        )
        row.update(change)


def _account_change(fact: Fact) -> Row:
    match fact:
        case accounts.AccountOpened():
            return {"number": str(fact.number), "opened_on": fact.opened_on, **_details(fact)}
        case accounts.DebtorDetailsChanged():
            return _details(fact)
        case casework.CollectorAssigned():
            return {"collector": fact.collector}
        case accounts.PolicyAssigned():
            return {"policy": fact.policy}
        case accounts.WentLive():
            return {"went_live": True}
    return {}


def _details(fact: accounts.AccountOpened | accounts.DebtorDetailsChanged) -> Row:
    """The details that the fact states, erased ones as the text that says so."""
    return {name: str(value) for name in DETAILS if (value := getattr(fact, name)) is not None}


def _fold_items(page: Page, one: Stored) -> None:
    moved = postings(one.fact)
    backfilled = is_backfilled(one.fact)
    for line, posting in enumerate(moved):
        page.added[tables.postings].append({
            "position": one.position, "line": line, "account": one.stream, **posting._asdict(),
            "known_at": one.fact.known_at, "backfilled": backfilled,
        })  # fmt: skip
        if posting.item is None:
            key = {"account": one.stream, "currency": posting.currency}
            money = page.unapplied.setdefault((one.stream, posting.currency), {**key, "open_minor": 0})
            money["open_minor"] += posting.amount_minor
        else:
            item = _item(page, one.stream, posting.item)
            item["open_minor"] += posting.amount_minor
            item["currency"] = posting.currency
    _fold_terms(page, one, moved)


def _item(page: Page, stream: str, item: str) -> Row:
    fresh = dict.fromkeys(("item_kind", "currency", "issued_on", "due_on"))
    return page.items.setdefault(
        (stream, item), {"account": stream, "item": item, **fresh, "open_minor": 0}
    )  # fmt: skip


def _fold_terms(page: Page, one: Stored, moved: Sequence[Posting]) -> None:
    """Keeps from when on an item is due when: as raised, and as each correction says."""
    match one.fact:
        case items.InvoiceRaised() | items.FeeCharged() | items.InterestCharged() as fact:
            [raised] = moved
            document, effective_on = raised.document, raised.effective_on
            _item(page, one.stream, document).update(
                item_kind=raised.kind, currency=fact.currency, issued_on=effective_on
            )
        case items.InterestAdjusted() as fact if fact.amount > ZERO:
            document, effective_on = fact.adjustment, fact.adjusted_on
            _item(page, one.stream, document).update(
                item_kind="interest", currency=fact.currency, issued_on=effective_on
            )
        case items.InvoiceCorrected() as fact if fact.due_on != fact.previous_due_on:
            document, effective_on = fact.invoice, fact.effective_on
        case _:
            return
    _item(page, one.stream, document)["due_on"] = fact.due_on
    page.added[tables.item_terms].append({
        "position": one.position, "account": one.stream, "item": document, "due_on": fact.due_on,
        "effective_on": effective_on, "known_at": fact.known_at,
    })  # fmt: skip
