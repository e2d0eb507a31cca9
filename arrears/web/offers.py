"""What an account has to choose from in a form: its invoices, promises, disputes, the policy's own words."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nsmallest
from itertools import islice

from arrears.telling.rows import exact
from arrears.web.filters import words
from engine.domain.account import Account, Item, Receipt
from policies.book import PolicyBook
from policies.document import Policy
from policies.hold_rules import HOLD_RULES

MOST = 40
"""So many are offered; whatever else there is may be typed."""

Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Offer:
    """What may be chosen, each with what is said of it. `only`: nothing else makes sense."""

    choices: tuple[tuple[str, str], ...]
    only: bool = False


@dataclass(frozen=True, slots=True)
class At:
    """Whom a form is about, as far as it offers something."""

    account: Account
    policies: PolicyBook
    now: datetime
    collectors: Sequence[str] = ()


def offered(command: str, name: str, at: At) -> Offer | None:
    """What is offered for an input of a request; None: it is free."""
    for offers, only in ((_ONLY, True), (_FREE, False)):
        found = offers.get(f"{command}.{name}") or offers.get(name)
        if found is not None:
            choices = tuple(islice(found(at), MOST + 1))
            return Offer(choices, only) if 0 < len(choices) <= MOST or (choices and not only) else None
    return None


def _item(one: Item) -> tuple[str, str]:
    return one.id, f"{one.id}: {exact(one.open, one.currency)} {one.currency} open, due {one.due_on}"


def _receipt(one: Receipt) -> tuple[str, str]:
    said = f"{exact(one.amount, one.currency)} {one.currency} of {one.received_on}"
    left = f", {exact(one.unapplied, one.currency)} unapplied" if one.unapplied else ""
    return one.id, f"{one.id}: {said}{left}"


def _open_items(at: At) -> Pairs:
    return map(_item, nsmallest(MOST + 1, at.account.open_items.values(), key=lambda one: one.due_on))


def _charges(at: At) -> Pairs:
    return (_item(one) for one in at.account.open_items.values() if one.kind != "invoice")


def _written_off(at: At) -> Pairs:
    items = (*at.account.open_items.values(), *at.account.closed_items.values())
    return (_item(one) for one in items if one.written_off)


def _pending(at: At) -> Pairs:
    """What is still to come: promises, and plans as a whole."""
    for one in at.account.pending.values():
        said = f"{exact(one.amount, one.currency)} {one.currency} by {one.promised_on}"
        yield one.id, f"{one.id}: {said}"
    for plan in dict.fromkeys(one.plan for one in at.account.pending.values() if one.plan):
        yield plan, f"{plan}: the whole plan"


def _disputes(at: At) -> Pairs:
    for one in at.account.disputes.values():
        if one.resolved_on is None:
            yield one.id, f"{one.id}: {', '.join(one.items)}, since {one.opened_on}"


def _holds(at: At) -> Pairs:
    today = at.now.astimezone(at.policies.zone).date()
    for one in at.account.holds.values():
        if one.days.end is None or one.days.end > today:
            yield one.id, f"{one.id}: {words(one.kind)}, since {one.days.start}"


def _payments(at: At) -> Pairs:
    return (_receipt(one) for one in reversed(at.account.receipts.values()) if one.reversed_on is None)


def _unapplied(at: At) -> Pairs:
    received = (*at.account.receipts.values(), *at.account.credits.values())
    return (_receipt(one) for one in received if one.unapplied)


def _unapplied_payments(at: At) -> Pairs:
    return (_receipt(one) for one in at.account.receipts.values() if one.unapplied)


def _placements(status: str) -> Callable[[At], Pairs]:
    return lambda at: (
        (one.id, f"{one.id}: {one.agency}") for one in at.account.placements.values() if one.status == status
    )


def _messages(at: At) -> Pairs:
    for one in reversed(at.account.contacts.values()):
        if one.channel != "call":
            yield one.id, f"{one.id}: {one.channel} of {one.at:%Y-%m-%d}, {one.status}"


def _same(names: Callable[[At], Iterable[str]]) -> Callable[[At], Pairs]:
    return lambda at: ((name, words(name)) for name in names(at))


def _policy(at: At) -> Policy | None:
    """The policy that the account follows; None: the request will say that there is none."""
    return (
        at.policies.in_force(at.account, at.now).policy
        if at.policies.has_policy(at.account, at.now)
        else None
    )


def _agencies(at: At) -> Iterable[str]:
    policy = _policy(at)
    return policy.agencies if policy else ()


def _hold_kinds(at: At) -> Iterable[str]:
    policy = _policy(at)
    return sorted({*HOLD_RULES, *(policy.hold if policy else ())})


def _reason_codes(at: At) -> Iterable[str]:
    policy = _policy(at)
    return policy.dispute.reasons if policy else ()


def _currencies(at: At) -> Iterable[str]:
    return dict.fromkeys((*at.account.balance, *at.account.unapplied))


def _persons(at: At) -> Pairs:
    return (
        (one.id, f"{one.id}: {one.name or words(one.role)}") for one in at.account.contact_persons.values()
    )


_ONLY: dict[str, Callable[[At], Pairs]] = {
    "withdraw.promise": _pending, "replaces": _pending, "resolve.dispute": _disputes,
    "release.hold": _holds, "reverse.payment": _payments, "refund.payment": _unapplied_payments,
    "allocate.receipt": _unapplied, "waive.charge": _charges, "unwrite-off.invoice": _written_off,
    "write-off.invoice": _open_items, "allocate.invoice": _open_items, "delivered.contact": _messages,
    "failed.contact": _messages, "approve.placement": _placements("proposed"),
    "decline.placement": _placements("proposed"), "recall.placement": _placements("placed"),
    "remittance.placement": _placements("placed"), "remove-contact-person.person": _persons,
    "hold.kind": _same(_hold_kinds), "code": _same(_reason_codes),
    "give-back.contact": _same(lambda at: at.account.reserved),
}  # fmt: skip
_FREE: dict[str, Callable[[At], Pairs]] = {
    "currency": _same(_currencies), "invoices": _open_items, "correct.invoice": _open_items,
    "charge.invoice": _open_items, "collector": _same(lambda at: at.collectors), "agency": _same(_agencies),
    "contact-person.person": _persons, "policy": _same(lambda at: sorted(at.policies.versions)),
    "time_barred": _open_items, "not_time_barred": _open_items,
}  # fmt: skip
