"""`arrears account` and `arrears statement`: one account, and all that happened on it."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Any

import typer

from arrears.cli.clocks import AsKnown, AsOf, Question, noted, question, say
from arrears.cli.output import print_json, print_rows
from arrears.cli.session import parse_date
from arrears.telling.casework import attachment_rows, contact_person_rows
from arrears.telling.rows import (
    ITEM_COLUMNS,
    PROMISE_COLUMNS,
    by_currency,
    exact,
    in_words,
    item_row,
    parts_by_currency,
    parts_in_words,
    promise_row,
)
from arrears.telling.sentences import sentence
from engine.domain.facts.accounts import (
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
from projections.statement import Statement, statement

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="the account's own number")]

_DEBTOR = (
    *("name", "kind", "country", "region", "timezone", "language", "phone", "email", "address"),
    *("segment", "collector"),
)


def register(app: typer.Typer) -> None:
    app.command("account")(account)
    app.command("statement")(account_statement)


# --- the account ------------------------------------------------------------------------------------------


def account(context: typer.Context, number: Number, as_of: AsOf = None, as_known: AsKnown = None) -> None:
    """Show an account: who it is, what is owed, promised and placed, and all that happened, in order.

    Example: arrears account C-1042 --as-of 2026-03-31
    """
    with question(context, as_of, as_known) as asked:
        stream = asked.account_id(number)
        clocks = (asked.as_of, asked.as_known)
        facts = _facts(asked, stream, as_of)
        standing = statement(asked.book.database, stream, *clocks)
        answer = {
            "account": number,
            **asked.clocks,
            "debtor": _debtor(asked, facts),
            "balance": by_currency(standing.closing),
            "parts": parts_by_currency(standing.open_items),
            "open_items": [item_row(item) for item in standing.open_items],
            "promises": [promise_row(one) for one in promise_list(asked.book.database, *clocks, stream)],
            "placements": [
                _placement_row(one)
                for one in placement_list(asked.book.database, *clocks)
                if one.account == stream
            ],
            "contact_persons": contact_person_rows(facts),
            "attachments": attachment_rows(facts),
            "timeline": [_event(asked, one) for one in facts],
        }
    note = asked.note(is_backfilled(one.fact) for one in facts)
    if asked.session.format == "json":
        print_json(noted(answer, note))
    else:
        _show(asked, answer, note)


def _facts(asked: Question, stream: str, as_of: date | None) -> list[Stored]:
    """What was known then; with a day asked for, only what had happened by its end."""
    return [
        one
        for one in asked.book.store.stream(stream)
        if asked.is_known(one.fact) and (as_of is None or happened_on(one.fact, asked.session.zone) <= as_of)
    ]


def _debtor(asked: Question, facts: Iterable[Stored]) -> dict[str, Any]:
    """The debtor's details as they were last said, the policy that is followed, and whether it is live."""
    details: dict[str, Any] = {"opened_on": None, **dict.fromkeys(_DEBTOR), "segment_because": None}
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


def _stated(fact: AccountOpened | DebtorDetailsChanged) -> dict[str, Any]:
    stated: dict[str, Any] = {
        name: str(value) or None for name in _DEBTOR if (value := getattr(fact, name)) is not None
    }
    if "segment" in stated:
        stated["segment_because"] = fact.because and fact.because.figures.get(WHY_SEGMENT)
    return stated


def _placement_row(one: PlacementRow) -> dict[str, Any]:
    return {
        "placement": one.placement, "agency": one.agency, "status": one.status, "since": one.since,
        "items": one.items, "placed": by_currency(one.placed), "open": by_currency(one.open),
    }  # fmt: skip


def _event(asked: Question, one: Stored) -> dict[str, Any]:
    fact = one.fact
    return {
        "version": one.version, "topic": fact.TOPIC, "known_at": fact.known_at,
        "recorded_at": fact.recorded_at, "happened_on": happened_on(fact, asked.session.zone),
        "what": sentence(fact, asked.session.zone), "by": fact.by, "decision": fact.because is not None,
        "step": fact.because and fact.because.step, "basis": fact.basis,
    }  # fmt: skip


def _show(asked: Question, answer: dict[str, Any], note: str | None) -> None:
    events = [_for_people(asked, event) for event in answer["timeline"]]
    asked.introduce()
    if asked.session.format == "csv":
        print_rows(asked.session, answer["timeline"], _EVENTS)
        say(asked.session, note)
        return
    say(asked.session, *_head(answer))
    for title, rows, columns in (
        ("Open items", answer["open_items"], ITEM_COLUMNS),
        ("Promises", answer["promises"], PROMISE_COLUMNS),
        ("Contact persons", [_reachable(row) for row in answer["contact_persons"]], _PERSONS),
        ("Files", answer["attachments"], _FILES),
        ("Placements", [_in_one_line(row) for row in answer["placements"]], _PLACEMENTS),
        ("Timeline (* decided by the engine; 'arrears explain' says why)", events, _TIMELINE),
    ):
        if rows:
            print_rows(asked.session, rows, columns, title=f"\n{title}")
    say(asked.session, note)


