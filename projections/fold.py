"""Folds a page of the log into rows: rows to add, and changes to the few tables that hold the present."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, tzinfo

from sqlalchemy import Table

from engine.domain.facts import accounts, casework
from engine.domain.facts.base import Fact, Stored
from projections import tables
from projections.audit import widened
from projections.kept_balances import moving
from projections.naming import named
from projections.postings import RAISED, postings, terms
from projections.rectangles import Change, Key, merged
from projections.rows import ACCOUNT_PREFIX, Row, happened_on, is_backfilled, local_date, rows

DETAILS = ("name", "kind", "country", "timezone", "phone", "email", "segment", "collector")


@dataclass
class Page:
    """What a page of the log changes in the tables; `accounts`, `items` and `blocks` hold one change per
    row, `changes` what becomes of balances, in the order of the log."""

    added: dict[Table, list[Row]] = field(default_factory=lambda: defaultdict(list))
    accounts: dict[str, Row] = field(default_factory=dict)
    items: dict[tuple[str, str], Row] = field(default_factory=dict)
    blocks: dict[int, Row] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)


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
    known_at, backfilled = one.fact.known_at, is_backfilled(one.fact)
    changes = []
    for line, posting in enumerate(postings(one.fact)):
        page.added[tables.postings].append({
            "position": one.position, "line": line, "account": one.stream, **posting._asdict(),
            "known_at": known_at, "backfilled": backfilled,
        })  # fmt: skip
        changes.append(moving(one.stream, one.position, posting, known_at, backfilled))
        if posting.item is not None:
            item = _item(page, one.stream, posting.item)
            item["open_minor"] += posting.amount_minor
            item["currency"] = posting.currency
            if posting.kind in RAISED:
                item |= {"item_kind": posting.kind, "issued_on": posting.effective_on}
    if (said := terms(one.fact)) is not None:
        page.added[tables.item_terms].append({
            "position": one.position, "account": one.stream, "item": said.item, "due_on": said.due_on,
            "effective_on": said.effective_on, "known_at": known_at,
        })  # fmt: skip
        _item(page, one.stream, said.item)["due_on"] = said.due_on
        key = Key(one.stream, said.item, said.currency)
        changes.append(Change(key, one.position, said.effective_on, known_at, due_on=said.due_on))
    page.changes += merged(changes)


def _item(page: Page, stream: str, item: str) -> Row:
    fresh = dict.fromkeys(("item_kind", "currency", "issued_on", "due_on"))
    return page.items.setdefault(
        (stream, item), {"account": stream, "item": item, **fresh, "open_minor": 0}
    )  # fmt: skip
