"""What payments paid of items, and when that money was received: read from indexes that hold just that."""

from sqlalchemy import ColumnElement, func, literal, select

from projections.tables import PAID, postings

# SQLite looks into an index of some rows only where it is told as text, not bound, which rows are wanted.
_KINDS = [literal(kind, literal_execute=True) for kind in PAID]
_PAYMENT = literal("payment", literal_execute=True)

paid_on_items: ColumnElement[bool] = (postings.c.item >= "") & postings.c.kind.in_(_KINDS)
"""Whether a posting sets a payment (or a credit note) against an item, or gives it back."""


def received_on() -> ColumnElement[object]:
    """The day on which the payment of a posting was received; none where that is no payment, or not known.

    A payment pays nothing before that day.
    """
    payments = postings.alias("payments")
    query = (
        select(func.max(payments.c.effective_on))
        .where(payments.c.account == postings.c.account, payments.c.document == postings.c.document)
        .where(payments.c.kind == _PAYMENT)
    )
    return func.coalesce(postings.c.received_on, query.scalar_subquery())
