"""The rows that each kind of fact adds of its own: promises, contacts, placements and what became of them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, tzinfo
from functools import singledispatch
from typing import Any

from sqlalchemy import Table

from engine.domain.facts import accounts, authority, contacts, escalation, promises, stops
from engine.domain.facts.base import Fact, Stored
from engine.domain.money import to_minor, to_thousandths
from projections import tables

ACCOUNT_PREFIX = "account-"
BACKFILL = "backfill"

Row = dict[str, Any]
TableRow = tuple[Table, Row]


def local_date(moment: datetime, zone: tzinfo) -> date:
    """The date in that zone at that moment; what holds since ever holds since the first of all days."""
    return date.min if moment.date() == date.min else moment.astimezone(zone).date()


def happened_on(fact: Fact, zone: tzinfo) -> date:
    """The fact's own business date, that of its moment in the zone, or the day on which it became known."""
    return fact.happened_on or local_date(fact.happened_at or fact.known_at, zone)


def is_backfilled(fact: Fact) -> bool:
    """Whether the fact was taken over from another system's books."""
    return fact.basis is not None and fact.basis.startswith(BACKFILL)


@singledispatch
def rows(fact: Fact, one: Stored) -> Iterable[TableRow]:
    """The rows that this kind of fact adds of its own; none for most kinds. What they all have, the place in
    the log and the date on which it happened, is added to them."""
    return ()


def _known(one: Stored) -> Row:
    return {"account": one.stream, "known_at": one.fact.known_at}


@rows.register
def _promised(fact: promises.PromiseMade, one: Stored) -> Iterable[TableRow]:
    yield tables.promises, {
        "line": 0, "promise": fact.promise, "plan": None, "made_on": fact.made_on,
        **_promise(fact, fact, one),
    }  # fmt: skip
    yield from _promised_items(fact.items)


def _promised_items(items: Sequence[str]) -> Iterator[TableRow]:
    for number, item in enumerate(dict.fromkeys(items)):
        yield tables.promise_items, {"line": number, "item": item}


@rows.register
def _settling(fact: promises.SettlementAgreed, one: Stored) -> Iterable[TableRow]:
    yield tables.promises, {
        "line": 0, "promise": fact.settlement, "plan": None, "made_on": fact.agreed_on,
        **_promise(fact, fact, one), "discount_minor": to_minor(fact.discount, fact.currency),
    }  # fmt: skip
    yield from _promised_items(fact.items)


@rows.register
def _planned(fact: promises.RepaymentPlanAgreed, one: Stored) -> Iterable[TableRow]:
    for number, part in enumerate(fact.instalments, start=1):
        yield tables.promises, {
            "line": number, "promise": f"{fact.plan}/{number}", "plan": fact.plan, "made_on": fact.agreed_on,
            **_promise(fact, part, one),
        }  # fmt: skip
    yield from _promised_items(fact.items)


def _promise(
    fact: promises.PromiseMade | promises.SettlementAgreed | promises.RepaymentPlanAgreed,
    part: promises.PromiseMade | promises.SettlementAgreed | promises.Instalment,
    one: Stored,
) -> Row:
    return {
        "currency": fact.currency, "amount_minor": to_minor(part.amount, fact.currency),
        "promised_on": part.promised_on, "deadline": part.terms.deadline,
        "taken_by": fact.taken_by or fact.by, "collector": fact.collector, "policy": part.terms.policy,
        "discount_minor": None, "backfilled": is_backfilled(fact), **_known(one),
    }  # fmt: skip


@rows.register
def _terms_changed(fact: promises.PromiseTermsChanged, one: Stored) -> Iterable[TableRow]:
    yield tables.promise_deadlines, {
        "promise": fact.promise, "deadline": fact.terms.deadline, "happened_on": fact.changed_on,
        **_known(one),
    }  # fmt: skip


_VERDICTS: dict[type[promises.Judgement], str] = {
    promises.PromiseKept: "kept",
    promises.PromisePartlyKept: "partly_kept",
    promises.PromiseBroken: "broken",
}


@rows.register
def _judged(fact: promises.Judgement, one: Stored) -> Iterable[TableRow]:
    yield tables.promise_states, {
        "promise": fact.promise, "status": _VERDICTS[type(fact)],
        "received_thousandths": to_thousandths(fact.received), "replaced_by": None, **_known(one),
    }  # fmt: skip
    for number, (payment, amount) in enumerate(fact.counted):
        yield tables.promise_counts, {
            "line": number, "account": one.stream, "payment": payment,
            "amount_thousandths": to_thousandths(amount),
        }  # fmt: skip


