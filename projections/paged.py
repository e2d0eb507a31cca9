"""A page of a list that is sorted by a key that no two of its rows share: the rows behind one of them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Column, Select, literal, tuple_


class Page(NamedTuple):
    """At most so many rows behind the one with that key (None: from the first on)."""

    after: Sequence[Any] | None
    size: int


def paged(query: Select[Any], page: Page, *key: Column[Any]) -> Select[Any]:
    """The rows of the page, in the order of their keys."""
    if page.after is not None:
        seen = (literal(value, column.type) for value, column in zip(page.after, key, strict=True))
        query = query.where(tuple_(*key) > tuple_(*seen))
    return query.order_by(None).order_by(*key).limit(page.size)
