"""`arrears report worklist|contacts`: who is to be called today and why, and what was sent and called."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, timedelta, tzinfo
from typing import Annotated, Any, Literal

import typer

from arrears.cli.clocks import AsKnown, AsOf, Question, noted, question, say
from arrears.cli.output import print_json, print_rows
from arrears.cli.session import parse_date
from arrears.telling.rows import (
    by_currency,
    by_name,
    contact_row,
    in_words,
    parts_in_words,
    promise_row,
    step_title,
)
from engine.domain.facts.accounts import FollowUpSet
from engine.domain.money import ZERO
from policies.book import PolicyBook
from projections.contacts import ContactRow, contact_counts, contact_list
from projections.exceptions import Exceptional, exceptions
from projections.follow_ups import FollowUp, follow_ups_due
from projections.worklist import CallDue, worklist

DAYS_BACK = 30

Rows = Sequence[dict[str, Any]]


def register(report: typer.Typer) -> None:
    """Adds both to the reports."""
    report.command("worklist")(worklist_report)
    report.command("contacts")(contacts_report)


# --- the worklist -----------------------------------------------------------------------------------------


def worklist_report(context: typer.Context, as_of: AsOf = None, as_known: AsKnown = None) -> None:
    """Calls that are due, the largest amount first, with what the caller has to know; accounts that somebody
    wanted to look at again; and exceptions.

    Example: arrears report worklist
    """
    with question(context, as_of, as_known) as asked:
        database, at = asked.book.database, asked.end
        due = worklist(database, at, asked.as_known)
        follow_ups = follow_ups_due(database, asked.as_of, asked.as_known)
        unusual = exceptions(database, at, asked.as_known)
        answer = {
            **asked.clocks,
            "calls": [_call_row(call, asked.policies) for call in due],
            "follow_ups": _follow_up_rows(asked, follow_ups),
            "exceptions": [_exception_row(one) for one in unusual],
        }
    listed: list[CallDue | FollowUp | Exceptional] = [*due, *follow_ups, *unusual]
    note = asked.note(one.rests_on_backfill for one in listed)
    if asked.session.format == "json":
        print_json(noted(answer, note))
    else:
        _show_worklist(asked, answer)
        say(asked.session, note)


def _call_row(call: CallDue, policies: PolicyBook) -> dict[str, Any]:
    balance = {
        currency: call.open.get(currency, ZERO) - call.unapplied.get(currency, ZERO)
        for currency in call.open.keys() | call.unapplied.keys()
    }
    return {
        "account": call.number, "name": call.name, "phone": call.phone, "timezone": call.timezone,
        "reason": _reason(call, policies), "step": call.step, "policy": call.policy, "calls": call.calls,
        "waiting_days": call.waiting_days, "oldest_item": call.oldest_item,
        "days_past_due": call.days_past_due, "balance": by_currency(balance),
        "open": by_currency(call.open), "unapplied": by_currency(call.unapplied),
        "parts": {currency: by_name(parts, currency) for currency, parts in call.parts.items()},
        "last_contact": call.last_contact and contact_row(call.last_contact),
        "last_promise": call.last_promise and promise_row(call.last_promise),
    }  # fmt: skip


def _reason(call: CallDue, policies: PolicyBook) -> str:
    title = step_title(policies.versions.get(call.policy or "", []), call.step)
    about = f" ({call.oldest_item} is {call.days_past_due} days past due)" if call.oldest_item else ""
    return f"{title}{about}"


def _follow_up_rows(asked: Question, due: Sequence[FollowUp]) -> Rows:
    """Each follow-up, with the words of the fact that set it."""
    facts = asked.book.store.streams(dict.fromkeys([one.account for one in due], 0))
    rows = []
    for one in due:
        fact = facts[one.account][one.version - 1].fact
        assert isinstance(fact, FollowUpSet)
        rows.append(asdict(one) | {"account": one.number, "note": fact.note and str(fact.note)})
    return rows


_EXCEPTIONS = {
    "call_not_made": "the call at step {step} has been due since {since} and nobody has made it",
    "unknown_time_zone": "step {step} waits since {since}: nobody knows the debtor's time zone",
    "erased": "the debtor was erased on {since}, and still owes",
    "came_back": "the {channel} at step {step} came back on {since}, and no new address is known",
    "dispute_late": "a dispute has been open past its deadline of {since}: {detail}",
    "limit_broken": "a contact by {channel} on {since} broke a limit: {detail}",
}


def _exception_row(one: Exceptional) -> dict[str, Any]:
    reason = _EXCEPTIONS[one.kind].format(
        step=one.step, since=one.since, channel=one.channel, detail=one.detail
    )
    return asdict(one) | {"account": one.number, "reason": reason}


def _show_worklist(asked: Question, answer: dict[str, Any]) -> None:
    asked.introduce()
    calls = [_for_people(call, asked.session.zone) for call in answer["calls"]]
    print_rows(asked.session, calls, _WORKLIST)
    if asked.session.format == "csv":
        return
    for title, rows, columns in (
        ("To be looked at again", answer["follow_ups"], _FOLLOW_UPS),
        ("Exceptions", answer["exceptions"], ("account", "name", "reason", "waiting_days")),
    ):
        if rows:
            print_rows(asked.session, rows, columns, title=f"\n{title}")


_FOLLOW_UPS = ("account", "name", "due_on", "note", "by", "waiting_days")
_WORKLIST = ("account", "name", "phone", "balance", "reason", "last_contact", "last_promise")


def _for_people(call: dict[str, Any], zone: tzinfo) -> dict[str, Any]:
    return call | {
        "balance": in_words(call["balance"]) + parts_in_words(call["parts"]),
        "last_contact": _last_contact(call["last_contact"], zone),
        "last_promise": _last_promise(call["last_promise"]),
    }


def _last_contact(contact: dict[str, Any] | None, zone: tzinfo) -> str:
    if contact is None:
        return ""
    on = contact["at"].astimezone(zone).date()
    return f"{on} {contact['channel']}: {contact['outcome'] or contact['status']}"


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