@rows.register
def _withdrawn(fact: promises.PromiseWithdrawn, one: Stored) -> Iterable[TableRow]:
    yield tables.promise_states, {
        "promise": fact.promise, "status": "withdrawn", "received_thousandths": None,
        "replaced_by": fact.replaced_by, **_known(one),
    }  # fmt: skip


def _contact(
    one: Stored, kind: str, contact: str, channel: str, status: str, at: datetime,
    *, step: str | None = None, concerned: Sequence[str] = (), outcome: str | None = None,
    answers: Sequence[str] = (), breaches: Sequence[contacts.LimitBroken] = (),
) -> Iterator[TableRow]:  # fmt: skip
    """The contact, what it was about, its first status, and the status of the calls it answers."""
    because = one.fact.because
    yield tables.contacts, {
        "contact": contact, "kind": kind, "channel": channel, "step": step,
        "policy": because.policy if because else None, "outcome": outcome,
        "answers": answers[-1] if answers else None,
        "breaches": ", ".join(broken.rule for broken in breaches) or None,
        "by": one.fact.by, "item_count": len(concerned),
        "at": at, **_known(one),
    }  # fmt: skip
    for line, item in enumerate(concerned):
        yield tables.contact_items, {"line": line, "item": item}
    for line, settled in enumerate((contact, *answers)):
        yield tables.contact_states, _status(one, line, settled, status, at, outcome)


def _status(
    one: Stored, line: int, contact: str, status: str, at: datetime, outcome: str | None = None
) -> Row:
    return {
        "line": line, "contact": contact, "status": status, "outcome": outcome, "at": at, **_known(one)
    }  # fmt: skip


@rows.register
def _reminded(fact: contacts.ReminderIssued, one: Stored) -> Iterable[TableRow]:
    concerned = [line.item for line in fact.lines]
    return _contact(
        one, "reminder", fact.contact, fact.channel, "issued", fact.issued_at, step=fact.step,
        concerned=concerned, breaches=fact.breaches,
    )  # fmt: skip


@rows.register
def _call_scheduled(fact: contacts.CallScheduled, one: Stored) -> Iterable[TableRow]:
    concerned = [line.item for line in fact.lines]
    return _contact(
        one, "scheduled_call", fact.contact, "call", "scheduled", fact.scheduled_at, step=fact.step,
        concerned=concerned,
    )  # fmt: skip


@rows.register
def _call_made(fact: contacts.CallMade, one: Stored) -> Iterable[TableRow]:
    return _contact(
        one, "call", fact.call, "call", "made", fact.called_at, step=fact.step, concerned=fact.items,
        outcome=fact.outcome.value, answers=fact.answers, breaches=fact.breaches,
    )  # fmt: skip


@rows.register
def _inbound(fact: contacts.InboundContactReceived, one: Stored) -> Iterable[TableRow]:
    return _contact(one, "inbound", fact.contact, fact.channel, "received", fact.received_at)


@rows.register
def _delivered(fact: contacts.ReminderDelivered, one: Stored) -> Iterable[TableRow]:
    yield tables.contact_states, _status(one, 0, fact.contact, "delivered", fact.delivered_at)


@rows.register
def _failed(fact: contacts.ReminderFailed, one: Stored) -> Iterable[TableRow]:
    yield tables.contact_states, _status(one, 0, fact.contact, "failed", fact.failed_at)


@rows.register
def _cancelled(fact: contacts.ReminderCancelled, one: Stored) -> Iterable[TableRow]:
    yield tables.contact_states, _status(one, 0, fact.contact, "cancelled", fact.cancelled_at)


@rows.register
def _details_changed(fact: accounts.DebtorDetailsChanged, one: Stored) -> Iterable[TableRow]:
    given = (("letter", fact.address), ("email", fact.email))
    return _new_addresses(one, [channel for channel, address in given if address is not None])


@rows.register
def _located(fact: escalation.DebtorLocated, one: Stored) -> Iterable[TableRow]:
    return _new_addresses(one, ["letter"])


def _new_addresses(one: Stored, channels: Sequence[str]) -> Iterator[TableRow]:
    for line, channel in enumerate(channels):
        yield tables.new_addresses, {"line": line, "channel": channel, **_known(one)}


@rows.register
def _follow_up(fact: accounts.FollowUpSet, one: Stored) -> Iterable[TableRow]:
    yield tables.follow_ups, {"by": fact.by, "version": one.version, "due_on": fact.on, **_known(one)}


