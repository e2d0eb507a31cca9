"""How each promise stood at the end of a day: worked out by the database, for lists and sums alike."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from projections.balances import Accounts
from projections.tables import promise_deadlines, promise_states, promises


def standing(as_of: date, only: Accounts = None) -> Select[Any]:
    """The promises made by that day, of some accounts or all, each with its `status` by then, what had been
    `received` in time (in thousandths), and the last day in time, its `deadline`."""
    last = promise_states
    # A plan that is withdrawn takes with it only the instalments that had no end of their own yet.
    position = func.coalesce(
        *(last_state(promises.c.account, name, as_of) for name in (promises.c.promise, promises.c.plan))
    )
    query = (
        select(
            *(column for column in promises.c if column.name != "deadline"),
            func.coalesce(_last_deadline(as_of), promises.c.deadline).label("deadline"),
            func.coalesce(last.c.status, "pending").label("status"),
            func.coalesce(last.c.received_thousandths, 0).label("received"),
            last.c.replaced_by, last.c.happened_on.label("judged_on"),
        )
        .select_from(promises)
        .outerjoin(last, last.c.position == position)
        .where(promises.c.made_on <= as_of)
    )  # fmt: skip
    return query if only is None else query.where(promises.c.account.in_(only))


def last_state(account: ColumnElement[str], name: ColumnElement[Any], as_of: date) -> ColumnElement[int]:
    """The judgement or withdrawal under that name that came last by then."""
    said = promise_states.alias()
    query = select(func.max(said.c.position)).where(said.c.account == account, said.c.promise == name)
    return query.where(said.c.happened_on <= as_of).scalar_subquery()


def _last_deadline(as_of: date) -> ColumnElement[Any]:
    """The last day in time by the terms as they had been changed by then."""
    said = promise_deadlines.c
    same = (said.account == promises.c.account) & (said.promise == promises.c.promise)
    query = select(said.deadline).where(same, said.happened_on <= as_of)
    return query.order_by(said.position.desc()).limit(1).scalar_subquery()
