"""One account in one answer: who it is, what is owed, promised and placed, and all that happened."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from arrears.telling.asking import Question, noted
from arrears.telling.casework import attachment_rows, contact_person_rows
from arrears.telling.rows import by_currency, exact, item_row, parts_by_currency, promise_row
from arrears.telling.sentences import sentence
from engine.domain.facts.accounts import (
    GIVEN_BY_HAND,
    WHY_SEGMENT,
    AccountOpened,
    DebtorDetailsChanged,
    PolicyAssigned,
    WentLive,
)
from engine.domain.facts.base import Stored
from engine.domain.facts.casework import CollectorAssigned
from projections.placements import PlacementRow, placement_list
from projections.promises import promise_list
from projections.rows import happened_on, is_backfilled
from projections.statement import statement

Row = dict[str, Any]

_DEBTOR = (
    *("name", "kind", "country", "region", "timezone", "language", "phone", "email", "address"),
    *("segment", "collector"),
)


def account_answer(asked: Question, number: str, until: date | None = None) -> Row:
    """The whole account; with a day to go `until`, only what had happened by its end.

    Raises AccountUnknown, AccountNotKnownThen.
    """
    known = asked.facts_of(number)
    stream, facts = known[0].stream, facts_until(asked, known, until)
    clocks = (asked.as_of, asked.as_known)
    standing = statement(asked.book.database, stream, *clocks)
    answer = {
        "account": number,
        **asked.clocks,
        "debtor": _debtor(asked, facts),
        "balance": by_currency(standing.closing),
        "parts": parts_by_currency(standing.open_items),
        "open_items": [item_row(item) for item in standing.open_items],
        "promises": [promise_row(one) for one in promise_list(asked.book.database, *clocks, stream)],
        "placements": [placement_row(one) for one in placement_list(asked.book.database, *clocks, stream)],
        "contact_persons": contact_person_rows(facts),
        "attachments": attachment_rows(facts),
        "timeline": [event_row(asked, one) for one in facts],
    }
    return noted(answer, asked.note(is_backfilled(one.fact) for one in facts))


def facts_until(asked: Question, known: Iterable[Stored], until: date | None) -> list[Stored]:
    """Those of the facts that had happened by the end of that day (None: all)."""
    return [one for one in known if until is None or happened_on(one.fact, asked.zone) <= until]


def _debtor(asked: Question, facts: Iterable[Stored]) -> Row:
    """The debtor's details as they were last said, the policy that is followed, and whether it is live."""
    details: Row = {"opened_on": None, **dict.fromkeys(_DEBTOR), "segment_because": None}
    policy, backfilled, live_on = asked.policies.default_at(asked.end)[1], False, None
    for one in facts:
        fact = one.fact
        backfilled |= is_backfilled(fact)
        if isinstance(fact, AccountOpened | DebtorDetailsChanged):
            details |= _stated(fact)
        if isinstance(fact, CollectorAssigned):
            details["collector"] = fact.collector
        if isinstance(fact, AccountOpened):
            details["opened_on"] = fact.opened_on
        elif isinstance(fact, PolicyAssigned) and fact.effective_from <= asked.end:
            policy = fact.policy
        elif isinstance(fact, WentLive):
            live_on = fact.on
    return {**details, "policy": policy, "backfilled": backfilled, "live_on": live_on}


def _stated(fact: AccountOpened | DebtorDetailsChanged) -> Row:
    stated: Row = {name: str(value) or None for name in _DEBTOR if (value := getattr(fact, name)) is not None}
    if "segment" in stated:
        by_hand = f"{GIVEN_BY_HAND}, {fact.by}" if stated["segment"] else None
        stated["segment_because"] = fact.because.figures.get(WHY_SEGMENT) if fact.because else by_hand
    return stated


def placement_row(one: PlacementRow) -> Row:
    """A placement, and what is still open of it."""
    return {
        "placement": one.placement, "agency": one.agency, "status": one.status, "since": one.since,
        "items": one.items, "placed": by_currency(one.placed), "open": by_currency(one.open),
    }  # fmt: skip


def event_row(asked: Question, one: Stored) -> Row:
    """A fact of the timeline in one sentence, with its stamp."""
    fact = one.fact
    return {
        "version": one.version, "topic": fact.TOPIC, "known_at": fact.known_at,
        "recorded_at": fact.recorded_at, "happened_on": happened_on(fact, asked.zone),
        "what": sentence(fact, asked.zone), "by": fact.by, "decision": fact.because is not None,
        "step": fact.because and fact.because.step, "basis": fact.basis,
    }  # fmt: skip


# --- the statement ----------------------------------------------------------------------------------------


def statement_answer(asked: Question, number: str, since: date | None = None) -> Row:
    """What moved the balance from that day on, line by line, and what is open.

    Raises AccountUnknown, AccountNotKnownThen.
    """
    stream = asked.account_id(number)
    found = statement(asked.book.database, stream, asked.as_of, asked.as_known, from_on=since or date.min)
    answer = {
        "account": number, "name": found.name, "from": since, **asked.clocks,
        "opening": by_currency(found.opening),
        "lines": [
            {
                "on": line.on, "kind": line.kind, "document": line.document, "currency": line.currency,
                "amount": exact(line.amount, line.currency), "balance": exact(line.balance, line.currency),
                "known_at": line.known_at,
            }
            for line in found.lines
        ],
        "closing": by_currency(found.closing), "parts": parts_by_currency(found.open_items),
        "open_items": [item_row(item) for item in found.open_items],
    }  # fmt: skip
    return noted(answer, asked.note([found.rests_on_backfill]))
