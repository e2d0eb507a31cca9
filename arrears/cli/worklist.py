"""`arrears report worklist|contacts`: who is to be called today and why, and what was sent and called."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated, Any, Literal

import typer

from arrears.casework.worklist import ranking, reasons, why
from arrears.cli.clocks import AsKnown, AsOf, Question, question, say
from arrears.cli.output import print_json, print_rows
from arrears.cli.session import parse_date
from arrears.telling.asking import noted
from arrears.telling.rows import (
    by_currency,
    by_name,
    contact_row,
    in_words,
    parts_in_words,
    promise_row,
)
from engine.domain.facts.accounts import FollowUpSet
from engine.domain.money import ZERO
from projections.contacts import ContactRow, contact_counts, contact_list
from projections.exceptions import Exceptional, exceptions
from projections.waiting import UNASSIGNED
from projections.worklist import Due, Slice, worklist

DAYS_BACK = 30


def register(report: typer.Typer) -> None:
    """Adds both to the reports."""
    report.command("worklist")(worklist_report)
    report.command("contacts")(contacts_report)


# --- the worklist -----------------------------------------------------------------------------------------

NOBODY = "nobody"


def worklist_report(
    context: typer.Context,
    collector: Annotated[
        str | None,
        typer.Option("--collector", metavar="NAME", help="whose; 'nobody': accounts without a collector"),
    ] = None,
    rows: Annotated[int, typer.Option("--rows", min=1, help="how many of the list")] = 100,
    page: Annotated[int, typer.Option("--page", min=1, help="which page of so many rows")] = 1,
    as_of: AsOf = None,
    as_known: AsKnown = None,
) -> None:
    """Whose turn it is, ranked by the rules of the policy: calls that are due, accounts that somebody wanted
    to look at again, promises that were broken; with what the caller has to know, and exceptions.

    \b
    Example: arrears worklist
    Example: arrears worklist --collector mira --rows 20
    """
    with question(context, as_of, as_known) as asked:
        database, at = asked.book.database, asked.end
        found = worklist(
            database, at, asked.as_known, rank=ranking(asked.policies, at),
            collector=UNASSIGNED if collector == NOBODY else collector, part=Slice((page - 1) * rows, rows),
        )  # fmt: skip
        unusual = exceptions(database, at, asked.as_known)
        answer = {
            **asked.clocks,
            "collector": collector, "total": found.total, "page": page,
            "worklist": [_due_row(asked, due) for due in found.rows],
            "exceptions": [_exception_row(one) for one in unusual],
        }  # fmt: skip
    listed: list[Due | Exceptional] = [*found.rows, *unusual]
    note = asked.note(one.rests_on_backfill for one in listed)
    if asked.session.format == "json":
        print_json(noted(answer, note))
    else:
        _show_worklist(asked, answer)
        say(asked.session, note)


def _due_row(asked: Question, due: Due) -> dict[str, Any]:
    open_, unapplied = due.open, due.unapplied
    balance = {
        currency: open_.get(currency, ZERO) - unapplied.get(currency, ZERO)
        for currency in open_.keys() | unapplied.keys()
    }
    ranked = why(asked.policies, due, asked.end)
    return {
        "account": due.number, "name": due.name, "phone": due.phone, "timezone": due.timezone,
        "collector": due.entry.collector, "segment": due.entry.segment, "points": due.points,
        "why": [{"points": one.points, "for": one.why} for one in ranked],
        "reason": "; ".join(reasons(asked.policies, due)), "step": due.step, "policy": due.policy,
        "calls": due.calls, "follow_up": _follow_up(asked, due), "promise_broken_on": due.entry.broken_on,
        "waiting_days": due.waiting_days, "oldest_item": due.oldest_item,
        "days_past_due": due.days_past_due, "balance": by_currency(balance),
        "open": by_currency(open_), "unapplied": by_currency(unapplied),
        "parts": {currency: by_name(parts, currency) for currency, parts in due.parts.items()},
        "last_contact": due.last_contact and contact_row(due.last_contact),
        "last_promise": due.last_promise and promise_row(due.last_promise),
    }  # fmt: skip


def _follow_up(asked: Question, due: Due) -> dict[str, Any] | None:
    """The follow-up that is due, with the words of the fact that set it."""
    if due.follow_up is None:
        return None
    fact = asked.book.store.fact(due.account, due.follow_up)
    assert isinstance(fact, FollowUpSet)
    return {"due_on": fact.on, "note": fact.note and str(fact.note), "by": fact.by}


_EXCEPTIONS = {
    "call_not_made": "the call at step {step} has been due since {since} and nobody has made it",
    "unknown_time_zone": "step {step} waits since {since}: nobody knows the debtor's time zone",
    "erased": "the debtor was erased on {since}, and still owes",
    "came_back": "the {channel} at step {step} came back on {since}, and no new address is known",
    "dispute_late": "a dispute has been open past its deadline of {since}: {detail}",
    "placement_waits": "the placement {detail} waits for approval since {since}",
    "unapplied": "{detail} is set against nothing since {since}",
    "limit_broken": "a contact by {channel} on {since} broke a limit: {detail}",
}


def _exception_row(one: Exceptional) -> dict[str, Any]:
    reason = _EXCEPTIONS[one.kind].format(
        step=one.step, since=one.since, channel=one.channel, detail=one.detail
    )
    return asdict(one) | {"account": one.number, "reason": reason}


def _show_worklist(asked: Question, answer: dict[str, Any]) -> None:
    asked.introduce()
    rows = [_for_people(row) for row in answer["worklist"]]
    print_rows(asked.session, rows, _WORKLIST)
    if asked.session.format == "csv":
        return
    if answer["total"] > len(rows):
        say(asked.session, f"{len(rows)} of {answer['total']} rows (page {answer['page']}).")
    if unusual := answer["exceptions"]:
        columns = ("account", "name", "reason", "waiting_days")
        print_rows(asked.session, unusual, columns, title="\nExceptions")


_WORKLIST = ("points", "account", "name", "phone", "balance", "reason", "why", "last_promise")


def _for_people(row: dict[str, Any]) -> dict[str, Any]:
    note = (row["follow_up"] or {}).get("note")
    return row | {
        "balance": in_words(row["balance"]) + parts_in_words(row["parts"]),
        "reason": f"{row['reason']}: {note}" if note else row["reason"],
        "why": ", ".join(f"{one['points']} {one['for']}" for one in row["why"]),
        "last_promise": _last_promise(row["last_promise"]),
    }


def _last_promise(promise: dict[str, Any] | None) -> str:
    if promise is None:
        return ""
    return f"{promise['amount']} {promise['currency']} by {promise['promised_on']}: {promise['status']}"


# --- contacts ---------------------------------------------------------------------------------------------


def contacts_report(
    context: typer.Context,
    since: Annotated[
        date | None,
        typer.Option("--from", parser=parse_date, metavar="DATE", help="by default 30 days before the last"),
    ] = None,
    until: Annotated[
        date | None,
        typer.Option(
            "--to", parser=parse_date, metavar="DATE", help="the last day; by default that of --as-of"
        ),
    ] = None,
    as_of: AsOf = None,
    as_known: AsKnown = None,
    by: Annotated[Literal["step"] | None, typer.Option(help="count them by step instead")] = None,
) -> None:
    """What was sent, called and received, when and at which step.

    Example: arrears report contacts --from 2026-03-01 --to 2026-03-31 --by step
    """
    with question(context, as_of, as_known) as asked:
        last = until or asked.as_of
        first, zone = since or last - timedelta(DAYS_BACK), asked.session.zone
        contacts = contact_list(asked.book.database, first, last, asked.as_known, zone, as_of=asked.as_of)
    note = asked.note(one.rests_on_backfill for one in contacts)
    rows = [contact_row(one) for one in contacts] if by is None else _counts(contacts)
    if asked.session.format == "json":
        print_json(noted({"from": first, "to": last, **asked.clocks, "by": by, "rows": rows}, note))
        return
    asked.introduce()
    if by:
        print_rows(asked.session, rows, _COUNTS)
    else:
        shown = [row | {"at": f"{row['at'].astimezone(zone):%Y-%m-%d %H:%M%z}"} for row in rows]
        print_rows(asked.session, shown, _CONTACTS)
    say(asked.session, note)


_CONTACTS = (
    "at",
    "account",
    "kind",
    "channel",
    "step",
    "policy",
    "status",
    "outcome",
    "breaches",
    "items",
    "by",
)
_COUNTS = ("step", "channel", "kind", "count", "failed", "breaches")


def _counts(contacts: Iterable[ContactRow]) -> list[dict[str, Any]]:
    return [asdict(count) for count in contact_counts(list(contacts))]
