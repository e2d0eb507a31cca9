"""`arrears report worklist|contacts`: who is to be called today and why, and what was sent and called."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, timedelta, tzinfo
from typing import Annotated, Any, Literal

import typer

from arrears.cli.clocks import AsKnown, Question, moment_of, question
from arrears.cli.output import print_json, print_rows
from arrears.cli.rows import by_currency, contact_row, in_words, promise_row, step_title
from arrears.cli.session import parse_date
from engine.domain.money import ZERO
from policies.book import PolicyBook
from projections.contacts import ContactRow, contact_counts, contact_list
from projections.worklist import CallDue, Exceptional, exceptions, worklist

DAYS_BACK = 30

Rows = Sequence[dict[str, Any]]


def register(report: typer.Typer) -> None:
    """Adds both to the reports."""
    report.command("worklist")(worklist_report)
    report.command("contacts")(contacts_report)


# --- the worklist -----------------------------------------------------------------------------------------


def worklist_report(
    context: typer.Context,
    as_of: Annotated[
        str | None, typer.Option(metavar="MOMENT", help="at that moment (a date: at its end); by default now")
    ] = None,
    as_known: AsKnown = None,
) -> None:
    """Calls that are due, the largest amount first, with what the caller has to know; and exceptions.

    Example: arrears report worklist
    """
    with question(context, None, as_known) as asked:
        zone, database = asked.session.zone, asked.book.database
        at = asked.book.clock().astimezone(zone) if as_of is None else moment_of(as_of, zone)
        policies = asked.book.engine.policies()
        calls = [_call_row(call, policies) for call in worklist(database, at, asked.as_known)]
        others = [_exception_row(one) for one in exceptions(database, at, asked.as_known)]
    if asked.session.format == "json":
        print_json({"as_of": at, "as_known": asked.as_known, "calls": calls, "exceptions": others})
    else:
        _show_worklist(asked, calls, others)


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
        "last_contact": call.last_contact and contact_row(call.last_contact),
        "last_promise": call.last_promise and promise_row(call.last_promise),
    }  # fmt: skip


def _reason(call: CallDue, policies: PolicyBook) -> str:
    title = step_title(policies.versions.get(call.policy or "", []), call.step)
    if call.oldest_item is None:
        return f"{title} (nothing it is about is open any more)"
    return f"{title} ({call.oldest_item} is {call.days_past_due} days past due)"


def _exception_row(one: Exceptional) -> dict[str, Any]:
    since = {
        "call_not_made": f"the call at step {one.step} has been due since {one.since} and nobody has made it",
        "unknown_time_zone": f"step {one.step} waits since {one.since}: nobody knows the debtor's time zone",
    }[one.kind]
    return asdict(one) | {"account": one.number, "reason": since}


def _show_worklist(asked: Question, calls: Rows, others: Rows) -> None:
    print_rows(asked.session, [_for_people(call, asked.session.zone) for call in calls], _WORKLIST)
    if others and asked.session.format == "table":
        print_rows(asked.session, others, ("account", "name", "reason", "waiting_days"), title="\nExceptions")


_WORKLIST = ("account", "name", "phone", "balance", "reason", "last_contact", "last_promise")


def _for_people(call: dict[str, Any], zone: tzinfo) -> dict[str, Any]:
    return call | {
        "balance": in_words(call["balance"]),
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
            "--to", "--as-of", parser=parse_date, metavar="DATE", help="the last day; by default today"
        ),
    ] = None,
    as_known: AsKnown = None,
    by: Annotated[Literal["step"] | None, typer.Option(help="count them by step instead")] = None,
) -> None:
    """What was sent, called and received, when and at which step.

    Example: arrears report contacts --from 2026-03-01 --to 2026-03-31 --by step
    """
    with question(context, until, as_known) as asked:
        first = since or asked.as_of - timedelta(DAYS_BACK)
        contacts = contact_list(asked.book.database, first, asked.as_of, asked.as_known, asked.session.zone)
    rows = [contact_row(one) for one in contacts] if by is None else _counts(contacts)
    if asked.session.format == "json":
        print_json({"from": first, "to": asked.as_of, "as_known": asked.as_known, "by": by, "rows": rows})
    elif by:
        print_rows(asked.session, rows, _COUNTS)
    else:
        zone = asked.session.zone
        shown = [row | {"at": f"{row['at'].astimezone(zone):%Y-%m-%d %H:%M%z}"} for row in rows]
        print_rows(asked.session, shown, _CONTACTS)


_CONTACTS = ("at", "account", "kind", "channel", "step", "policy", "status", "outcome", "items", "by")
_COUNTS = ("step", "channel", "kind", "count", "failed")


def _counts(contacts: Iterable[ContactRow]) -> list[dict[str, Any]]:
    return [asdict(count) for count in contact_counts(list(contacts))]
