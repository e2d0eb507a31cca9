"""The worklist in one answer: each row with what the caller has to know, and the exceptions."""

from collections import Counter
from dataclasses import asdict
from datetime import date
from typing import Any

from arrears.casework.unusual import unusual
from arrears.casework.worklist import ranking, reasons, why
from arrears.telling.asking import Question, noted
from arrears.telling.rows import by_currency, by_name, contact_row, promise_row
from engine.domain.facts.accounts import FollowUpSet
from engine.domain.money import ZERO
from projections.exceptions import Exceptional
from projections.waiting import UNASSIGNED
from projections.worklist import Due, Slice, Urgency, Worklist, urgency, worklist

Row = dict[str, Any]

NOBODY = "nobody"


def worklist_answer(asked: Question, collector: str | None, page: int, rows: int) -> Row:
    """A page of the worklist (of one collector, or of NOBODY), and the exceptions."""
    found = worklist_of(asked, collector, Slice((page - 1) * rows, rows))
    waiting = unusual(asked.book.database, asked.end, asked.as_known)
    answer = {
        **asked.clocks,
        "collector": collector, "total": found.total, "page": page,
        "worklist": [due_row(asked, due) for due in found.rows],
        "exceptions": [exception_row(one) for one in waiting],
    }  # fmt: skip
    listed: list[Due | Exceptional] = [*found.rows, *waiting]
    return noted(answer, asked.note(one.rests_on_backfill for one in listed))


def worklist_of(
    asked: Question, collector: str | None, part: Slice | None, after: Urgency | None = None
) -> Worklist:
    """Whose turn it is, ranked by the rules of the policies; of one collector, of NOBODY, or of all."""
    return worklist(
        asked.book.database, asked.end, asked.as_known, rank=ranking(asked.policies, asked.end),
        collector=UNASSIGNED if collector == NOBODY else collector, part=part, after=after,
    )  # fmt: skip


def due_row(asked: Question, due: Due) -> Row:
    """A row of the worklist."""
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


def _follow_up(asked: Question, due: Due) -> Row | None:
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
    "no_address": "a letter cannot be printed since {since}: {detail}",
    "dispute_late": "a dispute has been open past its deadline of {since}: {detail}",
    "placement_waits": "a placement with an agency waits for approval since {since}: {detail}",
    "approval_waits": "{detail} waits for approval since {since}",
    "unapplied": "{detail} is set against nothing since {since}",
    "limit_broken": "a contact by {channel} on {since} broke a limit: {detail}",
}


def exception_row(one: Exceptional) -> Row:
    """An exception, and in a sentence why it is one."""
    reason = _EXCEPTIONS[one.kind].format(
        step=one.step, since=one.since, channel=one.channel, detail=one.detail
    )
    return asdict(one) | {"account": one.number, "reason": reason}


def worklist_behind(
    asked: Question, collector: str | None, after: Urgency | None, size: int
) -> tuple[int, list[tuple[Urgency, Row]]]:
    """How many rows the worklist has in all, and at most so many of those that are less urgent than one."""
    found = worklist_of(asked, collector, Slice(0, size), after)
    on = asked.end.date()
    return found.total, [(urgency(due.points, due.entry, on), due_row(asked, due)) for due in found.rows]


def exception_rows(asked: Question) -> list[tuple[tuple[str, date, str, str, str, int], Row]]:
    """All exceptions by kind, each with a key that no two share."""
    alike: Counter[tuple[str, date, str, str, str]] = Counter()
    found = []
    for one in unusual(asked.book.database, asked.end, asked.as_known):
        key = (one.kind, one.since, one.account, one.step, one.detail)
        found.append(((*key, alike[key]), exception_row(one)))
        alike[key] += 1
    return sorted(found, key=lambda row: row[0])