_EVENTS = (
    *("version", "topic", "known_at", "recorded_at", "happened_on"),
    *("what", "by", "decision", "step", "basis"),
)
_TIMELINE = ("version", "*", "known", "on", "what", "by")
_PERSONS = ("person", "role", "name", "phones", "emails", "note")
_FILES = ("attachment", "file_name", "media_type", "size_bytes", "sha256")
_PLACEMENTS = ("placement", "agency", "status", "since", "items", "placed", "open")


def _head(answer: dict[str, Any]) -> Iterable[str]:
    debtor = answer["debtor"]
    about = ", ".join(debtor[name] for name in ("kind", "country", "segment") if debtor[name])
    yield " ".join(filter(None, [answer["account"], debtor["name"], about and f"({about})"]))
    reach = [f"{name} {debtor[name]}" for name in ("phone", "email", "timezone", "collector") if debtor[name]]
    yield ", ".join([*reach, f"opened on {debtor['opened_on']}", f"policy {debtor['policy']}"])
    if debtor["segment_because"]:
        yield f"Segment {debtor['segment']}: {debtor['segment_because']}."
    if debtor["backfilled"] and debtor["live_on"] is None:
        yield "Its history was backfilled; nothing is escalated until 'arrears go-live' says so."
    balance = in_words(answer["balance"]) or "nothing"
    yield f"Owed at the end of {answer['as_of']}: {balance}{parts_in_words(answer['parts'])}"


def _for_people(asked: Question, event: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": event["version"], "*": "*" if event["decision"] else "",
        "known": event["known_at"].astimezone(asked.session.zone).date(),
        "on": event["happened_on"], "what": event["what"], "by": event["by"],
    }  # fmt: skip


def _reachable(person: dict[str, Any]) -> dict[str, Any]:
    return person | {name: ", ".join(person[name]) for name in ("phones", "emails")}


def _in_one_line(placement: dict[str, Any]) -> dict[str, Any]:
    return placement | {
        "items": ", ".join(placement["items"]),
        "placed": in_words(placement["placed"]), "open": in_words(placement["open"]),
    }  # fmt: skip


# --- the statement ----------------------------------------------------------------------------------------


def account_statement(
    context: typer.Context,
    number: Number,
    since: Annotated[
        date | None,
        typer.Option("--from", parser=parse_date, metavar="DATE", help="the first day; by default all"),
    ] = None,
    as_of: AsOf = None,
    as_known: AsKnown = None,
) -> None:
    """Show what moved an account's balance, line by line, and what is open.

    Example: arrears statement C-1042 --from 2026-01-01 --as-of 2026-03-31
    """
    with question(context, as_of, as_known) as asked:
        stream = asked.account_id(number)
        found = statement(asked.book.database, stream, asked.as_of, asked.as_known, from_on=since or date.min)
    note = asked.note([found.rests_on_backfill])
    lines = _lines(found)
    if asked.session.format == "json":
        print_json(noted(
            {
                "account": number, "name": found.name, "from": since, **asked.clocks,
                "opening": by_currency(found.opening), "lines": lines, "closing": by_currency(found.closing),
                "parts": parts_by_currency(found.open_items),
                "open_items": [item_row(item) for item in found.open_items],
            },
            note,
        ))  # fmt: skip
    else:
        _show_statement(asked, found, lines, note)


_LINES = ("on", "kind", "document", "currency", "amount", "balance")


def _lines(found: Statement) -> list[dict[str, Any]]:
    return [
        {
            "on": line.on, "kind": line.kind, "document": line.document, "currency": line.currency,
            "amount": exact(line.amount, line.currency), "balance": exact(line.balance, line.currency),
            "known_at": line.known_at,
        }
        for line in found.lines
    ]  # fmt: skip


def _show_statement(
    asked: Question, found: Statement, lines: Sequence[dict[str, Any]], note: str | None
) -> None:
    asked.introduce()
    if asked.session.format == "csv":
        print_rows(asked.session, lines, _LINES)
        say(asked.session, note)
        return
    say(asked.session, " ".join(filter(None, [found.number, found.name])))
    if found.opening:
        say(asked.session, f"Brought forward: {in_words(by_currency(found.opening))}")
    print_rows(asked.session, lines, _LINES)
    closing = in_words(by_currency(found.closing)) or "nothing"
    parts = parts_in_words(parts_by_currency(found.open_items))
    say(asked.session, f"Owed at the end of {found.as_of}: {closing}{parts}")
    if found.open_items:
        rows = [item_row(item) for item in found.open_items]
        print_rows(asked.session, rows, ITEM_COLUMNS, title="\nOpen items")
    say(asked.session, note)