@rows.register
def _withheld(fact: contacts.StepWithheld, one: Stored) -> Iterable[TableRow]:
    yield tables.withheld, {"step": fact.step, "reason": fact.reason, **_known(one)}


@rows.register
def _proposed(fact: escalation.PlacementProposed, one: Stored) -> Iterable[TableRow]:
    return _placement(one, fact.placement, "proposed", fact.agency, fact.lines)


@rows.register
def _placed(fact: escalation.AccountPlaced, one: Stored) -> Iterable[TableRow]:
    return _placement(one, fact.placement, "placed", fact.agency, fact.lines)


@rows.register
def _recalled(fact: escalation.PlacementRecalled, one: Stored) -> Iterable[TableRow]:
    yield from _placement(one, fact.placement, "declined" if fact.declined else "recalled")
    for number, item in enumerate(fact.items):
        yield tables.recalled_items, {"line": number, "item": item}


@rows.register
def _remitted(fact: escalation.AgencyRemittanceReceived, one: Stored) -> Iterable[TableRow]:
    yield tables.remittances, {
        "remittance": fact.remittance, "placement": fact.placement, "agency": fact.agency,
        "payment": fact.payment, "currency": fact.currency,
        "gross_minor": to_minor(fact.gross, fact.currency),
        "commission_minor": to_minor(fact.commission, fact.currency), "received_on": fact.received_on,
        **_known(one),
    }  # fmt: skip


@rows.register
def _leave_asked(fact: authority.ApprovalRequested, one: Stored) -> Iterable[TableRow]:
    yield tables.approval_requests, {
        "request": fact.request, "matter": fact.matter, "asked_by": fact.asked_by, "role": fact.role,
        "may": fact.limit, "currency": fact.currency, "amount_minor": to_minor(fact.amount, fact.currency),
        "share_percent": None if fact.share_percent is None else str(fact.share_percent), "days": fact.days,
        "items": "\n".join(each.item for each in fact.concerned), "lapses_on": fact.lapses_on, **_known(one),
    }  # fmt: skip


_ENDS: dict[type[authority.ApprovalEnd], str] = {
    authority.ApprovalGiven: "approved",
    authority.ApprovalRefused: "refused",
    authority.ApprovalWithdrawn: "withdrawn",
}


@rows.register
def _leave_ended(fact: authority.ApprovalEnd, one: Stored) -> Iterable[TableRow]:
    yield tables.approval_ends, {"request": fact.request, "status": _ENDS[type(fact)], **_known(one)}


@rows.register
def _disputed(fact: stops.DisputeOpened, one: Stored) -> Iterable[TableRow]:
    yield tables.dispute_cases, {
        "dispute": fact.dispute, "code": fact.code, "owner": fact.owner, "deadline": fact.deadline,
        "happened_on": fact.opened_on, **_known(one),
    }  # fmt: skip
    parts = {part.item: str(part.amount) for part in fact.parts}
    for number, item in enumerate(fact.items):
        yield tables.disputes, {
            "line": number, "dispute": fact.dispute, "item": item, "part": parts.get(item),
            "happened_on": fact.opened_on, **_known(one),
        }  # fmt: skip


@rows.register
def _resolved(fact: stops.DisputeResolved, one: Stored) -> Iterable[TableRow]:
    yield tables.dispute_outcomes, {
        "dispute": fact.dispute, "outcome": fact.outcome, "happened_on": fact.resolved_on, **_known(one),
    }  # fmt: skip


@rows.register
def _held(fact: stops.HoldPlaced, one: Stored) -> Iterable[TableRow]:
    yield tables.holds, {
        "hold": fact.hold, "kind": fact.kind, "from_on": fact.from_on, "until_on": fact.until_on,
        **_known(one),
    }  # fmt: skip


@rows.register
def _released(fact: stops.HoldReleased, one: Stored) -> Iterable[TableRow]:
    yield tables.hold_releases, {"hold": fact.hold, **_known(one)}


def _placement(
    one: Stored, placement: str, status: str, agency: str | None = None, lines: Sequence[contacts.Line] = ()
) -> Iterator[TableRow]:
    yield tables.placements, {
        "placement": placement, "agency": agency, "status": status, **_known(one),
    }  # fmt: skip
    for number, line in enumerate(lines):
        yield tables.placement_items, {
            "line": number, "item": line.item, "currency": line.currency,
            "open_minor": to_minor(line.open, line.currency),
        }  # fmt: skip
