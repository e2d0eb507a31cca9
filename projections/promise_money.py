"""Money that came for promises after their deadline: what was paid on their items later, each cent once."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, func, null, select

from engine.domain.money import ZERO, thousandths_of
from engine.domain.serving import Money, take
from projections.balances import Accounts
from projections.paid import paid_on_items, received_on
from projections.promise_standing import last_state, standing
from projections.slices import in_parts, listed
from projections.tables import postings, promise_counts, promise_items, promise_states, promises

Payment = tuple[str, str]
"""An account, and a payment of it."""
Part = tuple[str, str, str]
"""An account, a payment of it, and an item on which a part of it was paid."""


class Late(NamedTuple):
    """What came for a promise too late, in thousandths; `key` is what whoever asks knows the promise by."""

    position: int
    line: int
    key: Any
    currency: str
    thousandths: int


class _Paid(NamedTuple):
    """What a posting paid on an item of a promise that lacked something, after its deadline."""

    promise: tuple[date, int, date, int]
    """Deadline, position, day promised for and line: money serves the promises in this order."""
    key: Any
    amount_minor: int
    received: int
    account: str
    currency: str
    item: str
    payment: str
    paid_minor: int
    received_on: date | None
    counted: int | None


def late_money(
    connection: Connection, as_of: date, only: Accounts = None, key: ColumnElement[Any] | None = None
) -> Iterator[Late]:
    """What came by that day for promises, of some accounts or all, that had lacked it at their deadline; what
    was counted in time for any promise is not counted again."""
    found: dict[tuple[str, str], list[_Paid]] = defaultdict(list)
    counted: dict[Payment, Decimal] = {}
    promised = standing(as_of, only).add_columns((null() if key is None else key).label("key"))
    for row in connection.execute(_paid_later(promised, as_of)).all():
        one = _Paid(row[:4], *row[4:])
        if one.received_on is not None and one.received_on > row.deadline:
            found[one.account, one.currency].append(one)
            if one.counted:
                counted[one.account, one.payment] = Decimal(int(one.counted))
    spoken_for = _spoken_for(connection, counted, as_of)
    for (_, currency), paid in found.items():
        yield from _shared_out(paid, currency, spoken_for, as_of)


def _shared_out(
    paid: list[_Paid], currency: str, spoken_for: Mapping[Part, Decimal], as_of: date
) -> Iterator[Late]:
    """What the promises of one account in one currency share in."""
    paid.sort(key=_PROMISE)
    scale = thousandths_of(currency)
    money = _money(paid, scale, spoken_for)
    for (deadline, position, _, line), lines in groupby(paid, _PROMISE):
        own = list(lines)
        lacking = Decimal(own[0].amount_minor * scale - own[0].received)
        taken = take(money, [one.item for one in own], deadline + timedelta(1), as_of, lacking)
        yield Late(position, line, own[0].key, currency, int(sum(taken.values())))


def _money(paid: Sequence[_Paid], scale: int, spoken_for: Mapping[Part, Decimal]) -> list[Money]:
    """What was paid of each item (in thousandths), less what is spoken for, the earliest money first."""
    found: dict[tuple[str, str], tuple[_Paid, Money]] = {}
    for one in paid:
        name = (one.payment, one.item)
        if name not in found:
            assert one.received_on is not None
            found[name] = one, Money(*name, one.received_on, -spoken_for.get((one.account, *name), ZERO))
        first, money = found[name]
        if first.promise == one.promise:  # others about the same item see the same
            money.left -= one.paid_minor * scale
    return sorted((money for _, money in found.values()), key=_TURN)


_PROMISE, _TURN = attrgetter("promise"), attrgetter("received_on", "payment", "item")


def _spoken_for(
    connection: Connection, counted: Mapping[Payment, Decimal], as_of: date
) -> dict[Part, Decimal]:
    """What of these payments was counted in time, and is no longer there, whatever it was set against."""
    left, found = dict(counted), dict[Part, Decimal]()
    for some in in_parts(sorted(counted)):
        for row in _parts(connection, some, as_of):
            payment = row.account, row.document
            part = max(Decimal(-int(row.minor) * thousandths_of(row.currency)), ZERO)
            taken = found[*payment, row.item] = min(part, left.get(payment, ZERO))
            left[payment] = left.get(payment, ZERO) - taken
    return found


# --- what is asked of the tables --------------------------------------------------------------------------


def _paid_later(promised: Select[Any], as_of: date) -> Select[Any]:
    """What was paid after the deadline on each item of the promises that lacked something then."""
    stood = promised.subquery("stood")
    names = "deadline position promised_on line key amount_minor received account currency".split()
    missed = (stood.c.deadline < as_of) & stood.c.status.not_in(("kept", "withdrawn"))
    lacking = (
        select(*(stood.c[name] for name in names), promise_items.c.item)
        .join(promise_items, promise_items.c.position == stood.c.position)
        .where(missed)
        .cte("lacking")
        .prefix_with("MATERIALIZED")  # else SQLite would look for promises beside each posting
    )
    same = (postings.c.account == lacking.c.account) & (postings.c.item == lacking.c.item)
    return (
        select(lacking, postings.c.document, postings.c.amount_minor, received_on(), _counted(as_of))
        .join(postings, same & (postings.c.currency == lacking.c.currency))
        # Nothing is paid before it was received.
        .where(paid_on_items, postings.c.effective_on > lacking.c.deadline, postings.c.effective_on <= as_of)
    )


def _counted(as_of: date) -> ColumnElement[Any]:
    """What the judgements in force, of whichever promises, have counted of the payment of a posting."""
    counts, judged, made = promise_counts, promise_states.alias("judged"), promises.alias("made")
    same = (made.c.account == judged.c.account) & (made.c.promise == judged.c.promise)
    return (
        select(func.sum(counts.c.amount_thousandths))
        .join(judged, judged.c.position == counts.c.position)
        .join(made, same & (made.c.made_on <= as_of))
        .where(counts.c.account == postings.c.account, counts.c.payment == postings.c.document)
        .where(counts.c.position == last_state(judged.c.account, judged.c.promise, as_of))
        .scalar_subquery()
    )


def _parts(connection: Connection, payments: Sequence[Payment], as_of: date) -> list[Any]:
    """What these payments have paid of each item, by the names of the items."""
    named = listed(connection, payments, "account", "payment")
    same = (postings.c.account == named.c.account) & (postings.c.document == named.c.payment)
    keys = (postings.c.account, postings.c.currency, postings.c.document, postings.c.item)
    query = select(*keys, func.sum(postings.c.amount_minor).label("minor")).join(named, same)
    query = query.where(paid_on_items, postings.c.effective_on <= as_of).group_by(*keys)
    return sorted(connection.execute(query).all(), key=attrgetter("item"))
